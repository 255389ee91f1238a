"""Serial numbers as people read them from a plate: two that look alike are one number.

NFKC folds widths and compositions; case, blanks, invisible characters and the kind of a dash do not count; letters and
digits that look alike (after the spirit of UTS #39, cut down to what plates have) count as one.
"""

import unicodedata

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("oоοօ〇᧐", "0"),  # o of Latin, Cyrillic, Greek, Armenian; the Chinese zero
        **dict.fromkeys("il|ıіιӏ!", "1"),
        **dict.fromkeys("аα", "a"),
        **dict.fromkeys("вβ", "b"),
        **dict.fromkeys("сϲ", "c"),
        **dict.fromkeys("еε", "e"),
        **dict.fromkeys("нη", "h"),
        **dict.fromkeys("јϳ", "j"),
        **dict.fromkeys("кκ", "k"),
        **dict.fromkeys("мμ", "m"),
        **dict.fromkeys("рρ", "p"),
        **dict.fromkeys("ѕ", "s"),
        **dict.fromkeys("тτ", "t"),
        **dict.fromkeys("хχ", "x"),
        **dict.fromkeys("уүγ", "y"),
        **dict.fromkeys("ζ", "z"),
        **dict.fromkeys("ν", "v"),
        **dict.fromkeys("‐‑‒–—―−一ー⁃﹘﹣", "-"),
    }
)
_PAIRS = (("rn", "m"), ("vv", "w"))


def as_read(text: str) -> str:
    """What people take a text on a plate for; two texts with one reading are told apart by nobody."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    seen = [one for one in folded if unicodedata.category(one)[0] not in "ZCM"]  # blanks, invisible ones, accents
    plain = "".join(str(unicodedata.decimal(one, one)) for one in seen).casefold().translate(_ALIKE)
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain


def reading_key(maker: str, model: str, serial_number: str) -> str:
    """What is unique of a scale's plate: maker, model and serial number, each as it is read."""
    return "\n".join(map(as_read, (maker, model, serial_number)))

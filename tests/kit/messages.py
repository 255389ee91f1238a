"""Every message that the web shows: from templates, N_() and say() in code, docstrings of errors, and checks.

`python tests/kit/messages.py` prints what a language lacks, as entries to fill in.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from steelyard_cloud import errors, web
from steelyard_cloud.judge.checks.words import SENTENCES
from steelyard_cloud.web.words import i18n
from steelyard_protocol.errors import SteelyardError

WEB = Path(web.__file__).parent
KEYWORDS = {"_": None, "N_": None, "say": None, "say_plural": (1, 2), "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("pages/templates/**.html", "jinja2.ext:babel_extract")]


def kinds(tree: type[SteelyardError]) -> list[type[SteelyardError]]:
    """This error and every one below it that is imported."""
    found = [tree]
    for kind in found:
        found.extend(one for one in kind.__subclasses__() if one not in found)
    return found


def shown() -> Catalog:
    """All of them."""
    found = Catalog()
    for _file, _line, message, _comments, _context in extract_from_dir(
        WEB, METHODS, {"pages/templates/**.html": {"newstyle_gettext": "true", "trimmed": "false"}}, KEYWORDS
    ):
        found.add(message)
    for kind in kinds(errors.CloudError):
        if kind.status:
            found.add(kind.template())
    for sentence in SENTENCES.values():
        found.add(sentence)
    return found


def translated(language: str) -> Catalog:
    """What the language has."""
    with (Path(i18n.__file__).parent / "locale" / f"{language}.po").open("rb") as source:
        return read_po(source)


def lacking(language: str) -> list[Message]:
    """Messages that are shown and not translated."""
    have = translated(language)
    return [one for one in shown() if one.id and not (have.get(one.id) and have.get(one.id).string)]


if __name__ == "__main__":
    for language in i18n.LANGUAGES:
        if language != "en":
            missing = Catalog()
            for message in lacking(language):
                missing.add(message.id)
            write_po(sys.stdout.buffer, missing, width=0, omit_header=True)

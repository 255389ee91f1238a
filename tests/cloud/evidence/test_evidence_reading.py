"""Taking an evidence file apart: one spelling, exactly these members, and a clear error for everything else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.evidence import Platform
from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence import reading
from steelyard_cloud.evidence.bundle import Alert, Bundle, Decision, EvidenceError, SetBack
from steelyard_cloud.evidence.strict import Reader, ReadingError
from steelyard_protocol import cbor

PLATFORM = Platform()


def made() -> Bundle:
    """One of everything."""
    scale = PLATFORM.scale()
    scale.enrol(), scale.boot(), scale.snapshot()
    decision = Decision(scale.kid, 2, bytes(32), "because", "Authority", 5)
    return PLATFORM.bundle(
        scale,
        permits=(PLATFORM.permit(scale, [40]), b""),
        decisions=(decision, decision),
        set_backs=(SetBack(2, 2**40),),
        alert=Alert(1, "weight", "what", 7),
        left_out=((scale.kid, 4, 2**33),),
    )


FILE = PLATFORM.seal(made())
CONTENTS: dict[Any, Any] = cbor.decode(made().encode())


def sealed(contents: Any) -> bytes:
    """A file with these contents."""
    return cbor.encode([bundles.NAME, contents if type(contents) is bytes else cbor.encode(contents), b""])


def test_what_is_written_is_read() -> None:
    read = bundles.read(FILE)
    assert tuple(read.statements) == made().statements
    assert read.statements[1:] == made().statements[1:]
    assert read.statements[-1] == made().statements[-1]
    assert read.encode() == made().encode() == read.contents
    for name in vars(made()).keys() - {"statements", "contents", "seal"}:
        assert getattr(read, name) == getattr(made(), name), name
    with pytest.raises(IndexError):
        _ = read.statements[3]


BROKEN = {
    "empty": (b"", "empty"),
    "not CBOR": (b"hello, world", "not an evidence file"),
    "another CBOR": (cbor.encode({"a": 1}), "not an evidence file"),
    "an empty array": (cbor.encode([]), "not an evidence file"),
    "a newer version": (cbor.encode(["steelyard-evidence/9", b"", b""]), "newer"),
    "the old version": (cbor.encode(["steelyard-evidence/1", b"", b""]), "old|download it again"),
    "four members": (cbor.encode([bundles.NAME, b"", b"", b""]), "newer"),
    "no contents": (sealed(b""), "damaged"),
    "other contents": (sealed([1]), "damaged"),
    "members missing": (sealed({"scale": {}}), "damaged"),
    "no bytes": (cbor.encode([bundles.NAME, "x", "y"]), "damaged"),
    "bytes after the end": (FILE + b"\0", "1 bytes follow the end"),
    "bytes after the contents": (sealed(cbor.encode(CONTENTS) + b"\0"), "1 bytes follow the end"),
    "cut": (FILE[:-40], "cut or changed on its way"),
    "one member more": (sealed({**CONTENTS, "more": 1}), "exactly the 15 members"),
    "one member less": (sealed({name: CONTENTS[name] for name in CONTENTS if name != "root"}), "exactly the 15"),
    "another member": (
        sealed({("roof" if name == "root" else name): CONTENTS[name] for name in CONTENTS}),
        "'roof' stands where 'root' belongs",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_gives_a_clear_error(what: str) -> None:
    data, said = BROKEN[what]
    with pytest.raises(EvidenceError, match=said):
        bundles.read(data)


def test_the_old_format_says_which_program_reads_it() -> None:
    with pytest.raises(EvidenceError, match=r"'steelyard-evidence/1', which says too little .* do not know"):
        bundles.read(cbor.encode(["steelyard-evidence/1", b"", b""]))


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize(
    "value", [-1, 1.5, b"", "x", [5], [[]], {"a": b""}, True, {"a": {}}, [[b"", -1]], [[b"", "x"]]]
)
def test_members_of_another_type_are_damage(name: str, value: object) -> None:
    fine = {"root": b"", "key set": b""}
    if fine.get(name) == value:
        return
    with pytest.raises(EvidenceError, match="damaged"):
        bundles.read(sealed({**CONTENTS, name: value}))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"\x66period\x19\x02\x58", b"\x66period\x1a\x00\x00\x02\x58"),
        (b"\x66period\x19\x02\x58", b"\x66period\x1f"),
        (b"\x66period\x19\x02\x58", b"\x66period\x1b\x02"),
        (b"\x67permits\x82", b"\x67permits\x98\x02"),
        (b"\x67permits\x82", b"\x67permits\x9f"),
        (b"\x64root\x58\x41", b"\x64root\x59\x00\x41"),
        (b"\x65scale\xa7", b"\x65scale\xb8\x07"),
        (b"\x66period", b"\x66perio\xff"),
        (b"\x65place\x67Stall 3", b"\x65place\x67Stall\xc0\xb3"),
        (b"\x64root", b"\x78\x04root"),
    ],
)
def test_what_is_spelled_in_another_way_is_damage(right: bytes, wrong: bytes) -> None:
    contents = made().encode()
    assert contents.count(right) == 1
    with pytest.raises(EvidenceError, match="damaged"):
        bundles.read(sealed(contents.replace(right, wrong)))


def test_the_names_of_a_scale_rise_and_none_is_there_twice() -> None:
    for pairs in (b"\xa2\x61b\x61x\x61a\x61x", b"\xa2\x61a\x61x\x61a\x61y", b"\xa2\x62aa\x61x\x61b\x61x"):
        with pytest.raises(ReadingError, match="not in its order"):
            list(Reader(pairs).names())
    assert list(Reader(b"\xa2\x60\x61x\x61b\x61y").names()) == [("", "x"), ("b", "y")]


def test_what_is_only_claimed_is_not_allocated() -> None:
    for claim in (b"\x9b" + b"\xff" * 8, b"\x9a\xff\xff\xff\xff"):
        contents = made().encode().replace(b"\x67permits\x82", b"\x67permits" + claim)
        with pytest.raises(EvidenceError, match="damaged"):
            bundles.read(sealed(contents))


def test_a_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_STATEMENTS", 2)
    with pytest.raises(EvidenceError, match="3 statements, at most 2 are allowed"):
        bundles.read(FILE)
    monkeypatch.setattr(reading, "MAX_STATEMENTS", 3)
    assert len(bundles.read(FILE).statements) == 3
    monkeypatch.setattr(reading, "MAX_BYTES", len(FILE))
    bundles.read(FILE)
    monkeypatch.setattr(reading, "MAX_BYTES", len(FILE) - 1)
    with pytest.raises(EvidenceError, match="larger than any"):
        bundles.read(FILE)


@pytest.mark.parametrize("at", [0, 1, 20, 21, 22, 23, 24, 25, 30, 100, 300, 600, 900, len(FILE) - 1])
def test_a_file_that_ends_too_early_says_so(at: int) -> None:
    with pytest.raises(EvidenceError, match=r"cut or changed|not an evidence file|empty"):
        bundles.read(FILE[:at])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_garbage_is_always_an_evidence_error(data: bytes, inside: bool) -> None:
    with pytest.raises(EvidenceError):
        bundles.read(sealed(data) if inside else data)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_what_is_read_has_one_spelling(at: int, flip: int) -> None:
    """Whatever the reader takes is deterministic CBOR to the codec too, and writes itself again."""
    data = FILE[:at] + bytes((FILE[at] ^ flip,)) + FILE[at + 1 :]
    try:
        read = bundles.read(data)
    except EvidenceError:
        return
    assert read.encode() == read.contents
    assert cbor.encode(cbor.decode(data)) == data


@pytest.mark.parametrize(("head", "width", "least"), [(24, 1, 24), (25, 2, 2**8), (26, 4, 2**16), (27, 8, 2**32)])
def test_a_number_has_its_shortest_spelling_and_no_other(head: int, width: int, least: int) -> None:
    def read(value: int) -> int:
        return Reader(bytes((head,)) + value.to_bytes(width, "big")).uint()

    assert [read(least), read(256**width - 1)] == [least, 256**width - 1]
    with pytest.raises(ReadingError, match="shortest"):
        read(least - 1)
    for there in range(width):
        with pytest.raises(ReadingError, match="whole"):
            Reader(bytes((head,)) + bytes((255,)) * there).uint()

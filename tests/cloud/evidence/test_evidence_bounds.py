"""How much a file has is what docs/evidence.md promises to who reads files and to who asks for them."""

from pathlib import Path

from steelyard_cloud.evidence import choose, reading

PAGE = " ".join((Path(__file__).resolve().parents[3] / "docs" / "evidence.md").read_text().split())


def test_a_file_has_as_much_as_is_promised() -> None:
    for promise, bound in (
        ("the whole chain if that has at most {} statements", choose.WHOLE_CHAIN),
        ("all numbers from {} before", choose.BEFORE),
        ("to {} after the finding", choose.AFTER),
        ("of every kind except snapshots the {} nearest on either side", choose.OF_A_KIND),
        ("select other numbers, up to {} at a time", choose.MOST_NUMBERS),
        ("A file has at most {} statements", choose.MOST_STATEMENTS),
        ("array of at most {} `[statement, commit time]`", reading.MAX_STATEMENTS),
        ("at most {} MiB, and nothing after it", reading.MAX_BYTES // 2**20),
    ):
        assert promise.format(f"{bound:,}") in PAGE


def test_every_file_that_the_platform_makes_can_be_read() -> None:
    assert choose.MOST_STATEMENTS < reading.MAX_STATEMENTS
    assert choose.MOST_BYTES * 1.25 < reading.MAX_BYTES, "what surrounds the statements has room"

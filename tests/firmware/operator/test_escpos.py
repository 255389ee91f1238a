"""The bytes for a printer, made in real MicroPython: those of python-escpos, and a code that is read."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from escpos.constants import QR_ECLEVEL_M
from escpos.printer import Dummy
from kit.micropython import Conversation, MicroPython
from kit.paper import printed

PLAIN, BOLD, CODE = 0, 1, 2
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ADDRESS = "HTTPS://SCALES.EXAMPLE.ORG/R/"
LONGEST = "HTTPS://" + "S" * 29 + "/R/" + ALPHABET * 3 + ALPHABET[:13]

Lines = list[tuple[int, str]]


@pytest.fixture(scope="module")
def firmware(micropython: MicroPython) -> Iterator[Conversation]:
    with micropython.start("escpos_answers.py", heap="64k") as conversation:
        yield conversation


def made(firmware: Conversation, name: str, lines: Lines) -> bytes:
    return bytes.fromhex(firmware.ask(json.dumps([name, lines]), timeout=60))


def by_python_escpos(lines: Lines) -> bytes:
    """The same receipt by the library's calls."""
    printer = Dummy()
    printer.hw("INIT")
    printer.charcode("CP437")
    bold = False
    for kind, text in lines:
        if kind == CODE:
            printer.set(align="center")
            printer.qr(text, ec=QR_ECLEVEL_M, size=6, native=True)
            printer.set(align="left")
            continue
        if bold != (kind == BOLD):
            bold = kind == BOLD
            printer.set(bold=bold)
        printer.textln(text)
    printer.cut()
    return bytes(printer.output)


def drawn(seed: int) -> Lines:
    draw = random.Random(seed)
    lines: Lines = []
    for _ in range(draw.randint(0, 12)):
        kind = draw.choice([PLAIN, PLAIN, BOLD, CODE])
        letters = ALPHABET + ":/." if kind == CODE else "".join(map(chr, range(32, 127)))
        lines.append((kind, "".join(draw.choice(letters) for _ in range(draw.randint(1, 150 if kind == CODE else 40)))))
    return lines


@pytest.mark.parametrize("seed", range(30))
def test_every_byte_is_that_of_python_escpos(firmware: Conversation, seed: int) -> None:
    lines = drawn(seed)
    assert made(firmware, "commands", lines) == by_python_escpos(lines)


@pytest.mark.parametrize("text", [ADDRESS + ALPHABET * 2, ADDRESS + "0" * 90, LONGEST, LONGEST.lower()])
def test_a_code_fits_narrow_paper_and_is_read(firmware: Conversation, text: str) -> None:
    """In lower case a printer has to put it into bytes, as one does that knows no other mode."""
    assert len(LONGEST) == 149
    paper = printed(made(firmware, "commands", [(CODE, text)]))
    assert (paper.read, paper.cuts) == ([text], 1)


@pytest.mark.parametrize(("text", "seen"), [("a€b", "a?b"), ("\x1b@", "?@"), ("\n", "?"), ("\x7f\x00é秤", "????")])
def test_what_is_no_ascii_is_a_question_mark_on_paper(firmware: Conversation, text: str, seen: str) -> None:
    assert printed(made(firmware, "commands", [(PLAIN, text)])).lines == [seen]
    assert made(firmware, "plain", [(PLAIN, text)]) == seen.encode() + b"\n" * 7


def test_plain_text_has_lines_of_32_letters_and_no_control_but_line_feeds(firmware: Conversation) -> None:
    lines: list[Any] = [(BOLD, "SALE"), (CODE, LONGEST), (PLAIN, "")]
    text = made(firmware, "plain", lines).decode()
    assert text.endswith("\n" * 6)
    rows = text.rstrip("\n").split("\n")
    assert rows == ["SALE", *[LONGEST[at : at + 32] for at in range(0, 149, 32)]]

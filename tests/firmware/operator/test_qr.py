"""QR codes made by the firmware in real MicroPython: module by module those of segno, and read by ZXing."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest
import segno
from kit import camera
from kit.micropython import Conversation, MicroPython

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
ADDRESS = "HTTPS://SCALES.EXAMPLE.ORG/F/"
LONGEST = [ADDRESS + "0123456789A", "7" + "05816449273" * 32 + "123456789"]
MOST_HELD_BYTES = 8192  # 64-bit words: half of that on a microcontroller


@pytest.fixture(scope="module")
def firmware(micropython: MicroPython) -> Iterator[Conversation]:
    with micropython.start("qr_answers.py", heap="128k") as conversation:
        yield conversation


def encoded(firmware: Conversation, segments: list[str]) -> list[list[int]]:
    size, bits, _ = json.loads(firmware.ask(json.dumps(segments), timeout=60))
    width, data = (size + 7) // 8, bytes.fromhex(bits)
    assert len(data) == width * size
    return [[data[y * width + x // 8] >> 7 - x % 8 & 1 for x in range(size)] for y in range(size)]


def expected(segments: list[str]) -> list[list[int]]:
    return [list(row) for row in segno.make(segments, error="m", boost_error=False, micro=False).matrix]


def drawn(seed: int) -> list[str]:
    """Segments of both kinds in turn: two of a kind on end would be one to segno."""
    draw = random.Random(seed)
    numeric = draw.random() < 0.5
    segments = []
    for _ in range(draw.randint(1, 3)):
        numeric = not numeric
        length = draw.randint(1, draw.choice([4, 40, 120]))
        text = "".join(draw.choice(DIGITS if numeric else DIGITS + LETTERS) for _ in range(length))
        segments.append(text if numeric else text + draw.choice(LETTERS))
    return segments


@pytest.mark.parametrize("seed", range(40))
def test_every_module_is_that_of_segno(firmware: Conversation, seed: int) -> None:
    segments = drawn(seed)
    assert encoded(firmware, segments) == expected(segments)


@pytest.mark.parametrize("version", range(1, 10))
def test_every_version_is_filled_to_its_last_bit(firmware: Conversation, version: int) -> None:
    """The longest text that fits, one less, and one more, which takes the next version."""
    longest = [34, 63, 101, 149, 202, 255, 293, 365, 432][version - 1]  # ISO/IEC 18004, table 7, level M, numeric
    for length in (longest - 1, longest, longest + 1):
        text = (DIGITS * 44)[:length]
        if length == 433:
            assert "too long" in firmware.ask(json.dumps([text]))
        else:
            modules = encoded(firmware, [text])
            assert len(modules) == 17 + 4 * (version + (length > longest))
            assert modules == expected([text])


def test_the_longest_fresh_code_fits_a_display_of_64_rows_and_is_read(firmware: Conversation) -> None:
    assert [len(text) for text in LONGEST] == [40, 362]
    modules = camera.with_quiet_zone(encoded(firmware, LONGEST))
    assert len(modules) == 61
    assert camera.read(camera.sharp(modules)) == ["".join(LONGEST)]


@pytest.mark.parametrize("seed", range(6))
def test_a_camera_reads_it(firmware: Conversation, seed: int) -> None:
    segments = [ADDRESS, str(random.Random(seed).getrandbits(8 * 140))]
    modules = camera.with_quiet_zone(encoded(firmware, segments))
    degrees = random.Random(seed).uniform(-40, 40)
    assert camera.read(camera.photograph(modules, seed=seed, degrees=degrees)) == ["".join(segments)]


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        (["lower case"], "there is no 'l' in it"),
        (["Ä"], "there is no 'Ä' in it"),
        ([""], "a segment of 0 characters"),
        (["A" * 512], "a segment of 512 characters"),
        (["1" * 1024], "a segment of 1024 characters"),
        (["A" * 41, "1" * 362], "bits are too long"),
    ],
)
def test_what_cannot_be_shown_is_refused(firmware: Conversation, segments: list[str], why: str) -> None:
    assert why in json.loads(firmware.ask(json.dumps(segments)))["error"]


def test_little_heap_is_held_while_it_is_made(firmware: Conversation) -> None:
    held = [json.loads(firmware.ask(json.dumps(LONGEST), timeout=60))[2] for _ in range(2)][-1]
    assert 0 < held <= MOST_HELD_BYTES

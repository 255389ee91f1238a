"""Updates for tests: the firmware with another number, built, signed, and brought to a simulated scale by its cable."""

from __future__ import annotations

import re
import runpy
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from steelyard_cloud import keys
from steelyard_cloud.keys import PlatformKey
from steelyard_gateway.factory.image import Built, build
from steelyard_protocol import p256
from steelyard_protocol.downlink import SECTOR_BYTES, Role, Update, sign
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.package import Package, sector_hashes
from steelyard_simulator import SimulatedScale

from kit.chain import exported
from kit.micropython import FIRMWARE, ROOT
from kit.platform_side import Platform
from kit.world import World

PIECE = 512
FLASH = runpy.run_path(str(ROOT / "hardware" / "boards" / "simulated" / "board.py"))["FLASH"]


@cache
def release(number: int, *changes: tuple[str, str, str]) -> Built:
    """The simulated board's software as release `number`; `changes` are a file, a text in it and what replaces that."""
    folder = Path(mkdtemp(prefix="steelyard-release-")) / "firmware"
    shutil.copytree(FIRMWARE, folder)
    software = folder / "agent" / "record" / "software.py"
    text = software.read_text()
    assert "NUMBER = const(1)" in text
    text = re.sub("NUMBER = const.1.", f"NUMBER = const({number})", text)
    software.write_text(text.replace('VERSION = "0.1.0"', f'VERSION = "0.{number}.0"'))
    for file, old, new in changes:
        path = folder / file
        assert old in path.read_text(), (file, old)
        path.write_text(path.read_text().replace(old, new))
    made = build("simulated", folder)
    shutil.rmtree(folder.parent)
    return made


def made_update(world: World, software: bytes, number: int = 2, *, known: bool = True) -> str:
    """A file that the API takes, of a few bytes that say they are this software; by a key that scales know, or not."""
    key = PlatformKey.of(p256.make_private_key())
    if known:
        keys.add_key(world.settings.keys, world.settings.root, key.public_key, Role.MANUFACTURER)
    image = b"no software" * 500
    update = Update("bench", number, "2", software, len(image), sha256(image).digest(), sector_hashes(image))
    manifest = sign(update, key.private_key, key.kid)
    return to_base64url(Package(manifest, image, update, key.kid).encode())


def signed(platform: Platform, update: Update, **other: object) -> str:
    """The manifest, signed by the platform's manufacturer; `other` replaces fields of it."""
    return to_base64url(platform.manufacturer.sign(replace(update, **other)))


def feed(scale: SimulatedScale, image: bytes, until: Callable[[int], bool] = lambda _: False) -> None:
    """Give the scale the pieces that it wants, until it has all, or `until(offset)` is true."""
    while True:
        coming = scale.console_json("update")["coming"]
        if coming is None or coming["installed"] or coming["error"]:
            return
        offset = coming["wanted"]
        if offset is None:
            scale.advance(0.3)
            continue
        if until(offset):
            return
        while offset is not None:
            piece = to_base64url(image[offset : offset + PIECE])
            offset = scale.console_json(f"update piece {offset} {piece}")["coming"]["wanted"]
            if offset is not None and until(offset):
                return


def prefill(scale: SimulatedScale, made: Built, *, missing: tuple[int, ...] = (), slot: str = "code_a") -> None:
    """Put sectors of an image into the slot of a scale that is off, as if they had come before."""
    start, _ = FLASH[slot]
    with scale.image.open("r+b") as flash:
        for offset in range(0, len(made.image), SECTOR_BYTES):
            if offset // SECTOR_BYTES not in missing:
                flash.seek(start + offset)
                flash.write(made.image[offset : offset + SECTOR_BYTES])


def receipt(scale: SimulatedScale, platform: Platform) -> str:
    """What the platform says of the scale's newest statement, brought by hand."""
    return to_base64url(platform.receipt(exported(scale)[-1]))

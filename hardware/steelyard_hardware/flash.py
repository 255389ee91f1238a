"""The flash map of a board: regions of whole sectors that do not overlap, and a journal that lasts as declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field
from pydantic import Strict as Strictness

from steelyard_hardware.files import Strict, written
from steelyard_hardware.ratings import Source

SECTOR_BYTES = 4096
# A snapshot of 190 bytes with its record header, 144 a day at the default period, thinned out below a quarter free.
_RECORD_BYTES = 208
_SNAPSHOTS_A_DAY = 144
_IN_STORAGE = ("files", "journal", "sales", "code_a", "code_b")
_NEEDED = ("files", "journal")
_FOR_IMAGE = ("loader", "code")
_LEAST_SECTORS = 16

Region = Annotated[tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(gt=0)]], Strictness(False)]
"""Offset and length in bytes."""


class Flash(Strict):
    """The flash map in bytes; `storage` is what the port's own flash class offers, `days` the journal's capacity."""

    chip_bytes: Annotated[int, Field(gt=0)]
    program_bytes: Literal[1, 4, 16, 256]
    storage: Region
    days: int
    regions: dict[Literal["loader", "code", "code_a", "code_b", "files", "journal", "sales"], Region]


Version = Annotated[str, written(r"v?[0-9]+(\.[0-9a-z]+)+", "pin a version such as v1.26.0")]
_TOOLS = {"rp2": ("arm-none-eabi-gcc", "pico-sdk", "picotool"), "esp32": ("esp-idf", "esptool")}
ESP32_FIRST, ESP32_ALIGNED = 0x20000, 0x10000
"""Boot loader, table and the port's own partitions are before the first; ESP-IDF maps programs in such pages."""


class Image(Strict):
    """What is built for a board: MicroPython's tag, the tools' versions, the image's bytes as built or reckoned."""

    micropython: Version
    tools: dict[str, Version]
    bytes: Annotated[int, Field(gt=0)]
    source: Source
    romfs_bytes: Annotated[int, Field(ge=0)] = 0


def image_region(flash: Flash) -> tuple[str, int, int] | None:
    """Return name, offset and length of the region that the image lies in; None where there is none."""
    return next(((name, *place) for name, place in flash.regions.items() if name in _FOR_IMAGE), None)


def image_faults(flash: Flash, image: Image | None) -> Iterator[str]:
    """Say where an image does not fit: it overlaps a slot, or its ROMFS, at the end before the storage, does."""
    region = image_region(flash)
    if region is None:
        return
    name, _, room = region
    if image is None:
        yield f"image is missing: something is flashed into flash.regions.{name}, write what"
        return
    if image.bytes > room:
        yield f"image.bytes is {image.bytes}: flash.regions.{name} has {room}, make it larger or the image smaller"
    start, end = flash.storage[0] - image.romfs_bytes, flash.storage[0]
    for other, (offset, length) in flash.regions.items():
        if offset < end and offset + length > start and start < end:
            yield f"image.romfs_bytes is {image.romfs_bytes}: a ROMFS lies on flash.regions.{other}, write 0"


def port_faults(flash: Flash, image: Image | None, port: str) -> Iterator[str]:
    """Say where a flash map is not as MicroPython's port has it, or a tool that builds the image has no version."""
    end = sum(flash.storage)
    name, offset, _ = image_region(flash) or ("", 0, 0)
    if port == "rp2":
        if end != flash.chip_bytes:
            yield f"flash.storage ends at {end}: the rp2 port has it at the chip's end, move it there"
        if offset:
            yield f"flash.regions.{name} begins at {offset}: the rp2 port has its image at 0, move it there"
    elif name:
        for other, (start, _) in flash.regions.items():
            if start < ESP32_FIRST:
                yield f"flash.regions.{other} begins at {start}: boot loader and tables end at {ESP32_FIRST}, move it"
        if offset % ESP32_ALIGNED:
            yield f"flash.regions.{name} begins at {offset}: make that a multiple of {ESP32_ALIGNED}"
    missing = [tool for tool in _TOOLS[port] if image and tool not in image.tools]
    if missing:
        yield f"image.tools lacks {', '.join(missing)}: add the version that the image is built with"


def flash_faults(flash: Flash) -> Iterator[str]:
    """Say everything that is wrong with a flash map, and what to do."""
    for name in _IN_STORAGE:
        if name not in flash.regions:
            if name in _NEEDED:
                yield f"flash.regions.{name} is missing: add it as [offset, length]"
        elif flash.regions[name][1] < _LEAST_SECTORS * SECTOR_BYTES:
            yield f"flash.regions.{name} is too small: give it at least {_LEAST_SECTORS} sectors"
    yield from _place_faults(flash)
    if "journal" in flash.regions and flash.days != journal_days(flash):
        yield f"flash.days is {flash.days}: the journal lasts {journal_days(flash)} days, write that"


def _place_faults(flash: Flash) -> Iterator[str]:
    storage_start, storage_end = flash.storage[0], sum(flash.storage)
    regions = sorted(flash.regions.items(), key=lambda item: item[1])
    for name, (offset, length) in [("storage", flash.storage), *regions]:
        where = "flash.storage" if name == "storage" else f"flash.regions.{name}"
        if offset % SECTOR_BYTES or length % SECTOR_BYTES:
            yield f"{where} is not made of {SECTOR_BYTES}-byte sectors: make offset and length multiples of that"
        if offset + length > flash.chip_bytes:
            yield f"{where} ends beyond the chip: it has {flash.chip_bytes} bytes"
    end, before = 0, ""
    for name, (offset, length) in regions:
        if offset < end:
            yield f"flash.regions.{name} overlaps {before}: move one of them"
        end, before = offset + length, name
        inside = storage_start <= offset and offset + length <= storage_end
        outside = offset + length <= storage_start or offset >= storage_end
        if name in _IN_STORAGE and not inside:
            yield f"flash.regions.{name} is not within the storage: move it there"
        if name not in _IN_STORAGE and not outside:
            yield f"flash.regions.{name} is within the storage: move it out"


def journal_days(flash: Flash) -> int:
    """Return for how many days the journal holds snapshots, in whole programming units after each sector's mark."""
    unit = max(flash.program_bytes, 16)
    record = -(-_RECORD_BYTES // unit) * unit
    records = flash.regions["journal"][1] // SECTOR_BYTES * ((SECTOR_BYTES - unit) // record)
    return records * 3 // 4 // _SNAPSHOTS_A_DAY

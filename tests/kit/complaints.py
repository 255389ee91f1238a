"""A consumer's complaint with a photo that has in it what a camera adds, and what is left when that is gone."""

import httpx

from kit.world import World

TOLD = {"words": "It showed more than my own scale at home.", "bought": "Apples", "weighed": "1.10 kg", "paid": "13.2"}


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


TABLES = segment(0xDB, bytes(65)) + segment(0xC0, bytes(15))
SCAN = (
    segment(0xDA, bytes(6))
    + b"\x12\xff\x00\x34\xff\xd0\x56"
    + segment(0xC4, b"\xff\xd9")
    + segment(0xDA, b"")
    + b"\x78"
)
EXIF = segment(0xE1, b"Exif\0\0 GPS 30.27N 120.15E") + segment(0xFE, b"Wang's phone")
PHOTO = (
    b"\xff\xd8"
    + segment(0xE0, b"JFIF")
    + EXIF
    + TABLES
    + segment(0xEE, b"Adobe")
    + SCAN
    + b"\xff\xd9"
    + b"after: 120.15E"
)
BARE = b"\xff\xd8" + TABLES + segment(0xEE, b"Adobe") + SCAN + b"\xff\xd9"


def complain(world: World, code: str, photo: bytes | None = None, **told: str) -> httpx.Response:
    """The answer to a complaint about the scale with this code; `told` replaces parts of it."""
    files = {"photo": ("a.jpg", photo or b"", "image/jpeg")}
    return world.client(None).post(f"/s/{code}/complaint", data=TOLD | told, files=files)

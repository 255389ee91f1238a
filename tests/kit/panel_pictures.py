"""`make screenshots`: every screen of the scale's displays as a PNG in docs/images, taken from a simulated scale."""

import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from steelyard_simulator import SimulatedScale
from steelyard_simulator.flashing import TEST_ROOT_PRIVATE_KEY

from kit.glass import HEIGHT, WIDTH, Glass
from kit.platform_side import Key, Platform
from kit.shop import CUSTOMER, VENDOR, Shop, factory

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
DOT = 5
"""Pixels of the picture for each of the glass, of which the last column and row stay light as the gap between."""
GLASS, DARK, GAP = 0xC8, 0x18, 0xBC


def png(glass: Glass) -> bytes:
    """A grey picture of the glass."""
    rows = bytearray()
    for y in range(HEIGHT):
        line = b"".join(bytes([DARK if glass.dark(x, y) else GLASS] * (DOT - 1) + [GAP]) for x in range(WIDTH))
        rows += (b"\0" + line) * (DOT - 1) + b"\0" + bytes([GAP]) * len(line)
    head = struct.pack(">IIBBBBB", WIDTH * DOT, HEIGHT * DOT, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    made = b"\x89PNG\r\n\x1a\n"
    for name, data in parts:
        made += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return made


def weigh(shop: Shop) -> None:
    """A kilogram and a quarter of something at 12.99."""
    shop.put(1.235)
    shop.keys("12.99")


def sell_two(shop: Shop) -> None:
    """Two sales on one bill."""
    shop.sell(1.235, "12.99+")
    shop.sell(0.5, "3+")


def recall(shop: Shop) -> None:
    """An item of the price list with its tare."""
    shop.scale.console("prices set 17 7.50 0.020")
    shop.put(0.52)
    shop.keys("17P")


def tare(shop: Shop) -> None:
    """A weighed tare, goods in it."""
    shop.put(0.5)
    shop.keys("T")
    shop.put(1.735)
    shop.keys("12.99")


def low(shop: Shop) -> None:
    """A nearly empty battery."""
    shop.scale.supply(3.0)
    shop.scale.advance(11)


def test(shop: Shop) -> None:
    """The displays' test."""
    restart(shop, 1.0)


def unlock(shop: Shop) -> None:
    """The question of a scale whose case was open, for a platform's answer."""
    platform = Platform()
    platform.root = Key(TEST_ROOT_PRIVATE_KEY)
    assert "accepted" in shop.scale.console("enrol accept " + platform.answer(shop.scale, 9))
    shop.scale.open_case()
    shop.scale.advance(1)
    shop.scale.close_case()
    shop.scale.advance(2)
    shop.keys("P5", 2.0)


def restart(shop: Shop, for_s: float = 2.5) -> None:
    """Off, on, and so many seconds."""
    shop.scale.power_off()
    shop.scale.power_on()
    shop.scale.advance(for_s)


SCREENS: dict[str, tuple[int, Callable[[Shop], object]]] = {
    "test": (CUSTOMER, test),
    "identification": (CUSTOMER, restart),
    "zero": (CUSTOMER, lambda shop: shop.put(0)),
    "weighing": (CUSTOMER, weigh),
    "moving": (CUSTOMER, lambda shop: (shop.keys("12.99"), shop.put(1.235, 0.5))),
    "tare": (CUSTOMER, tare),
    "item": (CUSTOMER, recall),
    "sold": (CUSTOMER, lambda shop: (weigh(shop), shop.keys("+", 1.0))),
    "sold-once": (CUSTOMER, lambda shop: (weigh(shop), shop.keys("+", 1.0), shop.keys("+"))),
    "cancelled": (CUSTOMER, lambda shop: (sell_two(shop), shop.keys("-", 1.0))),
    "total": (CUSTOMER, lambda shop: (sell_two(shop), shop.keys("="))),
    "repeat": (CUSTOMER, lambda shop: (sell_two(shop), shop.keys("R"))),
    "all-nines": (CUSTOMER, lambda shop: (shop.put(15.0), shop.keys("9999.99"))),
    "low-supply": (CUSTOMER, low),
    "overload": (CUSTOMER, lambda shop: shop.put(15.1)),
    "underload": (CUSTOMER, lambda shop: shop.put(-0.3)),
    "fault": (CUSTOMER, lambda shop: (weigh(shop), shop.scale.freeze_converter(), shop.scale.advance(3))),
    "locked": (CUSTOMER, lambda shop: (weigh(shop), shop.scale.open_case(), shop.scale.advance(3))),
    "menu": (VENDOR, lambda shop: shop.keys("P", 0.2)),
    "menu-price": (VENDOR, lambda shop: shop.keys("P117+7.5", 0.2)),
    "menu-stored": (VENDOR, lambda shop: shop.keys("P117+7.5++", 1.0)),
    "fresh-code": (VENDOR, lambda shop: (weigh(shop), shop.keys("C"), shop.keys("P3+", 3.0))),
    "unlock": (VENDOR, unlock),
    "menu-identification": (VENDOR, lambda shop: shop.keys("P2", 0.2)),
}
"""Whose display, and how a scale comes to show it; docs/seller.md says what each is."""


def main() -> None:
    """Write display-NAME.png for each screen, or for those that are named."""
    for name in sys.argv[1:] or SCREENS:
        who, act = SCREENS[name]
        with tempfile.TemporaryDirectory() as folder, SimulatedScale(Path(folder), factory=factory()) as scale:
            shop = Shop(scale)
            act(shop)
            (IMAGES / f"display-{name}.png").write_bytes(png(Glass(scale.displays()[who])))


if __name__ == "__main__":
    main()

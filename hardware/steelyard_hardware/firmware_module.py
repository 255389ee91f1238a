"""What is generated for the firmware from `boards/NAME.toml`: `boards/NAME/board.py`, which it imports as `board`, and
the configuration of its image.

The same profile gives the same text, in whatever order its lines stand: `board.py` is part of the legally relevant
software.
"""

from __future__ import annotations

from collections.abc import Iterable

from steelyard_hardware import profile as profiles
from steelyard_hardware.chips import chips
from steelyard_hardware.closing import closings
from steelyard_hardware.files import shown, write
from steelyard_hardware.image_files import image_files
from steelyard_hardware.schema import Profile

_HEADER = '''"""Board profile of the scale on {title}.

Made from hardware/boards/{name}.toml by `make boards`: change that file, not this one. The firmware imports
this module as `board`; what each name means stands there and in docs/hardware.md.
"""
'''
_IN_STORAGE = ("files", "journal", "sales")


def module(profile: Profile) -> str:
    """Return the text of the generated `board.py`."""
    sections = [
        [
            f'NAME = "{profile.name}"',
            f'HARDWARE = "{profile.hardware}"',
            f'PORT = "{chips().microcontrollers[profile.chip].port}"',
        ],
        _converter(profile),
        [
            "# GPIO numbers; switches are low when closed",
            *(f"PIN_{name.upper()} = {pin.gpio}" for name, pin in sorted(profile.pins.items())),
            "# Those that need the pull-up inside the chip",
            f"PULL_UPS = {_tuple(str(gpio) for gpio in sorted(p.gpio for p in profile.pins.values() if p.pull_up))}",
        ],
        _buses(profile),
        _people(profile),
        _analogue(profile),
        [f"RTC_BATTERY = {profile.rtc_battery}", f"REPL = {profile.repl}", *_fuses(profile)],
        _flash(profile),
    ]
    header = _HEADER.format(title=profile.title, name=profile.name)
    return header + "\n" + "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _converter(profile: Profile) -> list[str]:
    needed = chips().converters[profile.adc.driver].pins
    return [
        f'ADC = "{profile.adc.driver}"',
        f"ADC_RATE = {profile.adc.rate}",
        f"ADC_GAIN = {profile.adc.gain}",
        f"ADC_PINS = {_tuple(str(profile.pins[pin.name].gpio) for pin in needed)}",
    ]


def _buses(profile: Profile) -> list[str]:
    present = [chip for bus in profile.buses.values() for chip in bus.chips]
    if _keypad(profile, "col"):
        present.append("keypad")
    return [
        "# Numbers of the buses and the serial port with its pins; drivers of what is on them and at the pins",
        f"I2C = {profile.buses['i2c'].id if 'i2c' in profile.buses else None}",
        f"SPI = {profile.buses['spi'].id if 'spi' in profile.buses else None}",
        f"UART = {_uart(profile)}",
        "CHIPS = " + _tuple(f'"{chip}"' for chip in sorted(present)),
    ]


def _uart(profile: Profile) -> str | None:
    """The serial port behind the RS-232 transceiver: its number, from its pin's use ("uart0 tx"), and its two pins."""
    sends, receives = profile.pins.get("uart_tx"), profile.pins.get("uart_rx")
    if not sends or not receives:
        return None
    return _tuple([sends.use.removeprefix("uart").removesuffix(" tx"), str(sends.gpio), str(receives.gpio)])


def _people(profile: Profile) -> list[str]:
    selects = sorted(name for name in profile.pins if name.startswith("lcd_cs"))  # the customer's has a longer name
    pixel_um = profile.display.pixel_um if profile.display else None
    return [
        "# The keypad's pins, and the distance of a display's pixels in micrometres, and what selects the displays",
        f"KEYPAD_COLUMNS = {_tuple(_keypad(profile, 'col'))}",
        f"KEYPAD_ROWS = {_tuple(_keypad(profile, 'row'))}",
        f"PIXEL_UM = {pixel_um}",
        f"LCD_SELECTS = {_tuple(str(profile.pins[name].gpio) for name in selects)}",
    ]


def _keypad(profile: Profile, side: str) -> list[str]:
    """The GPIO numbers of its columns or rows, in their order."""
    named = {name: pin.gpio for name, pin in profile.pins.items() if name.startswith(side) and name[3:].isdigit()}
    return [str(named[name]) for name in sorted(named, key=lambda name: int(name[3:]))]


def _analogue(profile: Profile) -> list[str]:
    sensor = profile.temperature.pin
    return [
        "# GPIO numbers; None is the sensor inside the chip",
        f"ADC_FULL_SCALE_UV = {profile.analogue.full_scale_mv * 1000}",
        f"ADC_TEMPERATURE = {profile.pins[sensor].gpio if sensor else None}",
        f"TEMPERATURE_REFERENCE_UV = {profile.temperature.reference_uv}",
        f"TEMPERATURE_REFERENCE_CDEG = {profile.temperature.reference_cdeg}",
        f"TEMPERATURE_UV_PER_K = {profile.temperature.uv_per_k}",
        f"ADC_SUPPLY = {profile.pins[profile.supply.pin].gpio}",
        f"SUPPLY_DIVIDER = {profile.supply.divider}",
        f"SUPPLY_LOW_MV = {profile.supply.low_mv}",
    ]


def _fuses(profile: Profile) -> list[str]:
    """Where the agent reads whether the chip's ports are closed for good."""
    closing = closings().get(profile.chip)
    registers = sorted(closing.registers().items()) if closing else []
    return [
        "# (address, bits): set once the fuses are burnt that close the chip's ports",
        f"FUSES = {_tuple(f'(0x{address:08X}, 0x{bits:08X})' for address, bits in registers)}",
    ]


def _flash(profile: Profile) -> list[str]:
    start = profile.flash.storage[0]
    regions = ((name, *profile.flash.regions[name]) for name in _IN_STORAGE if name in profile.flash.regions)
    placed = ", ".join(f'"{name}": (0x{offset - start:06X}, 0x{length:06X})' for name, offset, length in regions)
    return [
        "# (offset, length) in bytes within the port's storage",
        "FLASH = {" + placed + "}",
        f"PROGRAM_SIZE = {profile.flash.program_bytes}",
        f"JOURNAL_DAYS = {profile.flash.days}",
    ]


def _tuple(items: Iterable[str]) -> str:
    listed = list(items)
    return f"({listed[0]},)" if len(listed) == 1 else f"({', '.join(listed)})"


def files(name: str) -> dict[str, str]:
    """Return the text of each file that is generated for a board, by its name in `boards/NAME/`."""
    profile = profiles.load(name)
    return {"board.py": module(profile), **image_files(profile)}


def stale(name: str) -> list[str]:
    """Return which of a board's generated files are not what its profile says, each with what to do."""
    return [
        f"{shown(path)} is not what the profile says: run `make boards`"
        for file, text in files(name).items()
        if not (path := profiles.BOARDS / name / file).is_file() or path.read_bytes() != text.encode()
    ]


def write_module(name: str) -> bool:
    """Write what is generated for a board into `boards/NAME/`; return whether any of it changed."""
    changed = False
    for file, text in files(name).items():
        path = profiles.BOARDS / name / file
        if not path.is_file() or path.read_bytes() != text.encode():
            write(path, text)
            changed = True
    return changed

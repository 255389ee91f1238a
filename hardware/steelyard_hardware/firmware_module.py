"""Writes `boards/NAME/board.py`, which the firmware imports as `board`, from `boards/NAME.toml`."""

from __future__ import annotations

from steelyard_hardware.profile import BOARDS, Profile, load, names

_HEADER = '''"""Board profile of the scale on {title}.

Made from hardware/boards/{name}.toml by `make boards`: change that file, not this one. The firmware imports
this module as `board`; what each name means stands there and in docs/hardware.md.
"""
'''


def module(profile: Profile) -> str:
    """Return the text of the generated `board.py`."""
    start = profile.flash.storage[0]
    flash = ", ".join(
        f'"{name}": (0x{profile.flash.regions[name][0] - start:06X}, 0x{profile.flash.regions[name][1]:06X})'
        for name in ("files", "journal")
    )
    lines = [
        _HEADER.format(title=profile.title, name=profile.name),
        f'NAME = "{profile.name}"',
        f'HARDWARE = "{profile.hardware}"',
        f'PORT = "{profile.port}"',
        "",
        f'ADC = "{profile.adc.driver}"',
        f"ADC_RATE = {profile.adc.rate}",
        f"ADC_GAIN = {profile.adc.gain}",
        f"ADC_PINS = {_numbers([pin.gpio for name, pin in profile.pins.items() if name.startswith('adc_')])}",
        "",
        "# GPIO numbers; switches are low when closed",
        *(f"PIN_{name.upper()} = {pin.gpio}" for name, pin in profile.pins.items()),
        "",
        "# Numbers of the buses, and the drivers of the chips on them",
        *(f"{bus.upper()} = {profile.buses[bus].id if bus in profile.buses else None}" for bus in ("i2c", "spi")),
        f"CHIPS = {_tuple(sorted(chip for bus in profile.buses.values() for chip in bus.chips))}",
        "",
        f"ADC_TEMPERATURE = {profile.temperature.channel}",
        f"TEMPERATURE_REFERENCE_UV = {profile.temperature.reference_uv}",
        f"TEMPERATURE_REFERENCE_CDEG = {profile.temperature.reference_cdeg}",
        f"TEMPERATURE_UV_PER_K = {profile.temperature.uv_per_k}",
        f"ADC_SUPPLY = {profile.supply.channel}",
        f"SUPPLY_DIVIDER = {profile.supply.divider}",
        f"SUPPLY_LOW_MV = {profile.supply.low_mv}",
        "",
        f"RTC_BATTERY = {profile.rtc_battery}",
        f"REPL = {profile.repl}",
        "",
        "# (offset, length) in bytes within the port's storage",
        "FLASH = {" + flash + "}",
        f"PROGRAM_SIZE = {profile.flash.program_bytes}",
        f"JOURNAL_DAYS = {profile.flash.days}",
        "",
    ]
    return "\n".join(lines)


def _numbers(values: list[int]) -> str:
    return "(" + ", ".join(map(str, values)) + ")"


def _tuple(names: list[str]) -> str:
    return "(" + "".join(f'"{name}", ' for name in names).rstrip(" " if len(names) == 1 else ", ") + ")"


def partitions(profile: Profile) -> str:
    """Return the partition table of an ESP32 board (CSV of ESP-IDF's gen_esp32part)."""
    rows = [("nvs", "data", "nvs", 0x9000, 0x6000), ("phy_init", "data", "phy", 0xF000, 0x1000)]
    types = {"loader": ("app", "factory"), "code": ("app", "factory"), "code_a": ("data", "undefined")}
    for name, (offset, length) in sorted(profile.flash.regions.items(), key=lambda item: item[1]):
        if name not in ("files", "journal"):
            kind, subtype = types.get(name, ("data", "undefined"))
            rows.append((name, kind, subtype, offset, length))
    rows.append(("vfs", "data", "fat", *profile.flash.storage))
    lines = [f"{name}, {kind}, {subtype}, 0x{offset:X}, 0x{length:X}" for name, kind, subtype, offset, length in rows]
    return "\n".join([f"# Made from hardware/boards/{profile.name}.toml by `make boards`.", *lines, ""])


def files(name: str) -> dict[str, str]:
    """Return the text of each file that is generated for a board, by its name in `boards/NAME/`."""
    profile = load(name)
    made = {"board.py": module(profile)}
    if profile.port == "esp32":
        made["partitions.csv"] = partitions(profile)
    return made


def write_modules() -> list[str]:
    """Write what is generated for every board into `boards/NAME/`; return the names of the boards that changed."""
    changed = []
    for name in names():
        for file, text in files(name).items():
            path = BOARDS / name / file
            if not path.exists() or path.read_text() != text:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
                changed.append(name)
    return sorted(set(changed))

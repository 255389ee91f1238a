"""A profile that is wrong is refused with a sentence that says where, what, and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from steelyard_hardware import agreement, chips, circuit, closing, errors, parts, profile
from steelyard_hardware.files import ROOT

TEXT = {name: (profile.BOARDS / f"{name}.toml").read_text() for name in ("pico2_w", "esp32_s3")}


def spoiled(name: str, old: str, new: str) -> str:
    """Return a board's profile with one thing replaced."""
    assert TEXT[name].count(old) >= 1
    return TEXT[name].replace(old, new, 1)


WRONG = [
    (
        "pico2_w",
        "gpio = 17, to",
        "gpio = 16, to",
        "pins.adc_sck: GPIO 16 is also adc_dout: give one",
    ),
    (
        "pico2_w",
        "gpio = 17, to",
        "gpio = 25, to",
        "pins.adc_sck: GPIO 25 of the rp2350 is the radio's chip select: take another",
    ),
    ("pico2_w", "gpio = 4, to", "gpio = 3, to", 'GPIO 3 cannot be "i2c0 sda": GPIOs that can are 0, 4, 8'),
    ("pico2_w", "[buses.i2c]\nid = 0", "[buses.i2c]\nid = 1", 'the bus i2c needs it as "i2c1 sda"'),
    (
        "pico2_w",
        'pin = "supply"',
        "channel = 3",
        "supply is {'channel': 3, 'divider': 2, 'low_mv': 3400}: a channel by",
    ),
    (
        "pico2_w",
        'pin = "temperature"',
        "channel = 0",
        "leaves its pin uninitialised, write pin = NAME, a pin of [pins]",
    ),
    ("pico2_w", 'pin = "supply"', "pin = 3", "supply.pin is 3: it should be a valid string"),
    ("pico2_w", 'pin = "supply"', 'pin = "vsys"', "supply.pin is 'vsys', and [pins] has no such pin: add it"),
    ("pico2_w", 'pin = "supply"', 'pin = "lamp"', 'pins.lamp is used as "output": supply.pin needs it as one of adc0'),
    ("esp32_s3", 'pin = "temperature"\n', "", "temperature.pin is missing: the esp32_s3 has no sensor of its own"),
    (
        "pico2_w",
        "gpio = 27, to",
        "gpio = 29, to",
        "GPIO 29 of the rp2350 is the radio's clock, beside a divider of VSYS",
    ),
    ("pico2_w", "gpio = 17, to", "gpio = 23, to", "GPIO 23 of the rp2350 is the radio's power: take another, free are"),
    (
        "pico2_w",
        "full_scale_mv = 3000",
        "full_scale_mv = 2500",
        "the sensor gives 2774 mV at -10 °C, and analogue.full",
    ),
    ("esp32_s3", "gpio = 5,", "gpio = 45,", "pins.adc_sck: GPIO 45 is a strapping pin of the esp32_s3"),
    ("esp32_s3", "gpio = 5,", "gpio = 30,", "pins.adc_sck: GPIO 30 of the esp32_s3 is the module's flash"),
    ("esp32_s3", '"i2c0 scl"', '"i2c9 scl"', 'GPIO 9 cannot be "i2c9 scl": GPIOs that can are none'),
    ("pico2_w", "files = [0x180000, 0x030000]", "files = [0x180000, 0x050000]", "sales overlaps files"),
    ("pico2_w", "files = [0x180000, 0x030000]", "files = [0x180000, 0x040001]", "not made of 4096-byte sectors"),
    ("pico2_w", "files = [0x180000, 0x030000]", "files = [0x180000]", "flash.regions.files.1 is missing: add it"),
    ("pico2_w", "files = [0x180000, 0x030000]", "files = [0x180000, 0x001000]", "files is too small"),
    ("pico2_w", "files = [0x180000, 0x030000]\n", "", "flash.regions.files is missing: add it"),
    ("pico2_w", "journal = [0x1C0000, 0x240000]", "journal = [0x1C0000, 0x250000]", "journal ends beyond the chip"),
    ("pico2_w", "code_b = [0x150000, 0x030000]", "code_b = [0x150000, 0x031000]", "files overlaps code_b"),
    ("pico2_w", "storage = [0x120000, 0x2E0000]", "storage = [0x190000, 0x270000]", "files is not within the storage"),
    ("pico2_w", "storage = [0x120000, 0x2E0000]", "storage = 5", "flash.storage is 5: it should be a list"),
    ("pico2_w", "loader = [", "lader = [", "flash.regions.lader is 'lader': it should be 'loader'"),
    (
        "pico2_w",
        "bytes = 0x0F8000",
        "bytes = 0x120001",
        "image.bytes is 1179649: flash.regions.loader has 1179648, make",
    ),
    (
        "pico2_w",
        "bytes = 0x0F8000",
        "bytes = 0x0F8000\nromfs_bytes = 4096",
        "a ROMFS lies on flash.regions.loader, write 0",
    ),
    ("pico2_w", "bytes = 0x0F8000\n", "", "image.bytes is missing: add it"),
    ("esp32_s3", "[image]", "[images]", "images is unknown: correct the name or leave it out"),
    (
        "pico2_w",
        "storage = [0x120000, 0x2E0000]",
        "storage = [0x180000, 0x27F000]",
        "the rp2 port has it at the chip's end",
    ),
    ("pico2_w", "days = 45", "days = 60", "flash.days is 60: the journal lasts 45 days, write that"),
    ("pico2_w", 'name = "pico2_w"', 'name = "pico3"', "name is 'pico3': write 'pico2_w' or rename the file"),
    (
        "pico2_w",
        'chip = "rp2350"',
        'chip = "rp9"',
        "chip is 'rp9', which chips.toml does not have: write one",
    ),
    ("pico2_w", 'chip = "rp2350"', "chip = 2350", "chip is 2350: it should be a valid string"),
    ("pico2_w", 'hardware = "', 'hardware = "\\"', "hardware is '\"steelyard-pico2-w': write 1 to 32 ASCII characters"),
    (
        "pico2_w",
        'title = "',
        'title = "\\n',
        "write one line of at most 80 characters",
    ),
    ("pico2_w", "case = { gpio", "cover = { gpio", "pins.case is missing: the agent needs it"),
    ("pico2_w", "lamp = { gpio", "Lamp = { gpio", "pins.Lamp is 'Lamp': write it in small letters"),
    ("pico2_w", "lamp = { gpio = 14", "lamp = { gpio = true", "pins.lamp.gpio is true: it should be a valid integer"),
    ("pico2_w", '{ gpio = 14, to = "Q1.G", use = "output" }', "14", "pins.lamp is 14: it should be a table"),
    ("pico2_w", 'to = "Q1.G"', 'to = "Q1"', "pins.lamp.to is 'Q1': write it as REFERENCE.PIN"),
    ("pico2_w", '"uart0 tx"', '"uart0 rx"', 'pins.uart_rx is used as "uart0 rx", as is uart_tx'),
    ("pico2_w", 'driver = "hx711"', 'driver = "hx712"', "adc.driver is 'hx712', which chips.toml does not have"),
    ("pico2_w", "rate = 10", "rate = 11", "adc.rate is 11, which the hx711 cannot be given: write one of 10, 80"),
    ("pico2_w", "gain = 128", "gain = 2", "adc.gain is 2, which the hx711 cannot be given: write one of 32, 64, 128"),
    ("esp32_s3", "gain = 128", "gain = 64", "adc.gain is 64, which the ads1232 cannot be given: write one of 128"),
    (
        "esp32_s3",
        "adc_pwdn = {",
        "power_down = {",
        "pins.adc_pwdn is missing: the driver ads1232 needs it",
    ),
    ("esp32_s3", 'to = "U2.SCLK", use = "output"', 'to = "U2.SCLK", use = "input"', "the driver ads1232 needs it as"),
    ("pico2_w", "lamp = { gpio", "adc_pwdn = { gpio", "pins.adc_pwdn is unknown to the driver hx711"),
    (
        "pico2_w",
        '["rv3028", ',
        '["rv3029", ',
        "buses.i2c.chips has 'rv3029', which chips.toml does not",
    ),
    ("pico2_w", '["rv3028", ', '["st25dv", ', "buses.i2c.chips has 'st25dv' a second time"),
    ("pico2_w", '["st7567"]', '["rv3028"]', "buses.spi.chips has 'rv3028', which is no chip on spi: move it to i2c"),
    ("pico2_w", "lcd_a0 = {", "lcd_rs = {", "pins.lcd_a0 is missing: the driver st7567 needs it"),
    ("pico2_w", '[buses.spi]\nid = 1\nchips = ["st7567"]', "", "no table [buses] has that bus"),
    ("pico2_w", "[buses.spi]", "[buses.can]", "buses.can is 'can': it should be 'i2c' or 'spi'"),
    ("pico2_w", "uv_per_k = -13600", "uv_per_k = 0", "temperature.uv_per_k is 0: a sensor's voltage changes"),
    ("pico2_w", "low_mv = 3400", "low_mv = 3.4", "supply.low_mv is 3.4: it should be a valid integer"),
    ("pico2_w", "temperature_c = [-10, 40]", "temperature_c = [40, -10]", "write the lower one first"),
    ("pico2_w", "[loads]", "[limits.loads]", "limits.loads is unknown: correct the name or leave it out"),
    ("pico2_w", "[adc]\n", "[adc.x]\n", "adc.driver is missing: add it"),
    ("pico2_w", "repl = false", "repl = true", "repl is true: USB would reach MicroPython's prompt without a seal"),
    ("pico2_w", '"v1.26.0"', '"latest"', "image.micropython is 'latest': pin a version such as v1.26.0"),
    ("pico2_w", 'pico-sdk = "2.2.0", ', "", "image.tools lacks pico-sdk: add the version that the image is built with"),
    ("pico2_w", "loader = [0x000000, 0x120000]", "loader = [0x1000, 0x11F000]", "the rp2 port has its image at 0"),
    (
        "esp32_s3",
        "loader = [0x020000, 0x1E0000]",
        "loader = [0x10000, 0x1F0000]",
        "boot loader and tables end at 131072",
    ),
    ("esp32_s3", "loader = [0x020000, 0x1E0000]", "loader = [0x21000, 0x1DF000]", "make that a multiple of 65536"),
    ("pico2_w", "repl = false", "repl = false\nrepel = true", "repel is unknown: correct the name or leave it out"),
    ("pico2_w", "repl = false", 'repl = "no"', "repl is 'no': it should be a valid boolean"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), WRONG)
def test_a_profile_that_is_wrong_is_refused(name: str, old: str, new: str, said: str) -> None:
    with pytest.raises(errors.FileRefused) as refused:
        profile.parse(name, spoiled(name, old, new))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[adc", "hardware/boards/pico2_w.toml is not valid TOML (Expected ']'"),
        ("[pins]\nlamp = 1\nlamp = 2", "Cannot overwrite a value (at end of document)"),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("a = " + "9" * 5_000, "is not valid TOML"),
        ("", "name is missing: add it"),
    ],
    ids=["bracket", "a pin named twice", "nested", "digits", "empty"],
)
def test_what_is_no_profile_at_all_is_refused(text: str, said: str) -> None:
    with pytest.raises(errors.HardwareError) as refused:
        profile.parse("pico2_w", text)
    assert said in str(refused.value)


def test_all_faults_are_told_at_once() -> None:
    text = TEXT["pico2_w"].replace("gpio = 17, to", "gpio = 25, to").replace("days = 45", "days = 60")
    with pytest.raises(errors.FileRefused) as refused:
        profile.parse("pico2_w", text)
    assert len(refused.value.faults) == 2


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a copy of the hardware's files."""
    return subprocess.run(
        [sys.executable, "-m", "steelyard_hardware", *arguments],
        env={**os.environ, "PYTHONPATH": str(folder / "hardware"), "PYTHONUTF8": "0", "LC_ALL": "C"},
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="ascii",
        timeout=120,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The hardware's files, with the boards that have no circuit only: those are quick to check."""
    shutil.copytree(ROOT / "hardware", tmp_path / "hardware", ignore=shutil.ignore_patterns("__pycache__", "mps2_*"))
    for name in TEXT:
        (tmp_path / "hardware" / "boards" / f"{name}.toml").unlink()
        (tmp_path / "hardware" / "schematics" / f"{name}.py").unlink()
    return tmp_path


def test_the_command_says_it_of_every_file_and_goes_on(copy: Path) -> None:
    boards = copy / "hardware" / "boards"
    pico = (boards / "pico_w.toml").read_text()
    contents: dict[str, tuple[bytes, str]] = {
        "utf16": (pico.encode("utf-16"), "is not UTF-8 text (byte 0 is 0xFF): save it as UTF-8."),
        "binary": (bytes(range(256)), "is not UTF-8 text (byte 128 is 0x80)"),
        "broken": (b"[adc", "is not valid TOML (Expected ']'"),
        "empty": (b"", "name is missing: add it"),
        "Big-Name": (
            pico.replace("pico_w", "Big-Name").replace("steelyard-", "big-").encode(),
            "name is 'Big-Name': write it in small letters",
        ),
        "drawn": (
            pico.replace("pico_w", "drawn")
            .replace("steelyard-", "drawn-")
            .replace("schematic = false", "schematic = true")
            .encode(),
            "loads is",
        ),
    }
    for name, (content, _) in contents.items():
        (boards / f"{name}.toml").write_bytes(content)
    (boards / "folder.toml").mkdir()
    (boards / "away.toml").symlink_to(boards / "nowhere")
    (boards / "pico_w.toml").write_bytes(b"\xef\xbb\xbf" + pico.encode())
    for arguments in ((), ("boards",)):
        done = run(copy, *arguments)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        for name, (_, said) in contents.items():
            (told,) = [part for part in done.stderr.split("hardware/boards/") if part.startswith(f"{name}.toml ")]
            assert said in told
        assert "hardware/boards/folder.toml cannot be read (Is a directory)" in done.stderr
        assert "hardware/boards/away.toml does not exist: write it, or correct the name." in done.stderr
        assert "pico_w: " in done.stdout
        assert "simulated: " in done.stdout


def test_a_circuit_that_is_missing_or_too_many_is_said(copy: Path) -> None:
    boards, schematics = copy / "hardware" / "boards", copy / "hardware" / "schematics"
    (boards / "pico2_w.toml").write_text(TEXT["pico2_w"])
    (schematics / "pico_w.py").write_text("")
    done = run(copy)
    assert done.returncode == 1
    assert "hardware/schematics/pico2_w.py has no function circuit(): write the board's circuit there" in done.stderr
    assert "hardware/schematics/pico_w.py is a circuit, and the board's profile has `schematic = false`" in done.stderr
    (schematics / "pico2_w.py").write_text("")
    assert "hardware/schematics/pico2_w.py has no function circuit()" in run(copy).stderr


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose chips.toml and parts.toml are read in place of the real ones."""
    for module, name, path in ((chips, "CHIPS", chips.CHIPS), (parts, "LIBRARY", parts.LIBRARY)):
        monkeypatch.setattr(module, name, tmp_path / path.name)
        shutil.copy(path, tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    for cached in (chips.chips, parts.library, parts.whole_file):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("chips.toml", "[agent]", "[agent", "chips.toml is not valid TOML"),
        (
            "chips.toml",
            '\nbus = "i2c"\nkeeps',
            '\nbus = "i3c"\nkeeps',
            "peripherals.rv3028.bus is 'i3c': it should be 'i2c' or 'spi'",
        ),
        ("chips.toml", '\nbus = "i2c"\nkeeps', "\nkeeps", "say by `bus` which bus it is on"),
        ("chips.toml", "RATE =", "SPEED =", "hx711 has no pin 'SPEED'"),
        ("parts.toml", '"1 GP0 b"', '"1 GP0"', "parts.pico2_w.left.0 is '1 GP0': write it as NUMBERS NAME TYPE"),
        ("parts.toml", "price = [7.00, 7.00, 6.30]", "price = [7.00]", "parts.pico2_w.price.1 is missing: add it"),
        (
            "parts.toml",
            'source = "memory: Avia Semiconductor, HX711 data sheet, p. 2 to 4"',
            "",
            "parts.hx711.source is",
        ),
        ("parts.toml", 'source = "memory: Yageo, RC_L data sheet"', "", "families.R.source is missing: add it"),
        (
            "parts.toml",
            'source = "memory: Avia',
            'source = "?" # "',
            "parts.hx711.source is '?': name the data sheet and",
        ),
        (
            "parts.toml",
            "[parts.tps3839.supervisor]",
            "[parts.tps3839.superviser]",
            "parts.tps3839.superviser is unknown",
        ),
        (
            "parts.toml",
            "trip_v = [2.857, 3.003]",
            "trip_v = [3.003, 2.857]",
            "trip_v is [3.003, 2.857]: write the lower",
        ),
        ("parts.toml", "trip_v = [2.857, 3.003]", "trip_v = [2.857]", "parts.tps3839.supervisor.trip_v.1 is missing"),
        ("parts.toml", "[parts.st25dv]", "[parts.st25dw]", "U5 is a 'st25dv', which parts.toml does not have"),
        ("parts.toml", "4k7 = {", "4x7 = {", "families.R.values.4x7 is '4x7': write the value as 10, 4k7 or 100n_C0G"),
    ],
)
def test_the_tables_behind_the_boards_are_as_strict(table: Path, file: str, old: str, new: str, said: str) -> None:
    text = (table / file).read_text()
    assert old in text
    (table / file).write_text(text.replace(old, new, 1))
    with pytest.raises(errors.HardwareError) as refused:
        agreement.differences(profile.load("pico2_w"), circuit.load("pico2_w"))
    assert said in str(refused.value)


def test_two_boards_of_one_name_are_refused(copy: Path) -> None:
    boards = copy / "hardware" / "boards"
    pico = (boards / "pico_w.toml").read_text()
    (boards / "twin.toml").write_text(pico.replace('"pico_w"', '"twin"', 1))
    (boards / "second.toml").write_text(pico.replace("steelyard-pico-w", "steelyard-second"))
    done = run(copy)
    assert done.returncode == 1
    assert (
        "hardware/boards/twin.toml: hardware = 'steelyard-pico-w' is also that of hardware/boards/pico_w.toml: "
        "give each board its own."
    ) in done.stderr
    assert (
        "hardware/boards/second.toml is refused; correct this:\n  name is 'pico_w': write 'second' or rename"
        in done.stderr
    )
    assert run(copy, "boards").returncode == 1


def test_a_table_of_fuses_is_as_strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = closing.CLOSING.read_text()
    monkeypatch.setattr(closing, "CLOSING", tmp_path / "closing.toml")
    for old, new, said in (
        ("bits = 0x001C0000\n", "", "esp32_s3.fuses.1 is {"),
        ("bits = 0x001C0000\n", "bits = -1\n", "esp32_s3.fuses.1.bits is -1: it should be greater than or equal to 0"),
        ('with = "espefuse', 'mit = "espefuse', "esp32_s3.with is missing: add it"),
    ):
        (tmp_path / "closing.toml").write_text(text.replace(old, new, 1))
        closing.closings.cache_clear()
        with pytest.raises(errors.FileRefused) as refused:
            closing.closings()
        assert said in str(refused.value)
    closing.closings.cache_clear()


def test_what_cannot_be_written_is_said(copy: Path) -> None:
    shutil.rmtree(copy / "hardware" / "boards" / "pico_w")
    (copy / "hardware" / "boards" / "pico_w").write_text("a file where the folder should be")
    done = run(copy, "boards")
    assert done.returncode == 1
    assert "hardware/boards/pico_w/board.py cannot be written (File exists)" in done.stderr
    assert "simulated: " in done.stdout


def test_boards_that_are_not_there_do_not_pass(copy: Path) -> None:
    shutil.rmtree(copy / "hardware" / "boards")
    done = run(copy)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no board in hardware/boards: write a profile NAME.toml there.\n"


def test_a_word_that_is_no_command_is_refused(copy: Path) -> None:
    done = run(copy, "bords")
    assert done.returncode == 2
    assert "invalid choice: 'bords'" in done.stderr


def test_a_page_without_its_marks_is_left_alone(copy: Path) -> None:
    (copy / "docs").mkdir()
    page = copy / "docs" / "hardware.md"
    page.write_text("a page")
    done = run(copy, "budget")
    assert done.returncode == 1
    assert "docs/hardware.md lacks the lines <!-- budget" in done.stderr
    assert page.read_text() == "a page"

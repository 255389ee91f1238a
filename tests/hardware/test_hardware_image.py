"""The image: its configuration closes what it must, and no image overlaps the slot behind it."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from kit import servers
from steelyard_hardware import __main__ as command
from steelyard_hardware import errors, profile
from steelyard_hardware.chips import chips
from steelyard_hardware.closing import closings
from steelyard_hardware.files import ROOT
from steelyard_hardware.firmware_module import files
from steelyard_hardware.image import check_image

BOARDS = profile.BOARDS
XIP = 0x10000000
ABSOLUTE = 0xE48BFF57
RP2350 = 0xE48BFF59


def block(address: int, length: int = 256, flags: int = 0x2000, family: int = RP2350) -> bytes:
    """One block of a UF2 file."""
    head = struct.pack("<8I", 0x0A324655, 0x9E5D5157, flags, address, length, 0, 1, family)
    return head + bytes(476) + struct.pack("<I", 0x0AB16F30)


def test_an_image_within_its_region_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "firmware.uf2"
    path.write_bytes(block(0x10FFFF00, family=ABSOLUTE) + block(XIP) + block(XIP + 0x11FF00))
    assert check_image(profile.load("pico2_w"), path) == (0x120000, 0x120000)
    assert command.main(["image", "pico2_w", str(path)]) == 0
    assert capsys.readouterr().out == "pico2_w: the image has 1179648 bytes of 1179648, 0% are free\n"


def test_an_image_that_overlaps_the_slot_behind_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "firmware.uf2"
    path.write_bytes(block(XIP) + block(XIP + 0x120000, length=1))
    assert command.main(["image", "pico2_w", str(path)]) == 1
    said = capsys.readouterr().err
    assert f"{path} has 1179649 bytes, and flash.regions.loader of pico2_w 1179648: it would overlap" in said
    (tmp_path / "app.bin").write_bytes(bytes(0x1E0001))
    with pytest.raises(errors.ImageTooLarge, match=r"flash\.regions\.loader of esp32_s3 1966080"):
        check_image(profile.load("esp32_s3"), tmp_path / "app.bin")


@pytest.mark.parametrize(
    ("name", "content", "error", "said"),
    [
        ("a.uf2", b"", errors.ImageUnreadable, "is no image that can be measured"),
        ("a.uf2", block(XIP)[:-1], errors.ImageUnreadable, "give the .uf2 or .bin that the build has made"),
        ("a.uf2", block(XIP)[:-4] + b"\0\0\0\0", errors.ImageUnreadable, "is no image"),
        ("a.uf2", b"MZ" + block(XIP)[2:], errors.ImageUnreadable, "is no image"),
        ("a.uf2", block(XIP, flags=0x2001), errors.ImageUnreadable, "is no image"),
        (
            "a.uf2",
            block(XIP + 0x120000),
            errors.ImageElsewhere,
            "begins at 0x120000, where pico2_w has its image at 0x0",
        ),
        ("a.elf", b"\x7fELF", errors.ImageUnreadable, "is no image"),
        ("a.bin", b"", errors.ImageUnreadable, "is no image"),
        ("folder", None, errors.FileUnreadable, "cannot be read (Is a directory)"),
        ("gone.bin", None, errors.FileMissing, "does not exist: write it"),
    ],
)
def test_what_is_no_image_is_refused(
    tmp_path: Path, name: str, content: bytes | None, error: type[errors.HardwareError], said: str
) -> None:
    (tmp_path / "folder").mkdir()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error) as refused:
        check_image(profile.load("pico2_w"), tmp_path / name)
    assert said in str(refused.value)


def test_a_board_without_image_or_of_no_such_name_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.bin").write_bytes(b"1")
    assert command.main(["image", "simulated", str(tmp_path / "a.bin")]) == 1
    assert command.main(["image", "pico3", str(tmp_path / "a.bin")]) == 1
    said = capsys.readouterr().err
    assert "simulated has no region for an image: give its profile flash.regions.loader or code." in said
    assert "There is no board 'pico3': use one of esp32_s3, pico2_w, pico_w, simulated, simulated_element." in said
    for arguments in (["image"], ["image", "pico2_w"], ["boards", "pico2_w"], ["check", "pico2_w", "x"]):
        with pytest.raises(SystemExit) as ended:
            command.main(arguments)
        assert ended.value.code == 2


@pytest.mark.parametrize(("end", "fits"), [(0x10120000, True), (0x10120001, False), (None, True)])
def test_the_linker_holds_the_image_within_its_region(tmp_path: Path, end: int | None, fits: bool) -> None:
    """By the script that is made for it, with any GNU linker: boot stages have no such symbol and pass."""
    if not (servers.program("as") and servers.program("ld")):
        servers.missing("GNU assembler and linker", "binutils")
    (tmp_path / "empty.s").write_text("")
    subprocess.run(["as", "-o", "empty.o", "empty.s"], cwd=tmp_path, check=True)
    symbol = [] if end is None else [f"--defsym=__flash_binary_end={end}"]
    script = str(BOARDS / "pico2_w" / "image.ld")
    done = subprocess.run(
        ["ld", *symbol, "-e", "0", "-o", "out", "empty.o", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode == 0) is fits, done.stderr
    assert fits or "the image ends beyond its region" in done.stderr


def test_no_host_can_start_the_download_mode_of_the_esp32() -> None:
    made = files("esp32_s3")
    closed = made["closed.h"]
    for macro in ("MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER", "MICROPY_HW_USB_CDC_1200BPS_TOUCH"):
        after = closed.index('#include "mpconfigport.h"')
        assert closed.index(f"#undef {macro}") > after
        assert f"#define {macro} (0)\n" in closed
    assert 'MP_CONFIGFILE=\\"${MICROPY_BOARD_DIR}/closed.h\\"' in made["mpconfigboard.cmake"]
    for line in ("SECURE_BOOT_V2_ENABLED=y", "SECURE_FLASH_ENCRYPTION_MODE_RELEASE=y", "SECURE_DISABLE_ROM_DL_MODE=y"):
        assert f"CONFIG_{line}\n" in made["sdkconfig.board"]
    assert "files, data, undefined, 0x260000, 0x40000, encrypted\n" in made["partitions.csv"]


def test_the_storage_of_the_linker_is_that_of_the_flash_map() -> None:
    for name, image_end in (("pico2_w", 0x10120000), ("pico_w", 0x1012C000)):
        board, made = profile.load(name), files(name)
        assert f"MICROPY_HW_FLASH_STORAGE_BYTES ({board.flash.storage[1]})" in made["mpconfigboard.h"]
        assert f"set(MICROPY_HW_FLASH_STORAGE_BYTES {board.flash.storage[1]})" in made["mpconfigboard.cmake"]
        assert f"__flash_binary_end <= 0x{image_end:08X} : 1," in made["image.ld"]
        assert "MICROPY_HW_ROMFS_BYTES (0)" in made["mpconfigboard.h"]


def test_the_fuses_end_with_what_burning_itself_needs() -> None:
    names = [fuse.name for fuse in closings()["esp32_s3"].fuses]
    assert names[-1] == "DIS_DOWNLOAD_MODE"
    assert names.index("SPI_BOOT_CRYPT_CNT = 7") < names.index("SECURE_BOOT_EN")
    assert closings()["rp2350"].fuses[-1].name.startswith("PAGE1_LOCK0")
    assert "Four teams" in closings()["rp2350"].limits


@pytest.mark.parametrize("chip", ["esp32_s3", "rp2350"])
def test_a_port_that_no_fuse_closes_is_found(chip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = {"esp32_s3": "esp32_s3", "rp2350": "pico2_w"}[chip]
    text = (BOARDS / f"{name}.toml").read_text()
    whole = closings()[chip]
    ports = chips().microcontrollers[chip].ports
    assert len(ports) > 5
    for fuse in ports.values():
        left = tuple(each for each in whole.fuses if fuse not in re.findall(r"\w+", each.name))
        monkeypatch.setitem(closings(), chip, whole.model_copy(update={"fuses": left}))
        with pytest.raises(
            errors.FileRefused, match=rf"stays open, as closing\.toml does not burn {fuse}: add it there"
        ):
            profile.parse(name, text)


def test_a_configuration_that_somebody_has_changed_fails_the_check(tmp_path: Path) -> None:
    hardware = tmp_path / "hardware"
    shutil.copytree(ROOT / "hardware", hardware, ignore=shutil.ignore_patterns("__pycache__"))
    path = hardware / "boards" / "esp32_s3" / "closed.h"
    path.write_text(path.read_text().replace("DTR_RTS_BOOTLOADER (0)", "DTR_RTS_BOOTLOADER (1)"))
    (hardware / "boards" / "pico_w" / "image.ld").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "steelyard_hardware"],
        env={**os.environ, "PYTHONPATH": str(hardware)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "esp32_s3: hardware/boards/esp32_s3/closed.h is not what the profile says: run `make boards`\n"
        "pico_w: hardware/boards/pico_w/image.ld is not what the profile says: run `make boards`\n"
    )


def test_the_agent_reads_every_fuse_of_the_board_that_it_can() -> None:
    assert "FUSES = ((0x40120148, 0x00000075),)" in files("pico2_w")["board.py"]
    assert "(0x6000703C, 0x80000013))" in files("esp32_s3")["board.py"]
    assert "FUSES = ()" in files("pico_w")["board.py"]

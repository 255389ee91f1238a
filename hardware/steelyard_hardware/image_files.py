"""The configuration of a board's image, from `boards/NAME.toml`: a board of MicroPython for `BOARD_DIR=boards/NAME`.

It builds on MicroPython's own board for the same module and says only what differs.
"""

from __future__ import annotations

from steelyard_hardware.chips import chips
from steelyard_hardware.flash import Image, image_region
from steelyard_hardware.schema import Profile

_MADE = "Made from hardware/boards/{name}.toml by `make boards`."
_XIP = 0x10000000
_RP2_BOARDS = {"rp2350": "RPI_PICO2_W", "rp2040": "RPI_PICO_W"}
_ESP32_BOARDS = {"esp32_s3": "ESP32_GENERIC_S3"}
_PARTITION_TYPES = {"loader": ("app", "factory"), "code": ("app", "factory")}
# Before the first app: the table itself takes 0x1000 at 0x10000, the boot loader what is before it.
_ESP32_TABLE = 0x10000
_ESP32_OWN = (
    ("nvs", "data", "nvs", 0x11000, 0x6000, ""),
    ("nvs_keys", "data", "nvs_keys", 0x17000, 0x1000, "encrypted"),
    ("phy_init", "data", "phy", 0x18000, 0x1000, ""),
)


def image_files(profile: Profile) -> dict[str, str]:
    """Return by name the text of each file of the image's configuration; none where the profile has no image."""
    image = profile.image
    if image is None:
        return {}
    made = {"manifest.py": _manifest(profile), "build.txt": _build(profile, image)}
    if chips().microcontrollers[profile.chip].port == "rp2":
        return {**made, **_rp2(profile, image)}
    return {**made, **_esp32(profile)}


def _manifest(profile: Profile) -> str:
    return f'''"""What is frozen into the image of {profile.name}. {_MADE.format(name=profile.name)}"""

# ruff: noqa: F821 - these names are those of MicroPython's manifest tool

include("$(BOARD_DIR)/../../../firmware/manifest.py", board="{profile.name}")
'''


def _build(profile: Profile, image: Image) -> str:
    port = chips().microcontrollers[profile.chip].port
    name, _, room = image_region(profile.flash) or ("none", 0, 0)
    made = {"rp2": "firmware.uf2", "esp32": "micropython.bin"}[port]
    versions = sorted({"micropython": image.micropython, **image.tools}.items())
    folder = f"hardware/boards/{profile.name}"
    return "\n".join(
        [
            _MADE.format(name=profile.name),
            "NOT BUILT HERE: the project's machines lack the tools. Whoever builds first writes its size into [image].",
            "",
            *(f"    {tool} {version}" for tool, version in versions),
            "",
            f"    make -C micropython/ports/{port} submodules",
            f"    make -C micropython/ports/{port} BOARD_DIR=$PWD/{folder} BUILD=$PWD/build/image",
            f"    PYTHONPATH=hardware python -m steelyard_hardware image {profile.name} build/image/{made}",
            "",
            f"The image may have {room} bytes, the region {name}; reckoned are {image.bytes} ({image.source}).",
            "",
        ]
    )


def _rp2(profile: Profile, image: Image) -> dict[str, str]:
    base, made = _RP2_BOARDS[profile.chip], _MADE.format(name=profile.name)
    storage = profile.flash.storage[1]
    _, offset, length = image_region(profile.flash) or ("none", 0, profile.flash.storage[0])
    header = f'''// {made}
#include "boards/{base}/mpconfigboard.h"

#undef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "{profile.hardware}"
#undef MICROPY_HW_FLASH_STORAGE_BYTES
#define MICROPY_HW_FLASH_STORAGE_BYTES ({storage})
// A ROMFS would lie at the end of the code, where the slots are.
#undef MICROPY_HW_ROMFS_BYTES
#define MICROPY_HW_ROMFS_BYTES ({image.romfs_bytes})
// The console's bytes come by USB alone, and nothing that a host does there starts the boot loader.
#undef MICROPY_HW_ENABLE_UART_REPL
#define MICROPY_HW_ENABLE_UART_REPL (0)
#undef MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER
#define MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER (0)
#undef MICROPY_HW_USB_CDC_1200BPS_TOUCH
#define MICROPY_HW_USB_CDC_1200BPS_TOUCH (0)
'''
    cmake = f"""# {made}
set(MICROPY_HW_FLASH_STORAGE_BYTES {storage})
include(${{MICROPY_PORT_DIR}}/boards/{base}/mpconfigboard.cmake)
set(MICROPY_PY_BLUETOOTH OFF)
set(MICROPY_BLUETOOTH_BTSTACK OFF)
set(MICROPY_PY_BLUETOOTH_CYW43 OFF)
set(MICROPY_FROZEN_MANIFEST ${{MICROPY_BOARD_DIR}}/manifest.py)
# The linker itself refuses an image that reaches into what comes after its region.
add_link_options(${{MICROPY_BOARD_DIR}}/image.ld)
"""
    limit = _XIP + offset + length
    linker = f"""/* {made} */
ASSERT(DEFINED(__flash_binary_end) ? __flash_binary_end <= 0x{limit:08X} : 1,
       "the image ends beyond its region: see [flash.regions] in hardware/boards/{profile.name}.toml")
"""
    return {"mpconfigboard.h": header, "mpconfigboard.cmake": cmake, "image.ld": linker}


def _esp32(profile: Profile) -> dict[str, str]:
    base, made = _ESP32_BOARDS[profile.chip], _MADE.format(name=profile.name)
    header = f'''// {made}
#include "boards/{base}/mpconfigboard.h"

#undef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "{profile.hardware}"
#undef MICROPY_HW_ENABLE_UART_REPL
#define MICROPY_HW_ENABLE_UART_REPL (0)
'''
    closed = f"""// {made}
// Stands for mpconfigport.h (MP_CONFIGFILE), as that sets these after the board's own header has been read: with them a
// host may start the ROM's download mode by the two control lines of USB, without a seal broken.
#include "mpconfigport.h"

#undef MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER
#define MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER (0)
#undef MICROPY_HW_USB_CDC_1200BPS_TOUCH
#define MICROPY_HW_USB_CDC_1200BPS_TOUCH (0)
"""
    cmake = f"""# {made}
include(${{MICROPY_PORT_DIR}}/boards/{base}/mpconfigboard.cmake)
set(MICROPY_FROZEN_MANIFEST ${{MICROPY_BOARD_DIR}}/manifest.py)
list(APPEND MICROPY_DEF_BOARD "MP_CONFIGFILE=\\"${{MICROPY_BOARD_DIR}}/closed.h\\"")
file(WRITE ${{CMAKE_BINARY_DIR}}/sdkconfig.partitions
     "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\\"${{MICROPY_BOARD_DIR}}/partitions.csv\\"\\n")
list(APPEND SDKCONFIG_DEFAULTS ${{MICROPY_BOARD_DIR}}/sdkconfig.board ${{CMAKE_BINARY_DIR}}/sdkconfig.partitions)
"""
    return {
        "mpconfigboard.h": header,
        "closed.h": closed,
        "mpconfigboard.cmake": cmake,
        "sdkconfig.board": _sdkconfig(profile),
        "partitions.csv": partitions(profile),
    }


def _sdkconfig(profile: Profile) -> str:
    megabytes = profile.flash.chip_bytes >> 20
    return f"""# {_MADE.format(name=profile.name)}
CONFIG_ESPTOOLPY_FLASHSIZE_{megabytes}MB=y
CONFIG_PARTITION_TABLE_CUSTOM=y
CONFIG_PARTITION_TABLE_OFFSET=0x{_ESP32_TABLE:X}
CONFIG_BT_ENABLED=n
CONFIG_ESP_CONSOLE_SECONDARY_NONE=y
CONFIG_BOOTLOADER_LOG_LEVEL_NONE=y
# Signed and encrypted by the factory's host, with keys that are on no scale's boot loader.
CONFIG_SECURE_BOOT=y
CONFIG_SECURE_BOOT_V2_ENABLED=y
CONFIG_SECURE_BOOT_BUILD_SIGNED_BINARIES=n
CONFIG_SECURE_FLASH_ENC_ENABLED=y
CONFIG_SECURE_FLASH_ENCRYPTION_MODE_RELEASE=y
CONFIG_SECURE_DISABLE_ROM_DL_MODE=y
CONFIG_SECURE_BOOT_ALLOW_JTAG=n
"""


def partitions(profile: Profile) -> str:
    """Return the partition table of an ESP32 board (CSV of ESP-IDF's gen_esp32part); the files hold the key."""
    rows = list(_ESP32_OWN)
    for name, (offset, length) in sorted(profile.flash.regions.items(), key=lambda item: item[1]):
        kind, subtype = _PARTITION_TYPES.get(name, ("data", "undefined"))
        rows.append((name, kind, subtype, offset, length, "encrypted" if name == "files" else ""))
    lines = [
        ", ".join([name, kind, subtype, f"0x{offset:X}", f"0x{length:X}", *([flag] if flag else [])])
        for name, kind, subtype, offset, length, flag in rows
    ]
    return "\n".join([f"# {_MADE.format(name=profile.name)}", *lines, ""])

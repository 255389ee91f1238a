"""Builds MicroPython with the agent frozen in for the emulated board, from Debian's source package of MicroPython.

Nothing on the system is changed: the package is fetched by apt from where this machine gets Debian, with a sources list
and folders of its own under build/mcu. MICROPYTHON_SOURCE names an unpacked source tree that is taken instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from apt_source import debian_source

ROOT = Path(__file__).resolve().parents[3]
BOARD = ROOT / "hardware" / "boards" / "mps2_an385"
WORK = ROOT / "build" / "mcu"
SUITES = ("sid", "trixie")
VERSIONS = ("1.26.1+ds-1", "1.25.0+ds-1")  # the first that is still to be had
# Program that must be there, and the Debian package that brings it.
TOOLS = {
    "make": "make",
    "gcc": "gcc",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "arm-none-eabi-nm": "binutils-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
    "mosquitto": "mosquitto",
}
# What every reading and every statement goes through: worth native code on a board that has the flash for it.
NATIVE = ("chips/converter", "chips/hx711", "weighing/core", "weighing/filtering", "weighing/weight")
LIBC = "libnewlib-arm-none-eabi"
ELSEWHERE = "unpack MicroPython's sources yourself and set MICROPYTHON_SOURCE to their folder"


class Missing(Exception):
    """Something that only this bench needs is not there; the text says how to get it."""


@dataclass(frozen=True)
class Image:
    """A built image, and the names and versions of what made it."""

    firmware: Path
    versions: dict[str, str]


def build(*, native: bool) -> Image:
    """Return the image of the firmware as it is now; with `native`, the modules of NATIVE are machine code.

    What was built before is built anew only where its sources have changed. Raises Missing, or CalledProcessError with
    the compiler's words.
    """
    check_tools()
    source, version = find_source()
    jobs = f"-j{os.cpu_count() or 1}"
    run(["make", "-C", str(source / "mpy-cross"), jobs])
    output = WORK / f"image-{version}{'-native' if native else ''}"
    # A module that no longer exists must not stay frozen, and make does not see that one is gone.
    (output / "frozen_content.c").unlink(missing_ok=True)
    run(
        [
            *("make", "-C", str(source / "ports" / "qemu"), jobs),
            *(f"BOARD={BOARD.name}", f"BOARD_DIR={BOARD}", f"BUILD={output}"),
            f"FROZEN_MANIFEST={BOARD / 'manifest.py'}",
        ],
        {"STEELYARD_NATIVE": str(compile_natively(source)) if native else ""},
    )
    versions = {
        "MicroPython": version,
        "compiler": first_line(["arm-none-eabi-gcc", "--version"]),
        "emulator": first_line(["qemu-system-arm", "--version"]),
    }
    return Image(output / "firmware.elf", versions)


def compile_natively(source: Path) -> Path:
    """Compile the modules of NATIVE to machine code; return the folder in which they are."""
    folder = WORK / "native"
    for name in NATIVE:
        module = f"agent/{name}.py"
        (folder / module).parent.mkdir(parents=True, exist_ok=True)
        options = ["-march=armv7m", "-X", "emit=native", "-s", module, "-o", str(folder / f"agent/{name}.mpy")]
        run([str(source / "mpy-cross" / "build" / "mpy-cross"), *options, str(ROOT / "firmware" / module)])
    return folder


def check_tools() -> None:
    """Raise Missing if a tool or the C library's headers are not installed."""
    packages = [package for program, package in TOOLS.items() if not find_program(program)]
    if shutil.which("arm-none-eabi-gcc"):
        header = subprocess.run(
            ["arm-none-eabi-gcc", "-E", "-x", "c", "-"], input=b"#include <string.h>\n", capture_output=True
        )
        if header.returncode:
            packages.append(LIBC)
    elif packages:
        packages.append(LIBC)
    if packages:
        raise Missing(f"not installed: {', '.join(packages)}. On Debian: apt-get install {' '.join(packages)}")


def find_program(name: str) -> str | None:
    """Return the path of a program; daemons lie in sbin, which is not on every user's PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def find_source() -> tuple[Path, str]:
    """Return the unpacked sources and their version; fetch and unpack them the first time."""
    if given := os.environ.get("MICROPYTHON_SOURCE"):
        source = Path(given)
        if not (source / "ports" / "qemu").is_dir():
            raise Missing(f"MICROPYTHON_SOURCE={given} has no folder ports/qemu")
        return source, source.name
    for version in VERSIONS:
        if (source := unpacked(version)).is_dir():
            return source, version
    for version in VERSIONS:
        if fetch(version):
            return unpacked(version), version
    raise Missing(
        f"MicroPython's source package ({' or '.join(VERSIONS)}) could not be fetched from Debian: see {WORK / 'log'};"
        f" or {ELSEWHERE}"
    )


def unpacked(version: str) -> Path:
    """Where the sources of a version are, once they are."""
    return WORK / f"source-{version}"


def fetch(version: str) -> bool:
    """Download one version's source package and unpack it; False if Debian no longer has it."""
    if not shutil.which("apt-get"):
        raise Missing(f"apt-get: {ELSEWHERE}")
    debian = debian_source()
    if debian is None:
        raise Missing(f"a source of Debian in /etc/apt/sources.list or /etc/apt/sources.list.d: {ELSEWHERE}")
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (WORK / "apt" / folder).mkdir(parents=True, exist_ok=True)
    sources = WORK / "apt" / "debian.sources"
    sources.write_text(debian.stanza(SUITES))
    settings = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "-",
        "Dir::State": WORK / "apt" / "state",
        "Dir::Cache": WORK / "apt" / "cache",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
    }
    apt = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in settings.items())]
    try:
        run([*apt, "update"])
        run([*apt, "source", "--download-only", f"micropython={version}"], cwd=WORK / "apt")
    except subprocess.CalledProcessError:
        return False
    archive = WORK / "apt" / f"micropython_{version.rpartition('-')[0]}.orig.tar.xz"
    folder = WORK / "apt" / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as package:
        package.extractall(folder, filter="data")
    next(folder.iterdir()).rename(unpacked(version))
    return True


def run(command: list[str], environment: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run a command, its words going to build/mcu/log; if it fails raise CalledProcessError with the last of them."""
    WORK.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with (WORK / "log").open("a") as log:
        log.write(f"$ {' '.join(command)}\n{done.stdout}")
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout[-4000:])


def first_line(command: list[str]) -> str:
    """Return what a program says of its version."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[0]

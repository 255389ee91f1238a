"""What of the firmware is legally relevant: all that can influence a measurement. A file's place alone decides.

Outside is what only carries signed statements (transport, network) and what only reads and words lines (console,
commands): it changes something through the scale alone, where sessions, permits and ranges are. Everything else counts,
the scripts that start the agent and the board's profile too; of the drivers those that the profile names. A file with
nothing but a docstring is no code. This module runs on the scale and, for an evaluator, on a PC.
"""

import hashlib
import os

# Files and folders of the agent that do not count. A new one counts until somebody says otherwise here.
OUTSIDE = ("agent/transport", "agent/port/network", "agent/console", "agent/commands")
# What counts beside the agent: what MicroPython runs before it, tables that a slot need not bring, and the profile.
STARTS = ("_boot", "boot", "loader", "main", "p256_tables")
BOARD = "board"
DRIVERS = "agent/chips/"
# Modules of that folder that are no chip's driver, but every board's.
SHARED = ("converter", "fitted")

_CODE = (".py", ".mpy")
_DIRECTORY = 0x4000
_PIECE_BYTES = 512
_QUOTES = b'"""'


def is_relevant(module, chips):
    """Whether a module (`agent/weighing/core`, `main`, `board`) counts on a board that has these `chips`."""
    if not module.startswith("agent/"):
        return module == BOARD or module in STARTS
    if module.startswith(DRIVERS):
        driver = module[len(DRIVERS) :]
        return driver in SHARED or driver in chips
    for place in OUTSIDE:
        if module == place or module.startswith(place + "/"):
            return False
    return True


def relevant_files(root, profile, chips):
    """Return sorted (module, path) of the code that counts: of the folder `root`, empty or with a slash at its end, and
    the board's `profile`; on a board that has these `chips`."""
    found = [(BOARD, profile)] + start_files(root) + _files(root + "agent", "agent/")
    return sorted([(module, path) for module, path in found if is_relevant(module, chips) and not _is_empty(path)])


def start_files(root):
    """Return sorted (module, path) of what runs before the agent: it stays when a slot is updated."""
    found = []
    for module in STARTS:
        path = root + module + ".py"
        try:
            os.stat(path)
        except OSError:
            continue  # an image has it frozen, a port starts without it: then there is nothing of it that runs
        if not _is_empty(path):
            found.append((module, path))
    return found


def code_hash(files):
    """Return the 32-byte hash over names and contents of the (module, path) in `files`."""
    total = hashlib.sha256()
    for module, path in files:
        content = hashlib.sha256()
        with open(path, "rb") as file:
            while True:
                piece = file.read(_PIECE_BYTES)
                if not piece:
                    break
                content.update(piece)
        total.update(module.encode() + b"\0" + content.digest())
    return total.digest()


def is_empty(source):
    """Whether source code, bytes, has nothing but a docstring."""
    text = source.strip()
    return not text or (text.startswith(_QUOTES) and text.find(_QUOTES, 3) == len(text) - 3)


def _is_empty(path):
    with open(path, "rb") as file:
        source = file.read(_PIECE_BYTES)
        return not file.read(1) and is_empty(source)


def _files(folder, prefix):
    found = []
    for name in os.listdir(folder):
        path = folder + "/" + name
        if os.stat(path)[0] & _DIRECTORY:
            if not name.startswith("__"):
                found += _files(path, prefix + name + "/")
        elif name.endswith(_CODE[0]) or name.endswith(_CODE[1]):
            found.append((prefix + name.rsplit(".", 1)[0], path))
    return found

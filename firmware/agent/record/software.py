"""Software identification: name, version, and a hash over the legally relevant code as it lies in the package.

Everything in the package counts except what is listed as not relevant, so that a new module is relevant until somebody
says otherwise. The hash is over sorted names and contents only: code that moves into a ROMFS slot keeps it.
"""

import hashlib
import os

NAME = "steelyard"
VERSION = "0.1.0"

# The transport: it carries statements that are signed already, and nothing that it receives is believed unverified.
NOT_RELEVANT = ("transport/mqtt", "transport/uplink", "port/network")

_CODE = (".py", ".mpy")
_DIRECTORY = 0x4000
_PIECE_BYTES = 512


def identification():
    """Return (name, version, 32-byte hash). Reads every module once, so it is worth keeping.

    Code that is frozen into the image has no files: there the hash was made with it (firmware/scripts/code_hash.py).
    """
    try:
        from code_hash import HASH  # type: ignore[import-not-found]  # only in an image

        return NAME, VERSION, HASH
    except ImportError:
        return NAME, VERSION, _hash_of_files()


def _hash_of_files():
    folder = __file__.rsplit("/", 2)[0]
    total = hashlib.sha256()
    for module, path in sorted(_modules(folder, "")):
        content = hashlib.sha256()
        with open(path, "rb") as file:
            while True:
                piece = file.read(_PIECE_BYTES)
                if not piece:
                    break
                content.update(piece)
        total.update(module.encode() + b"\0" + content.digest())
    return total.digest()


def _modules(folder, prefix):
    """Return (name with slashes, path) of the legally relevant modules under `folder`."""
    found = []
    for name, kind in [entry[:2] for entry in os.ilistdir(folder)]:
        path = folder + "/" + name
        if kind == _DIRECTORY:
            if not name.startswith("__"):
                found += _modules(path, prefix + name + "/")
        elif name.endswith(_CODE):
            module = prefix + name.rsplit(".", 1)[0]
            if module not in NOT_RELEVANT:
                found.append((module, path))
    return found

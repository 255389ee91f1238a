"""Software identification: name, version, and a hash over the legally relevant code (`agent.record.relevance`)."""

import hashlib

from micropython import const

from agent.loaded import Held

NAME = "steelyard"
VERSION = "0.1.0"
NUMBER = const(1)
"""Counts up with every release: a scale takes no software whose number is not above that of its own."""

_PLACE = "agent/record/software"
_RELEVANCE = (("agent.record", "relevance"),)  # takes heap at the start only


def slot():
    """Return the name of the slot that this code runs from; None where it was flashed with the loader."""
    root = __file__[: __file__.rfind(_PLACE)]
    return root[1:-1] if root in ("/code_a/", "/code_b/") else None


def identification(board):
    """Return (name, version, 32-byte hash) on a board with the profile `board`, a module. Worth keeping.

    Code that is frozen into the image has no files: there the hash was made with it (firmware/scripts/code_hash.py). Of
    a slot it is the hash over two: that of the loader, and that of the slot's relevant code.
    """
    try:
        import code_hash  # type: ignore[import-not-found]  # only in an image
    except ImportError:
        code_hash = None
    if code_hash and not slot():
        return NAME, VERSION, code_hash.HASH
    with Held(_RELEVANCE):
        from agent.record import relevance

        root = __file__[: __file__.rfind(_PLACE)]
        own = relevance.code_hash(relevance.relevant_files(root, board.__file__, (board.ADC,) + board.CHIPS))
        if not slot():
            return NAME, VERSION, own
        return NAME, VERSION, hashlib.sha256((code_hash.LOADER if code_hash else _loader(relevance)) + own).digest()


def _loader(relevance):
    """The hash over the files that started the slot."""
    import sys

    import loader

    del sys.modules["loader"]
    return relevance.code_hash(relevance.start_files(loader.__file__[: -len("loader.py")]))

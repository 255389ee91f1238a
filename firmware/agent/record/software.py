"""Software identification: name, version, and a hash over the legally relevant code (`agent.record.relevance`)."""

NAME = "steelyard"
VERSION = "0.1.0"


def identification(board):
    """Return (name, version, 32-byte hash) on a board with the profile `board`, a module. Worth keeping.

    Code that is frozen into the image has no files: there the hash was made with it (firmware/scripts/code_hash.py).
    """
    try:
        from code_hash import HASH  # type: ignore[import-not-found]  # only in an image

        return NAME, VERSION, HASH
    except ImportError:
        from agent.record import relevance

        root = __file__[: -len("agent/record/software.py")]
        files = relevance.relevant_files(root, board.__file__, (board.ADC,) + board.CHIPS)
        return NAME, VERSION, relevance.code_hash(files)

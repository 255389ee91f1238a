"""The `steelyard` command within the test's own process: the same edge, root and parts as when it is installed."""

import contextlib
import io
from importlib.metadata import entry_points
from typing import NamedTuple

from steelyard_gateway import command, edge


class Ended(NamedTuple):
    """What a command left."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """All that it said."""
        return self.stdout + self.stderr


def steelyard(*words: str, encoding: str = "utf-8") -> Ended:
    """Run `steelyard WORDS` at a terminal of that encoding that is none: its output goes into a pipe."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        code = edge.run(words, lambda: command.root(words, entry_points(group=command.GROUP)))
    out, err = (stream.buffer.getvalue().decode(encoding) for stream in streams)  # type: ignore[attr-defined]
    return Ended(code, out, err)

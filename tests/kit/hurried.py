"""The `steelyard` command with shorter periods: the tests' scales start, answer and adjust sooner than real ones.

`hurried(monkeypatch.setattr)` shortens them in this process; run as a program, this is the command itself.
"""

from collections.abc import Callable

from steelyard_gateway.command import main
from steelyard_gateway.scale import outcome
from steelyard_gateway.serial import console, exchange


def hurried(put: Callable[[object, str, float], None], *, start_s: float = 6.0, silence_s: float = 0.8) -> None:
    """Put the periods in: of a start and of the longest command, and of a silence that means that nothing comes."""
    for module, name, seconds in (
        (console, "START_S", start_s),
        (outcome, "START_S", start_s),
        (outcome, "LONGEST_S", start_s),
        (exchange, "SILENCE_S", silence_s),
    ):
        put(module, name, seconds)


if __name__ == "__main__":
    hurried(setattr)
    main()

"""The two scripts that MicroPython runs at start: on a sealed scale they leave nobody at its prompt."""

from __future__ import annotations

import pytest
from kit.micropython import FIRMWARE, MicroPython

# As MicroPython's `pyexec` does: Ctrl-C is listened to when a script begins, and no longer when it has ended.
SOURCE = """
import sys

class Module:
    pass

log = []
board, machine, micropython, time, loader, app = [Module() for _ in range(6)]
loader.run = lambda: None
board.REPL = {repl}
machine.reset = lambda: log.append("reset")
micropython.kbd_intr = lambda character: log.append("Ctrl-C off" if character == -1 else "Ctrl-C on")
micropython.const = lambda value: value
time.sleep = lambda seconds: log.append("waits")

def main():
    log.append("runs")
    {does}

app.main = main
sys.modules.update({{"board": board, "machine": machine, "micropython": micropython, "time": time}})
sys.modules["loader"] = loader
sys.modules["agent"] = Module()
if {whole}:
    sys.modules["agent.app"] = app
for script in ("boot.py", "main.py"):
    log.append(script)
    with open({folder!r} + "/" + script) as file:
        try:
            exec(file.read(), {{}})
        except BaseException as error:
            log.append("prompt after " + type(error).__name__)
print(log)
"""


def log(micropython: MicroPython, does: str, repl: bool = False, whole: bool = True) -> list[str]:
    """What the scripts did from main.py on."""
    source = SOURCE.format(does=does, repl=repl, whole=whole, folder=str(FIRMWARE))
    found: list[str] = eval(micropython(source).stdout.splitlines()[-1])
    return found[found.index("main.py") + 1 :]


@pytest.mark.parametrize(
    "does", ["raise KeyboardInterrupt", "raise MemoryError", "raise ImportError('agent')", "return"]
)
def test_sealed_scale_has_no_way_to_the_prompt(micropython: MicroPython, does: str) -> None:
    failed = [] if does == "return" else ["waits"]
    assert log(micropython, does) == ["Ctrl-C off", "runs", *failed, "reset"]


def test_sealed_scale_whose_program_does_not_load_restarts(micropython: MicroPython) -> None:
    assert log(micropython, "return", whole=False) == ["Ctrl-C off", "waits", "reset"]


def test_development_board_gives_the_prompt(micropython: MicroPython) -> None:
    assert log(micropython, "return", repl=True) == ["runs"]
    assert log(micropython, "raise KeyboardInterrupt", repl=True) == ["runs", "prompt after KeyboardInterrupt"]

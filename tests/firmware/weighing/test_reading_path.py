"""What every reading of the converter passes leaves the heap alone, frames of calls included."""

from __future__ import annotations

import re
import subprocess

import pytest
from kit.micropython import FIRMWARE, MicroPython

# Beyond so many words of local variables and stack, MicroPython takes a call's frame from the heap: it searches that
# for room at every call, and the more so the fuller it is (VM_MAX_STATE_ON_STACK in py/objfun.c).
MOST_WORDS = 11
PASSED = {
    "chips/converter": {"_sound"},
    "chips/hx711": {"_take", "_sound"},
    "chips/ads1232": {"_take"},
    "chips/nau7802": {"_take"},
    "weighing/core": {"step", "_track_zero", "fresh", "indication", "of"},
    "weighing/weight": {"gross"},
}


@pytest.mark.parametrize("module", PASSED)
def test_calls_have_room_for_their_frames_on_the_stack(micropython: MicroPython, module: str) -> None:
    path = FIRMWARE / "agent" / f"{module}.py"
    command = [micropython.executable, "-v", "-v", "-v", "-X", "compile-only", str(path)]
    listing = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    words: dict[str, int] = {}
    for name, needed in re.findall(r"code block '([^']*)'.*?\(N_STATE (\d+)\)", listing, re.DOTALL):
        words[name] = max(words.get(name, 0), int(needed))
    assert PASSED[module] <= words.keys()
    assert {name: words[name] for name in PASSED[module] if words[name] > MOST_WORDS} == {}

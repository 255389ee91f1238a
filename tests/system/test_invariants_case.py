"""Invariant 10 at a real agent: opening the case locks it, also when it is off; only a code or a permit opens it again.

A repair permit opens one session for case and adjustment, of which every opening is still stated. It ends by command,
after 8 h, or with the power; what is open then is locked.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from kit.glass import Glass
from kit.micropython import FIRMWARE
from kit.platform_side import Key, Platform
from kit.repair import (
    closed,
    events,
    kid_of,
    locked,
    opened,
    permit,
    repair_permit,
    repairing,
    scale_on_record,
    unlock_permit,
)
from steelyard_protocol.downlink import PermitFor
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.events import EventKind
from steelyard_simulator.scale import SimulatedScale

Simulate = Callable[..., SimulatedScale]
PLATFORM = Platform()
EIGHT_HOURS = "const(28800000)"
BY_PERMIT = 1
BY_COMMAND, BY_TIME_OUT = 2, 3


@pytest.fixture
def scale(simulate: Simulate) -> SimulatedScale:
    """An enrolled scale that computes prices."""
    return scale_on_record(simulate, PLATFORM)


def power_cycle(scale: SimulatedScale, while_off: Callable[[], None] = lambda: None) -> None:
    scale.power_off()
    while_off()
    scale.power_on()
    scale.advance(8)


# ---- without a permit ------------------------------------------------------------------------------------------------


def test_opening_locks_also_while_the_scale_is_off(simulate: Simulate) -> None:
    scale = scale_on_record(simulate, PLATFORM, rtc_battery=True)
    power_cycle(scale)  # the battery is seen to hold

    def open_and_close() -> None:
        scale.rest(60)
        scale.open_case()
        scale.rest(60)
        scale.close_case()

    power_cycle(scale, open_and_close)
    assert locked(scale)
    assert {EventKind.CASE_OPENED, EventKind.LOCKED} <= {kind for kind, _ in events(scale)}


def test_nothing_but_a_code_or_a_permit_unlocks(scale: SimulatedScale) -> None:
    opened(scale)
    closed(scale)
    for command in ("adjust close", "repair close", "repair open", "repair", "zero", "tare clear", "time 1800000000"):
        scale.console(command)
        assert locked(scale), command
    for keys in ("P5+", "CP6+", "CCC", "Z", "T", "12P", "P512345678+", "C#=R-+"):
        scale.type(keys)
        scale.advance(1)
        assert locked(scale), keys
    scale.adjustment_switch(True)
    scale.advance(1)
    assert scale.console_json("adjust zero")["error"] == "locked"
    power_cycle(scale)
    assert locked(scale)


# ---- under a permit --------------------------------------------------------------------------------------------------


def test_a_repair_is_one_session_for_case_and_adjustment(scale: SimulatedScale) -> None:
    answer = scale.console_json(f"repair open {repair_permit(PLATFORM, scale)}")
    assert answer["repair"]
    assert answer["minutes_left"] >= 479
    opened(scale)
    assert not locked(scale)
    closed(scale)
    opened(scale)
    scale.adjustment_switch(True)
    scale.place(10.0)
    scale.advance(5)
    assert scale.console_json("adjust span 10.01 kg")["calibration_counter"] == 1
    assert "error" not in scale.console_json("adjust set gravity_use_um_s2 9799000"), (
        "no field is named, all may change"
    )
    assert scale.console_json("parameters")["calibration_counter"] == 1, "once a session"
    scale.adjustment_switch(False)
    closed(scale)
    assert repairing(scale), "the switch does not end it"
    assert scale.console_json("adjust set gravity_use_um_s2 9798000")["error"] == "switch-off"
    assert not scale.console_json("repair close")["repair"]
    assert not locked(scale)
    kinds = [kind for kind, _ in events(scale)]
    stated = (EventKind.SESSION_OPENED, EventKind.CASE_OPENED, EventKind.LOCKED, EventKind.SESSION_CLOSED)
    assert [kind for kind in kinds if kind in stated] == [stated[0], stated[1], stated[1], stated[3]]
    assert (EventKind.SESSION_CLOSED, (BY_COMMAND,)) in events(scale)


def test_a_locked_scale_opens_by_a_permit_that_answers_its_lock(scale: SimulatedScale) -> None:
    opened(scale)
    number = scale.console_json("repair")["locked_at"]
    assert number
    for locked_at in (None, number - 1):
        answer = scale.console_json(f"repair open {repair_permit(PLATFORM, scale, 1, locked_at=locked_at)}")
        assert answer["error"] == "permit-refused", locked_at
        assert locked(scale)
    assert scale.console_json(f"repair open {repair_permit(PLATFORM, scale, 2, locked_at=number)}")["repair"]
    assert not locked(scale)
    assert (EventKind.UNLOCKED, (BY_PERMIT, 2)) in events(scale)
    closed(scale)
    scale.console("repair close")
    assert not locked(scale)
    opened(scale)
    assert locked(scale), "the next opening is of no repair"


@pytest.mark.parametrize("command", ["unlock", "adjust permit"])
def test_a_permit_to_unlock_opens_the_lock_that_it_answers_and_no_other(scale: SimulatedScale, command: str) -> None:
    assert scale.console_json(f"{command} {unlock_permit(PLATFORM, scale)}")["error"] == "message-refused"
    opened(scale)
    number = scale.console_json("repair")["locked_at"]
    good = unlock_permit(PLATFORM, scale, 5, locked_at=number)
    assert scale.console_json(f"{command} {good}")["error"] == "message-refused", "the case is open"
    closed(scale)
    for locked_at in (None, number - 1):
        answer = scale.console_json(f"{command} {unlock_permit(PLATFORM, scale, 4, locked_at=locked_at)}")
        assert answer["error"] == "message-refused", locked_at
        assert locked(scale)
    assert "error" not in scale.console_json(f"{command} {good}")
    assert not locked(scale)
    assert events(scale)[-1] == (EventKind.UNLOCKED, (BY_PERMIT, 5))
    power_cycle(scale)
    assert not locked(scale)
    opened(scale)
    closed(scale)
    assert scale.console_json(f"{command} {good}")["error"] == "message-refused", "it answers the lock before"
    assert locked(scale)
    assert not repairing(scale)


def test_what_is_no_permit_to_unlock_unlocks_nothing(scale: SimulatedScale) -> None:
    opened(scale)
    closed(scale)
    number = scale.console_json("repair")["locked_at"]
    assert scale.console_json(f"unlock {repair_permit(PLATFORM, scale, 1, locked_at=number)}")["error"] == "purpose"
    assert locked(scale)
    assert scale.console_json("unlock " + "A" * 200)["error"] == "message-refused"
    assert locked(scale)


@pytest.mark.parametrize("how", ["command", "power"])
def test_a_case_that_is_open_when_the_repair_ends_locks(scale: SimulatedScale, how: str) -> None:
    scale.console(f"repair open {repair_permit(PLATFORM, scale)}")
    opened(scale)
    if how == "command":
        scale.console("repair close")
    else:
        power_cycle(scale, scale.close_case)
    assert locked(scale)
    assert not repairing(scale)
    closed(scale)
    assert locked(scale), "closing opens nothing"
    assert [kind for kind, _ in events(scale)].count(EventKind.LOCKED) == 1


@pytest.mark.parametrize("how", ["command", "power"])
def test_a_case_that_is_closed_when_the_repair_ends_does_not_lock(scale: SimulatedScale, how: str) -> None:
    scale.console(f"repair open {repair_permit(PLATFORM, scale)}")
    opened(scale)
    closed(scale)
    if how == "command":
        scale.console("repair close")
    else:
        power_cycle(scale)
    assert not repairing(scale)
    assert not locked(scale)
    opened(scale)
    assert locked(scale)


def test_a_repair_ends_after_8_powered_hours_whatever_is_done_in_it(simulate: Simulate, tmp_path: Path) -> None:
    """With minutes for hours, as hours take minutes here."""
    folder = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, folder)
    source = (folder / "agent" / "adjustment" / "sessions.py").read_text()
    assert source.count(EIGHT_HOURS) == 1
    (folder / "agent" / "adjustment" / "sessions.py").write_text(source.replace(EIGHT_HOURS, "const(480000)"))
    scale = scale_on_record(simulate, PLATFORM, sales=0, firmware=folder)
    scale.console(f"repair open {repair_permit(PLATFORM, scale)}")
    opened(scale)
    scale.adjustment_switch(True)
    scale.advance(450)
    assert "error" not in scale.console_json("adjust set gravity_use_um_s2 9799000")
    assert repairing(scale)
    assert not locked(scale)
    scale.advance(40)
    assert (EventKind.SESSION_CLOSED, (BY_TIME_OUT,)) in events(scale)
    assert locked(scale)
    assert not repairing(scale)


def test_a_permit_opens_one_repair_also_where_nothing_was_changed(scale: SimulatedScale) -> None:
    first, second = (repair_permit(PLATFORM, scale, number) for number in (1, 2))
    scale.console(f"repair open {second}")
    scale.console("repair close")
    for spent in (second, first):
        assert scale.console_json(f"repair open {spent}")["error"] == "permit-refused"
        power_cycle(scale)
    assert not repairing(scale)
    assert "error" not in scale.console_json(f"repair open {repair_permit(PLATFORM, scale, 3)}")


def test_a_refused_permit_at_the_console_opens_nothing_and_is_an_event(scale: SimulatedScale) -> None:
    good = permit(scale)
    wrong = {
        "another scale's": PLATFORM.authority.sign(replace(good, identity=b"\1" * 10)),
        "of another role": PLATFORM.online.sign(good),
        "a stranger's": Key().sign(good),
        "changed": PLATFORM.authority.sign(good)[:-1] + b"\0",
        "counters": PLATFORM.authority.sign(replace(good, calibration_counter=3)),
        "to update": PLATFORM.authority.sign(replace(good, what=PermitFor.UPDATE)),
    }
    opened(scale)
    for name, raw in wrong.items():
        assert "error" in scale.console_json(f"repair open {to_base64url(raw)}"), name
        assert locked(scale), name
        assert not repairing(scale), name
        scale.advance(1)
        told = [facts for kind, facts in events(scale) if kind == EventKind.DOWNLINK_REFUSED]
        assert len(told) == 1, "the first is told at once, the others with what comes an hour later"


def test_while_under_repair_the_scale_weighs_for_nobody_and_says_so(scale: SimulatedScale) -> None:
    scale.advance(5)
    scale.place(1.0)
    scale.advance(3)
    scale.type("12.99")
    assert Glass(scale.displays()[1]).figures[2] == "12.99"
    scale.console(f"repair open {repair_permit(PLATFORM, scale)}")
    scale.advance(1)
    for display in scale.displays():
        glass = Glass(display)
        assert (glass.figures[0], glass.figures[2], glass.line) == ("REPAIR", "", "UNDER REPAIR: NOT FOR TRADE")
    scale.type("+")
    scale.advance(2)
    assert EventKind.SALES_STATED not in [kind for kind, _ in events(scale)]
    assert all(Glass(display).line != "SOLD" for display in scale.displays())
    assert scale.console_json("status")["gross"] == 200, "the repairer sees at the console what it weighs"
    scale.console("repair close")
    scale.advance(1)
    assert Glass(scale.displays()[1]).figures[0] == "1.000"


def test_the_menu_begins_and_ends_a_repair(scale: SimulatedScale) -> None:
    scale.advance(5)
    scale.type("P6")
    scale.advance(1)
    assert "No permit to" in " ".join(Glass(scale.displays()[0]).page)
    scale.type("CC")
    assert scale.console_json(f"adjust permit {repair_permit(PLATFORM, scale)}")["waiting"]
    scale.type("P6")
    scale.advance(1)
    assert "A permit is here" in " ".join(Glass(scale.displays()[0]).page)
    scale.type("+")
    scale.advance(2)
    assert repairing(scale)
    scale.type("P6")
    scale.advance(1)
    assert "Open for 479" in " ".join(Glass(scale.displays()[0]).page)
    scale.type("+")
    scale.advance(2)
    assert not repairing(scale)


def test_nobody_but_this_scale_takes_its_permit(simulate: Simulate, scale: SimulatedScale) -> None:
    other = scale_on_record(simulate, PLATFORM, seed=77)
    assert kid_of(other) != kid_of(scale)
    assert "error" in other.console_json(f"repair open {repair_permit(PLATFORM, scale)}")
    assert not repairing(other)

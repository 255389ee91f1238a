"""Parameter by parameter: what was verified, what an alert found, and what is in force now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steelyard_cloud.judge.effect import effect
from steelyard_cloud.judge.maps import Map, map_of, state_at
from steelyard_cloud.judge.rules.parameter_change import in_force
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.parameters import parameter_difference, parameter_name, parameter_value


@dataclass(frozen=True)
class Line:
    """One parameter as people read it."""

    name: str
    verified: str
    found: str
    now: str
    difference: str
    changed: bool


@dataclass(frozen=True)
class Comparison:
    """The table; `found_differs` says that the scale was changed again since the alert's finding."""

    lines: list[Line]
    verified_number: int
    now_number: int
    found_differs: bool
    consequence: str

    @property
    def unchanged(self) -> int:
        """How many parameters are as verified."""
        return sum(not line.changed for line in self.lines)


def compare(
    summary: Summary, baseline_number: int | None, values: Mapping[str, Any], speech: Speech
) -> Comparison | None:
    """The table of a finding on parameters; None where a map is not stored yet or nothing was verified."""
    now_state = in_force(summary)
    if baseline_number is None or now_state is None:
        return None
    verified_state = state_at(summary, baseline_number)
    verified = map_of(summary, verified_state.digest) if verified_state else None
    now = map_of(summary, now_state.digest)
    digest = bytes.fromhex(values["to"]["digest"]) if "to" in values else now_state.digest
    found = map_of(summary, digest)
    if verified is None or now is None or found is None:
        return None
    keys = sorted(set(verified) | set(found) | set(now))
    lines = [_line(speech, key, verified.get(key), found.get(key), now.get(key)) for key in keys]
    return Comparison(
        lines=lines,
        verified_number=baseline_number,
        now_number=summary.head,
        found_differs=found != now,
        consequence=consequence(speech, verified, found, was=found != now),
    )


def _line(speech: Speech, key: int, verified: int | None, found: int | None, now: int | None) -> Line:
    return Line(
        name=parameter_name(speech, key),
        verified=parameter_value(speech, key, verified),
        found=parameter_value(speech, key, found),
        now=parameter_value(speech, key, now),
        difference=parameter_difference(speech, key, verified, found),
        changed=verified != found or verified != now,
    )


def consequence(speech: Speech, verified: Map, found: Map, *, was: bool) -> str:
    """What the change does to an indication, in a sentence; empty where it does nothing to it."""
    change = effect(verified, found)
    if change is None:
        return ""
    return speech.say(
        N_("{load} kg on the pan was shown as {shown} kg: {percent} %.")
        if was
        else N_("{load} kg on the pan is now shown as {shown} kg: {percent} %."),
        load=speech.number(change.load_mg / 1e6, 3),
        shown=speech.number(change.shown_mg / 1e6, 3),
        percent=("+" if change.percent > 0 else "−") + speech.number(abs(change.percent), 1),
    )

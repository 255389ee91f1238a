"""Starts of a scale: which program and machine each boot statement names, and starts that have none.

Of quick restarts a scale states six at once and then one for each hour of powered time (`docs/wire.md`); whoever has
run for longer than that has stated it, and a statement that comes later states no start.
"""

from steelyard_protocol.bodies import Boot
from steelyard_protocol.statement import Statement

from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Device, add_range

STATED_WITHIN_S = 65 * 60


def device_of(body: Boot) -> Device:
    """The machine that a boot statement describes."""
    return Device(body.software.hash, body.hardware, body.adc, body.root or b"", body.production_code, body.debug_open)


def follow_starts(summary: Summary, statement: Statement, arrival: int) -> bool:
    """Note a start or a long run without one; whether all is as it should be."""
    number, boot, body = statement.number, statement.boot, statement.body
    in_time = statement.uptime_s <= STATED_WITHIN_S
    if isinstance(body, Boot):
        summary.devices.see(device_of(body), number, arrival, summary.bounds.recent)
        if in_time:
            summary.stated = add_range(summary.stated, boot, boot)[-summary.bounds.intervals :]
            summary.unstated.forget(boot)
    if not in_time and not _is_stated(summary, boot):
        summary.unstated.see(boot, number, arrival, summary.bounds.recent)
        return False
    return not isinstance(body, Boot)


def _is_stated(summary: Summary, boot: int) -> bool:
    """The newest starts come last, and are asked about at nearly every statement."""
    stated = summary.stated
    return bool(stated) and (stated[-1][0] <= boot <= stated[-1][1] or any(low <= boot <= high for low, high in stated))

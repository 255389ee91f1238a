"""Starts of a scale: which program and machine each boot statement names, and starts that have none.

Of quick restarts a scale states six at once and then one for each hour of powered time (`docs/wire.md`); whoever has
run for longer than that has stated it.
"""

from steelyard_protocol.bodies import Boot
from steelyard_protocol.statement import Statement

from steelyard_cloud.judge.stored import Context
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Device

STATED_WITHIN_S = 65 * 60


def device_of(body: Boot) -> Device:
    """The machine that a boot statement describes."""
    return Device(body.software.hash, body.hardware, body.adc, body.root or b"", body.production_code, body.debug_open)


def follow_starts(summary: Summary, statement: Statement, evidence: Context) -> bool:
    """Note a start or a long run without one; whether all is as it should be."""
    number, boot, body = statement.number, statement.boot, statement.body
    if isinstance(body, Boot):
        summary.started = max(summary.started, (number, boot))
        summary.unstated.last.pop(boot, None)
        summary.devices.see(device_of(body), number, summary.bounds.recent)
        return False
    if statement.uptime_s <= STATED_WITHIN_S or summary.started[1] == boot:
        return True
    if boot not in summary.unstated.last and evidence.started_by(number) == boot:
        return True
    summary.unstated.see(boot, number, summary.bounds.recent)
    return False

"""Every start since the baseline names its software, hardware, ADC, root and code; the debug port is closed."""

from collections.abc import Iterator

from steelyard_cloud.judge.facts import Baseline, Facts, PermitUse
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.summary_parts import Device
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "device"


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Altered*; *Not verified* with software that the type approval lists, or under a permit to repair."""
    baseline = proof.baseline
    if baseline is None or baseline.device is None or baseline.state is None:
        return
    verified = baseline.device
    if verified.debug_open or verified.software not in proof.facts.approved_software:
        yield Unmet(NAME, Verdict.ALTERED, "debug-open" if verified.debug_open else "not-approved")
    devices, since = proof.active.devices, proof.since.named
    if since.leaves(devices.dropped, devices.latest_dropped):
        yield Unmet(NAME, Verdict.ALTERED, "too-many")
    if proof.is_hidden(NAME):
        yield Unmet(NAME, Verdict.ALTERED, "unreadable")
    for device, word in _others(proof).items():
        yield Unmet(NAME, word, "other-device", values={"differs": _differences(verified, device)})


def altered(proof: Proof) -> dict[Device, list[str]]:
    """The machines since the baseline that nothing permits, and in what each differs from the verified one."""
    verified = proof.baseline.device if proof.baseline else None
    others = [device for device, word in _others(proof).items() if word is Verdict.ALTERED]
    return {device: _differences(verified, device) for device in others} if verified else {}


def _others(proof: Proof) -> dict[Device, Verdict]:
    """The machines since the baseline that are not the verified one, and the word for each."""
    baseline = proof.baseline
    if baseline is None or baseline.device is None or baseline.state is None:
        return {}
    verified, repaired = baseline.device, _may_be_repaired(proof.facts, baseline)
    permitted = {True: Verdict.NOT_VERIFIED, False: Verdict.ALTERED}
    return {
        device: permitted[repaired or _is_update(verified, device, proof.facts)]
        for device in sorted(proof.active.devices.those(proof.since.named.leaves))
        if device != verified
    }


def _is_update(verified: Device, device: Device, facts: Facts) -> bool:
    return device._replace(software=verified.software) == verified and device.software in facts.approved_software


def _may_be_repaired(facts: Facts, baseline: Baseline) -> bool:
    """Whether a permit to repair the scale, as it was verified or became since, was open after the verification."""
    state = baseline.state
    return state is not None and any(
        permit.kid == baseline.kid
        and permit.what == PermitUse.REPAIR
        and permit.calibration_counter >= state.calibration_counter
        and permit.configuration_counter >= state.configuration_counter
        and permit.not_after_s * 1000 >= baseline.recorded_ms
        for permit in facts.permits
    )


def _differences(one: Device, other: Device) -> list[str]:
    return [name for name in Device._fields if getattr(one, name) != getattr(other, name)]

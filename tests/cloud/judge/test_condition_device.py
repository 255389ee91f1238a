"""The condition *device*: each start is on the machine that was verified."""

import pytest
from kit.conditions import ALTERED, NOT_VERIFIED, OTHER, Trouble, reboot, said, send, start
from kit.honest_life import HonestLife
from steelyard_cloud.judge.facts import PermitUse
from steelyard_cloud.judge.verdict import Verdict


def many_devices(life: HonestLife) -> None:
    life.permit(PermitUse.REPAIR)
    for at in range(4):
        reboot(life, hardware=f"board {at}")


def approve_other(life: HonestLife) -> None:
    life.platform.record(approved=life.platform.registry.approved | {OTHER})


DEVICE: dict[str, tuple[Trouble, Verdict, str]] = {
    "hardware": (lambda life: reboot(life, hardware="other"), ALTERED, "other-device"),
    "ADC": (lambda life: reboot(life, adc="other"), ALTERED, "other-device"),
    "root": (lambda life: reboot(life, root=OTHER), ALTERED, "other-device"),
    "production code": (lambda life: reboot(life, production_code="P"), ALTERED, "other-device"),
    "debug port": (lambda life: reboot(life, debug=True), ALTERED, "other-device"),
    "software": (lambda life: send(life, "boot", software=OTHER), ALTERED, "other-device"),
    "approved software": (lambda life: life.update(OTHER), NOT_VERIFIED, "other-device"),
    "hardware with approved software": (
        lambda life: (approve_other(life), send(life, "boot", software=OTHER, other={2: "x"})),
        ALTERED,
        "other-device",
    ),
    "under a permit to repair": (
        lambda life: (life.permit(PermitUse.REPAIR), reboot(life, adc="other")),
        NOT_VERIFIED,
        "other-device",
    ),
    "under a permit to adjust": (
        lambda life: (life.permit(PermitUse.ADJUST), reboot(life, adc="other")),
        ALTERED,
        "other-device",
    ),
    "more than are kept": (many_devices, ALTERED, "too-many"),
    "approval withdrawn": (lambda life: life.platform.record(approved=frozenset()), ALTERED, "not-approved"),
}


@pytest.mark.parametrize("name", DEVICE)
def test_device(name: str) -> None:
    trouble, word, code = DEVICE[name]
    life = start()
    trouble(life)
    assert said(life)["device", code] is word
    if name != "approval withdrawn":
        send(life, "boot")
        assert said(life)["device", code] is word, "undone or not"


def test_a_scale_verified_with_its_debug_port_open_is_altered() -> None:
    life = start()
    reboot(life, debug=True)
    assert not life.verify() or said(life)["device", "debug-open"] is ALTERED
    assert said(life)["device", "debug-open" if life.verify() else "other-device"] is ALTERED

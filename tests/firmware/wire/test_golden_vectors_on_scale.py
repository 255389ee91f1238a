"""The golden vectors in real MicroPython: the firmware reads, verifies and writes exactly what the contract says."""

from __future__ import annotations

import json

from kit.micropython import ROOT, MicroPython

VECTORS = ROOT / "protocol" / "vectors" / "golden.json"


def test_firmware_agrees_with_every_golden_vector(micropython: MicroPython) -> None:
    golden = json.loads(VECTORS.read_text())
    checked = json.loads(micropython("golden_answers.py", VECTORS, heap="2M").stdout)
    assert checked.pop("snapshots") >= 1
    assert checked.pop("batch") >= 2
    assert checked.pop("statements") == len(golden["statements"] + golden["growth"] + golden["sizes"])
    assert checked == {name: len(golden[name]) for name in checked}
    assert set(checked) == {"keys", "parameters", "orders", "refused", "weights"}

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
    every = ("statements", "growth", "sales", "sizes")
    assert checked.pop("statements") == sum(len(golden[name]) for name in every)
    assert checked.pop("sales") == 2
    assert checked == {name: len(golden[name]) for name in checked}
    names = {"keys", "parameters", "orders", "refused", "weights", "prices", "fresh", "codes", "sale proofs"}
    assert set(checked) == names

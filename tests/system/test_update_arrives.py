"""An update on its way to a scale that runs in real time: by the network from a real broker, and by the cable."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from kit.platform_side import Platform, receiving
from kit.servers import Server, wait_until
from kit.updates import prefill, release
from steelyard_protocol import statement
from steelyard_protocol.downlink import SECTOR_BYTES
from steelyard_protocol.package import Package
from steelyard_simulator import SimulatedScale, factory_file

Simulate = Callable[..., SimulatedScale]
MISSING = (0, 7)


def waiting_for(simulate: Simulate, platform: Platform, port: int) -> SimulatedScale:
    """An enrolled scale that has all of the update in its slot but two sectors."""
    scale = simulate(virtual=False, factory=factory_file(platform.root.point))
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    assert "accepted" in scale.console("enrol accept " + platform.answer(scale, port))
    scale.power_off()
    prefill(scale, release(2), missing=MISSING)
    scale.power_on()
    return scale


def test_the_pieces_that_are_missing_come_by_the_network(simulate: Simulate, mosquitto: Server, tmp_path: Path) -> None:
    platform, made = Platform(), release(2)
    with receiving(mosquitto.port, platform) as receiver:
        receiver.image = made.image
        scale = waiting_for(simulate, platform, mosquitto.port)
        wait_until(lambda: scale.console_json("status")["receipted"] >= 2, 30, "a scale on line")
        receiver.send(platform.manufacturer.sign(made.update))
        wait_until(lambda: (scale.console_json("update")["coming"] or {}).get("installed"), 60, "the whole image")
        wait_until(
            lambda: scale.console_json("status")["receipted"] == scale.console_json("status")["number"], 30, "all"
        )
        offsets = [one.offset for one in receiver.questions if hasattr(one, "offset")]
        wanted = [sector * SECTOR_BYTES + piece * 1024 for sector in MISSING for piece in range(4)]
        assert sorted(set(offsets)) == wanted
        begun = [statement.parse(raw).body for raw in receiver.held.values() if statement.parse(raw).kind == 5]
        assert (21, (2, made.update.image)) in [(one.kind, one.facts) for one in begun]


def test_the_tool_brings_what_is_missing_by_the_cable(simulate: Simulate, tmp_path: Path) -> None:
    platform, made = Platform(), release(2)
    scale = waiting_for(simulate, platform, 9)
    file = tmp_path / "new.update"
    manifest = platform.manufacturer.sign(made.update)
    file.write_bytes(Package(manifest, made.image, made.update, b"").encode())
    tool = [sys.executable, "-m", "steelyard_gateway", "scale", "update"]

    def bring(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*tool, str(path), "--port", scale.path, "--json", *words], capture_output=True, text=True, timeout=120
        )

    cut = tmp_path / "cut.update"
    cut.write_bytes(file.read_bytes()[:-1])
    told = bring(cut)
    assert (told.returncode, json.loads(told.stdout)["error"]) == (1, "no-update")
    starts = scale.starts
    told = bring(file, "--restart")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["coming"]["installed"]
    wait_until(lambda: scale.starts > starts, 30, "the restart")
    wait_until(lambda: scale.console_json("update")["number"] == 2, 30, "the new software")
    told = bring(file)
    assert told.returncode == 8, "it is refused: not newer"

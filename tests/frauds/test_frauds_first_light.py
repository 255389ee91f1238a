"""The frauds that first light must see, each done to a real agent on its simulated board and followed to the alert.

Every test adds a row to the table at the end of the run: what was done, which rule saw it, after how many statements
and seconds. An honest scale stands beside them all the time and must raise nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from kit import servers
from kit.chain import faults_of_chain
from kit.servers import wait_until
from kit.signing_scale import SigningScale
from kit.whole_system import Cloud, exported, publish, status, topic_of
from steelyard_protocol import identity, p256, statement
from steelyard_protocol.bodies import Boot, Snapshot
from steelyard_protocol.statement import Flag
from steelyard_simulator.demo.market import Stall
from steelyard_simulator.scale import SimulatedScale

JOURNAL = (0x140000, 0x0C0000)  # where the simulated board's flash map has it
SILENT_S, GRACE_S, STEP_S = 60, 15 * 60, 45
REST_S = 5 * 60  # three of them are longer than a clock may be ahead and still prove a date
KEYS = re.compile(rb"\x84\x58\x20(.{32})\x58\x20.{32}\x58\x41\x04", re.DOTALL)

Seen = Callable[..., dict[str, Any]]


@dataclass
class Town:
    """A cloud, and a scale that nobody cheats with."""

    cloud: Cloud
    honest: Stall
    port: int
    others: list[Stall] = field(default_factory=list)

    def stall(self, seed: int) -> Stall:
        """A scale of the test's own, on record."""
        (stall,) = self.cloud.put_on_record(seed)
        self.others.append(stall)
        return stall

    def pass_time(self, seconds: int) -> None:
        """Let the platform's clock go on; whoever is honest reports meanwhile."""
        for _ in range(0, seconds, STEP_S):
            self.cloud.clock.ahead_ms += STEP_S * 1000
            after, code = status(self.honest)["number"], self.honest.public_code
            wait_until(lambda n=after: self.cloud.newest(code) > n, 20, "a statement of the honest scale")  # noqa: B023


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Ingest on a real broker; in the end the honest scale has raised nothing and lost nothing."""
    folder = tmp_path_factory.mktemp("town")
    broker = servers.mosquitto(folder)
    cloud = Cloud(folder / "cloud", broker.port)
    try:
        cloud.ingest_here()
        (honest,) = cloud.put_on_record(1)
        yield Town(cloud, honest, broker.port)
        assert cloud.alerts(honest) == []
        assert faults_of_chain(cloud.held(honest.public_code), len(cloud.held(honest.public_code))) == []
    finally:
        cloud.close()
        broker.stop()


@pytest.fixture(autouse=True)
def others_off(town: Town) -> Iterator[None]:
    """Off with the scales of a test when it is over: they would take time from those of the next."""
    yield
    while town.others:
        town.others.pop().scale.power_off()


@pytest.fixture
def seen(town: Town, record_property: Callable[[str, object], None]) -> Seen:
    """`seen(fraud, stall, rule, codes, since_ms)` waits for the alert and writes the row of the table."""

    def wait(fraud: str, stall: Stall, rule: str, codes: tuple[str, ...], since_ms: int) -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        def alerted() -> bool:
            alerts = town.cloud.alerts(stall)
            found[:] = [one for one in alerts if one["rule"] == rule and one["values"]["code"] in codes]
            return bool(found)

        wait_until(alerted, 30, f"the alert {rule}: {codes}")
        opened_ms = round(datetime.fromisoformat(found[0]["opened"]).timestamp() * 1000)
        statements = town.cloud.received(stall.public_code, since_ms, opened_ms)
        seen_by = f"{rule}: {found[0]['values']['code']}"
        record_property("fraud", f"{fraud}|{seen_by}|{statements}|{(opened_ms - since_ms) / 1000:.1f}")
        return found[0]

    return wait


def adjust_span(town: Town, stall: Stall, kg: str) -> int:
    """What somebody does at the service console with a kilogram on the pan, without a permit; gives when he did."""
    stall.place_goods(1.0)
    stall.scale.adjustment_switch(on=True)
    wait_until(lambda: bool(status(stall)["switch"] and status(stall)["stable"]), 20, "a stable load, the switch on")
    since_ms = town.cloud.clock()
    stall.ask(f"adjust span {kg} kg")
    stall.scale.adjustment_switch(on=False)
    wait_until(lambda: not status(stall)["session"], 20, "the end of the session")
    return since_ms


def test_gain_raised_at_the_console(town: Town, seen: Seen) -> None:
    stall = town.stall(2)
    since_ms = adjust_span(town, stall, "1.1")
    alert = seen("gain raised by 10 %", stall, "parameter_change", ("changed",), since_ms)
    assert alert["severity"] == 3
    assert alert["values"]["reason"] == "no-permit"
    assert alert["values"]["to"]["calibration_counter"] == 1
    wait_until(lambda: bool(town.cloud.standing(stall)["altered"]), 10, "the verdict altered")
    assert status(stall)["gross"] == 220


def test_parameters_restored_before_the_inspection(town: Town, seen: Seen) -> None:
    stall = town.stall(3)
    factory = stall.ask("parameters")["parameters"]
    adjust_span(town, stall, "1.1")
    wait_until(lambda: len(town.cloud.alerts(stall)) == 1, 20, "the alert on the first change")
    since_ms = town.cloud.clock()
    stall.scale.adjustment_switch(on=True)
    wait_until(lambda: bool(status(stall)["switch"]), 10, "the switch")
    stall.ask(f"adjust set point_1_counts {factory['point_1_counts']}")
    stall.scale.adjustment_switch(on=False)
    assert stall.ask("parameters")["parameters"] == factory, "an inspector would find what the type approval says"

    def both() -> bool:
        return [alert["rule"] for alert in town.cloud.alerts(stall)] == ["parameter_change"] * 2

    wait_until(both, 20, "an alert on each change")
    back = seen("restored before the inspection", stall, "parameter_change", ("changed",), since_ms)
    assert back["values"]["to"]["calibration_counter"] == 2
    assert town.cloud.standing(stall)["altered"]


def test_cheat_withheld_by_a_cut_network_and_an_erased_journal(town: Town, seen: Seen) -> None:
    stall = town.stall(4)
    scale = stall.scale
    scale.cut_network()
    held = town.cloud.held(stall.public_code)
    since_ms = town.cloud.clock()
    town.pass_time(SILENT_S)
    seen("network cut", stall, "silent", ("silent",), since_ms)
    adjust_span(town, stall, "1.1")
    made = exported(stall)

    # Afterwards only what is harmless is let through: the statements after the cheat, without those that tell of it.
    harmless = [raw for raw in made if isinstance(statement.parse(raw).body, Snapshot)][-2:]
    assert statement.parse(harmless[0]).number > statement.parse(held[-1]).number + 1
    publish(town.port, topic_of(stall.public_code, "up"), *harmless)
    wait_until(lambda: len(town.cloud.held(stall.public_code)) == len(held) + 2, 20, "the harmless ones held")
    assert [alert for alert in town.cloud.alerts(stall) if alert["rule"] == "continuity"] == [], "pending, no gap yet"
    since_ms = town.cloud.clock()
    town.pass_time(GRACE_S)
    seen("statements withheld selectively", stall, "continuity", ("gap",), since_ms)
    seen("the digest in what was let through", stall, "parameter_change", ("changed-silently",), since_ms)

    scale.power_off()
    with scale.image.open("r+b") as image:
        image.seek(JOURNAL[0])
        image.write(b"\xff" * JOURNAL[1])
    since_ms = town.cloud.clock()
    scale.power_on()
    scale.restore_network()
    seen("journal erased", stall, "continuity", ("journal-lost",), since_ms)


def roll_back(stall: Stall, copy: Path) -> list[bytes]:
    """Copy the flash, let the scale go on, and put the copy back; gives the statements up to the end of that life."""
    scale = stall.scale
    scale.power_off()
    scale.copy_flash(copy)
    scale.power_on()
    copied = status(stall)["number"]
    wait_until(lambda: status(stall)["receipted"] >= copied + 4, 20, "some statements that are to be undone")
    undone = exported(stall)
    scale.power_off()
    scale.replace_flash(copy)
    return undone


def test_flash_rolled_back(town: Town, seen: Seen, tmp_path: Path) -> None:
    stall = town.stall(5)
    roll_back(stall, tmp_path / "before.bin")
    since_ms = town.cloud.clock()
    stall.scale.power_on()
    # A receipt for the undone life tells the scale itself, unless it has used a number again before that arrives.
    seen("flash rolled back", stall, "continuity", ("rolled-back", "fork"), since_ms)


def test_flash_rolled_back_and_kept_off_line_until_it_has_gone_further(town: Town, seen: Seen, tmp_path: Path) -> None:
    stall = town.stall(6)
    undone = roll_back(stall, tmp_path / "before.bin")
    stall.scale.cut_network()
    stall.scale.power_on()
    wait_until(lambda: status(stall)["number"] > statement.parse(undone[-1]).number, 20, "a longer second life")
    second = exported(stall)
    since_ms = town.cloud.clock()
    stall.scale.restore_network()
    alert = seen("flash rolled back off line", stall, "continuity", ("fork",), since_ms)
    assert alert["severity"] == 3
    wait_until(lambda: set(second) <= set(town.cloud.held(stall.public_code)), 20, "the second life held")
    assert set(undone) <= set(town.cloud.held(stall.public_code)), "both lives are evidence"


def test_program_with_the_copied_key_lies_about_weights(town: Town, seen: Seen) -> None:
    stall = town.stall(7)
    program = stolen(stall.scale, exported(stall))
    since_ms = town.cloud.clock()
    stall.scale.power_off()  # only while it is off nothing else can tell
    publish(town.port, program.up, program.snapshot(1_000_000, lie=20))
    alert = seen("signing program adds 100 g", stall, "weight", ("not-recomputable",), since_ms)
    assert (alert["severity"], alert["first_number"]) == (3, program.number)
    since_ms = town.cloud.clock()
    stall.scale.power_on()
    seen("the original goes on", stall, "continuity", ("fork",), since_ms)


def test_case_opened_while_the_scale_was_off(town: Town, seen: Seen, simulate: Callable[..., SimulatedScale]) -> None:
    """In virtual time, so that it is off for long at once; its statements are carried to the broker by hand.

    The platform's clock goes on with the scale's: what is signed for later than that has no date.
    """
    scale = simulate(cell="class_iii", seed=8, rtc_battery=True, factory=town.cloud.factory())
    scale.advance(5)

    def carry(stall: Stall) -> None:
        publish(town.port, topic_of(stall.public_code, "up"), *exported(stall))

    def off(*acts: Callable[[], object]) -> None:
        scale.power_off()
        for act in acts:
            scale.rest(REST_S)
            act()
        scale.rest(REST_S)
        scale.power_on()
        scale.advance(5)
        town.pass_time((len(acts) + 1) * REST_S + 5)
        carry(stall)

    stall = town.cloud.enter(Stall("Stall 8", "S-0008", scale), carry)
    off()
    wait_until(lambda: set(exported(stall)) <= set(town.cloud.held(stall.public_code)), 20, "a quiet start held")
    assert [one for one in town.cloud.alerts(stall) if one["rule"] == "case"] == []
    switched_off_s = scale.console_json("time")["time"]
    since_ms = town.cloud.clock()
    off(scale.open_case, scale.close_case)
    alert = seen("case opened while it was off", stall, "case", ("opened",), since_ms)
    values = alert["values"]
    assert (alert["severity"], values["before_start"]) == (3, True)
    assert values["stamp_s"] == pytest.approx(switched_off_s + REST_S, abs=60)
    assert values["dated_s"] == pytest.approx(switched_off_s + 3 * REST_S, abs=60)
    wait_until(lambda: bool(town.cloud.standing(stall)["locked"]), 10, "the scale locked")


def test_replayed_statements_change_nothing(town: Town, record_property: Callable[[str, object], None]) -> None:
    stall = town.honest
    raws = town.cloud.held(stall.public_code)
    before = town.cloud.standing(stall), town.cloud.statistics()["quarantined"]
    publish(town.port, topic_of(stall.public_code, "up"), *raws, *reversed(raws))
    after = status(stall)["number"]
    wait_until(lambda: status(stall)["receipted"] > after, 20, "later statements")
    evidence = town.cloud.held(stall.public_code)
    assert faults_of_chain(evidence, len(evidence)) == []
    assert (town.cloud.standing(stall), town.cloud.statistics()["quarantined"]) == before
    assert town.cloud.alerts(stall) == []
    record_property("fraud", f"{len(raws)} statements replayed twice|none needed: held once|0|0.0")


def stolen(scale: SimulatedScale, journal: list[bytes]) -> SigningScale:
    """A program on a PC with the key that a reader on the board found in the flash, going on where the scale is."""
    parsed = [statement.parse(raw) for raw in journal]
    last = parsed[-1]
    found = [match[1] for match in KEYS.finditer(scale.image.read_bytes())]
    program = SigningScale()
    program.private_key = next(key for key in found if identity.kid(p256.public_key(key)) == last.kid)
    program.kid = last.kid
    program.number, program.head_hash = last.number, last.hash
    program.boot_number, program.time_s, program.uptime_s = last.boot, last.time, last.uptime_s
    program.map = next(one.body.parameters for one in parsed if isinstance(one.body, Boot))
    program.flags = last.flags & Flag.CLOCK_QUALITY
    program.period_s = 1
    return program

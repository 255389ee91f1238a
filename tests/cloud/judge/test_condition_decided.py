"""The four conditions that a decision settles: chain, boots, consistent, complete."""

import pytest
from kit.conditions import CANNOT_BE_TOLD, OTHER, Trouble, by_link, fork, reboot, resign, said, send, start
from kit.honest_life import HonestLife
from kit.naive_chain import Decision
from kit.parameters import MAP
from steelyard_cloud.judge.summary_parts import Bounds
from steelyard_protocol import parameters, statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind


def lower(name: str) -> Trouble:
    def trouble(life: HonestLife) -> None:
        life.scale.calibration_counter, life.scale.boot_number = 4, 4
        life.send(life.boot())
        life.trade(1)
        assert life.verify()
        setattr(life.scale, name, getattr(life.scale, name) - 1_000 if name == "uptime_s" else 3)
        send(life, "snapshot")

    return trouble


def run_long(life: HonestLife, boot: int = 9) -> None:
    life.scale.boot_number, life.scale.uptime_s = boot, 3_900
    send(life, "snapshot")


def run_long_often(life: HonestLife) -> None:
    for boot in range(9, 13):
        run_long(life, boot)


def headless(life: HonestLife) -> None:
    life.pass_s(1)
    life.send(statement.build(life.scale.private_key, life.scale.kid, [3, 0, life.true_s]))


def retired_key(life: HonestLife) -> None:
    old = life.scale
    life.exchange_board()
    assert life.verify_anew()
    life.send(old.snapshot())


def retired_key_headless(life: HonestLife) -> None:
    old = life.scale
    life.exchange_board()
    assert life.verify_anew()
    life.pass_s(1)
    life.send(statement.build(old.private_key, old.kid, [3, 0]))


def holes(life: HonestLife) -> None:
    late = []
    for _ in range(4):
        late.append(life.sign("snapshot"))
        life.send(life.sign("snapshot"))


def unmapped(life: HonestLife) -> None:
    send(life, "snapshot", digest=OTHER[:16])


def many_unmapped(life: HonestLife) -> None:
    for at in range(4):
        send(life, "snapshot", digest=bytes([at]) * 16)


SETTLED: dict[str, tuple[Trouble, str, str]] = {
    "fork": (fork, "chain", "fork"),
    "re-signed": (resign, "chain", "re-signed"),
    "journal lost": (lambda life: life.lose_journal(0), "chain", "journal-lost"),
    "rolled back": (lambda life: send(life, "event", EventKind.ROLLED_BACK, 1), "chain", "rolled-back"),
    "link": (lambda life: send(life, "snapshot", link=OTHER[:16]), "chain", "link"),
    "counters": (lower("calibration_counter"), "chain", "counters"),
    "boot": (lower("boot_number"), "chain", "boot"),
    "uptime": (lower("uptime_s"), "chain", "uptime"),
    "hole": (lambda life: (life.sign("snapshot"), life.trade(3)), "chain", "hole"),
    "a start that nothing states": (run_long, "boots", "start-not-stored"),
    "more of them than are kept": (run_long_often, "boots", "start-not-stored"),
    "contradiction": (lambda life: send(life, "append", Kind.SNAPSHOT, [1]), "consistent", "contradiction"),
    "a loss to come": (
        lambda life: send(life, "event", EventKind.STATEMENTS_LOST, 5, life.scale.number + 7),
        "consistent",
        "contradiction",
    ),
    "weight": (lambda life: send(life, "snapshot", lie=1), "consistent", "weight"),
    "price": (lambda life: send(life, "sale", 1, lie=-1), "consistent", "price"),
    "a batch that does not add up": (
        lambda life: send(life, "append", Kind.SALE_BATCH, [2, 1, *[1] * 6, []]),
        "consistent",
        "contradiction",
    ),
    "signature": (by_link("bad"), "consistent", "signature"),
    "headless": (headless, "consistent", "headless"),
    "unchecked": (by_link("unchecked"), "complete", "waits"),
    "no map": (unmapped, "complete", "waits"),
    "more without maps than are kept": (many_unmapped, "complete", "too-much"),
    "too many holes": (holes, "complete", "too-much"),
}


@pytest.mark.parametrize("name", SETTLED)
def test_what_a_decision_settles(name: str) -> None:
    trouble, condition, code = SETTLED[name]
    life = start()
    trouble(life)
    assert said(life)[condition, code] is CANNOT_BE_TOLD
    life.trade(1)
    life.pass_s(1)
    assert said(life)[condition, code] is CANNOT_BE_TOLD
    life.trade(1)
    life.pass_s(1)
    life.decide()
    remaining = {one for one, _ in said(life)}
    if name not in ("too many holes", "headless"):
        assert not remaining & {"chain", "boots", "consistent", "complete"}, said(life)


def test_what_waits_for_a_map_that_others_push_out_cannot_be_told_until_a_decision() -> None:
    life = start(Bounds()._replace(states=2))
    others = [{**MAP, 40: MAP[40] - at} for at in range(1, 40)]
    first = parameters.digest(MAP)
    second, third = sorted(one for one in map(parameters.digest, others) if one > first)[:2]
    maps = {parameters.digest(one): one for one in others}
    send(life, "snapshot", digest=third)
    for digest in (third, second):
        send(life, "append", Kind.PARAMETERS, [maps[digest], None], digest=digest)
    while life.platform.waits:
        life.platform.read_again()
    assert said(life)["complete", "too-much"] is CANNOT_BE_TOLD
    life.trade(1)
    life.decide()
    assert "complete" not in {name for name, _ in said(life)}


def test_a_decision_settles_a_headless_statement_that_was_committed_before_what_it_names() -> None:
    life = start()
    headless(life)
    life.decide()
    assert said(life)["consistent", "headless"] is CANNOT_BE_TOLD, "it came after the newest statement"
    life.trade(1)
    life.decide()
    assert said(life) == {}


@pytest.mark.parametrize("trouble", [retired_key, retired_key_headless])
def test_a_replaced_key_is_silent_until_a_decision_on_it(trouble: Trouble) -> None:
    life = start()
    trouble(life)
    assert said(life) == {("consistent", "retired-key"): CANNOT_BE_TOLD}
    old = [one for one in life.platform.stored() if one.kid != life.scale.kid]
    life.pass_s(1)
    if trouble is retired_key:
        life.platform.record(decisions=(Decision(old[-1].kid, old[-1].hash),))
        assert said(life) == {}


def test_a_decision_settles_neither_parameters_nor_device_nor_case() -> None:
    life = start()
    send(life, "raise_span")
    reboot(life, adc="other")
    life.open_case()
    life.decide()
    assert {name for name, _ in said(life)} == {"parameters", "device", "case"}


def test_more_unstated_starts_than_are_kept_stay_unstated_whatever_is_stated_later() -> None:
    life = start()
    run_long_often(life)
    for boot in range(10, 13):
        life.scale.boot_number, life.scale.uptime_s = boot, -life.scale.period_s
        life.send(life.boot(late=True))
    assert life.platform.from_scratch().word is CANNOT_BE_TOLD
    assert said(life)["boots", "start-not-stored"] is CANNOT_BE_TOLD


@pytest.mark.parametrize(("uptime_s", "missing"), [(65 * 60, False), (65 * 60 + 1, True)])
def test_a_start_has_65_minutes_to_be_stated(uptime_s: int, missing: bool) -> None:
    life = start()
    life.scale.boot_number, life.scale.uptime_s = 9, uptime_s - life.scale.period_s
    send(life, "snapshot")
    assert (("boots", "start-not-stored") in said(life)) is missing
    assert life.platform.summaries()[0].latest.uptime_s == uptime_s

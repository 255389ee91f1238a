"""What each condition says beside its code: where the trouble is, or what it is."""

from typing import Any

import pytest
from kit.conditions import Trouble, by_link, fork, reboot, resign, send, silently, start
from kit.honest_life import HonestLife
from kit.parameters import MAP
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag


def miss(life: HonestLife, first: int, last: int) -> None:
    life.trade(first - life.scale.number - 1)
    life.trade_offline(last - first + 1)
    life.trade(2)


def go_down_behind_a_hole(life: HonestLife) -> None:
    life.scale.boot_number -= 1
    life.trade_offline(2)
    life.trade(2)


def run_long(life: HonestLife) -> None:
    for boot in (9, 10):
        life.scale.boot_number, life.scale.uptime_s = boot, 3_900
        send(life, "snapshot")


def speak_with_a_retired_key(life: HonestLife) -> None:
    old = life.scale
    life.exchange_board()
    assert life.verify_anew()
    life.send(old.snapshot())


def raise_span_silently(life: HonestLife) -> None:
    silently(life)
    send(life, "snapshot")


# Four statements are stored when the trouble begins, and the second is the baseline.
SAID: dict[str, tuple[Trouble, str, str, dict[str, Any]]] = {
    "fork": (fork, "chain", "fork", {"number": 5}),
    "re-signed": (resign, "chain", "re-signed", {"number": 5}),
    "journal lost": (lambda life: life.lose_journal(0), "chain", "journal-lost", {"number": 5}),
    "rolled back": (lambda life: send(life, "event", EventKind.ROLLED_BACK, 1), "chain", "rolled-back", {"number": 5}),
    "link": (lambda life: send(life, "snapshot", link=b"o" * 16), "chain", "link", {"number": 5}),
    "a hole of one": (lambda life: miss(life, 6, 6), "chain", "hole", {"first": 6, "last": 6}),
    "a longer hole": (lambda life: miss(life, 7, 9), "chain", "hole", {"first": 7, "last": 9}),
    "the first hole": (lambda life: (miss(life, 6, 7), miss(life, 11, 11)), "chain", "hole", {"first": 6, "last": 7}),
    "boot behind a hole": (go_down_behind_a_hole, "chain", "boot", {"number": 7}),
    "two starts": (run_long, "boots", "start-not-stored", {"boot": 9}),
    "weight": (lambda life: send(life, "snapshot", lie=1), "consistent", "weight", {"number": 5}),
    "signature": (by_link("bad"), "consistent", "signature", {"number": 5}),
    "contradiction": (
        lambda life: send(life, "append", Kind.PARAMETERS, [{**MAP, 40: 1}, None]),
        "consistent",
        "contradiction",
        {"breach": "the parameter map is not the one that the header's digest names"},
    ),
    "retired key": (speak_with_a_retired_key, "consistent", "retired-key", {"number": 5}),
    "flag": (lambda life: send(life, "snapshot", flags=2 | Flag.CASE_OPEN), "case", "opened", {"number": 5}),
    "opened, then locked": (lambda life: life.open_case(), "case", "opened", {"number": 6}),
    "hardware and ADC": (
        lambda life: reboot(life, hardware="other", adc="other"),
        "device",
        "other-device",
        {"differs": ["hardware", "adc"]},
    ),
    "production code": (
        lambda life: reboot(life, production_code="P"),
        "device",
        "other-device",
        {"differs": ["production_code"]},
    ),
    "silently": (raise_span_silently, "parameters", "changed", {}),
}


@pytest.mark.parametrize("name", SAID)
def test_a_condition_says_where_its_trouble_is(name: str) -> None:
    trouble, condition, code, values = SAID[name]
    life = start()
    trouble(life)
    life.pass_s(900)
    rows = [one.values for one in life.platform.from_scratch().unmet if (one.condition, one.code) == (condition, code)]
    assert rows == [values]

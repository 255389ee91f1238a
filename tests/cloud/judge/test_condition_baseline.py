"""The conditions *baseline* and *validity*: a verification names what is stored, and is in date."""

from kit.conditions import CANNOT_BE_TOLD, EXPIRED, NOT_VERIFIED, OTHER, said, start
from kit.verdict_platform import Platform
from steelyard_cloud.judge.conditions import NAMES
from steelyard_cloud.judge.facts import Clock, Facts
from steelyard_cloud.judge.judge import judge, opinion
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Opinion, Unmet, Verdict


def test_baseline() -> None:
    life = start()
    (verification,) = life.platform.registry.verifications
    life.platform.record(verifications=())
    assert said(life) == {("baseline", "no-verification"): NOT_VERIFIED}
    life.platform.record(verifications=(verification._replace(hash=OTHER),))
    assert said(life)["baseline", "statement-not-stored"] is NOT_VERIFIED
    life.platform.record(verifications=(verification, verification._replace(recorded_ms=1)))
    assert said(life)["baseline", "two-verifications"] is NOT_VERIFIED


def test_which_of_several_verifications_counts_does_not_depend_on_their_order() -> None:
    life = start()
    (verification,) = life.platform.registry.verifications
    later, higher = verification._replace(recorded_ms=verification.recorded_ms + 1), verification._replace(number=3)
    for best in (verification, later, higher):
        same = [best._replace(hash=bytes([at]) * 32) for at in range(156, 256)]
        life.platform.record(verifications=(*life.platform.registry.verifications, *same))
        found = Proof(life.platform.summaries()[0], (), life.platform.facts()).baseline
        assert found is not None
        assert (found.number, found.recorded_ms, found.hash) == (best.number, best.recorded_ms, same[-1].hash)


def test_a_scale_of_which_nothing_is_stored_is_not_verified() -> None:
    platform = Platform(b"k" * 10, 0)
    assert opinion([], Facts(), 0) == Opinion.of([Unmet("baseline", NOT_VERIFIED, "no-verification")], 0)
    assert platform.from_scratch().word is NOT_VERIFIED
    assert judge([], Facts(), Clock(0)).standing is None


def test_validity() -> None:
    life = start()
    (verification,) = life.platform.registry.verifications
    now_ms = life.platform.now_ms
    life.platform.record(verifications=(verification._replace(until_ms=now_ms + 1),))
    assert said(life) == {}
    life.platform.record(verifications=(verification._replace(until_ms=now_ms),))
    assert said(life) == {("validity", "expired"): EXPIRED}
    life.platform.record(verifications=(verification._replace(longest_ms=verification.until_ms - 1),))
    assert said(life) == {("validity", "too-long"): EXPIRED}


def test_every_condition_is_named_once() -> None:
    assert len(set(NAMES)) == len(NAMES) == 10
    assert Opinion.of([], 0) == Opinion(Verdict.VERIFIED, ())
    row = Unmet("chain", CANNOT_BE_TOLD, "hole", 5, {"first": 1})
    assert Unmet.from_json(row.as_json()) == row

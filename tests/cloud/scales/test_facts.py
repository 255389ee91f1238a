"""What judging is given of a scale, from what the registry has recorded."""

import pytest
from kit.office import NOW_MS, Office, verify
from kit.signing_scale import MAKER, MODEL, SOFTWARE_HASH, START_S
from steelyard_cloud.errors import TroubleAfter
from steelyard_cloud.judge.checks.material import Identity, Signatures
from steelyard_cloud.judge.contents import state_of
from steelyard_cloud.judge.facts import Baseline, Decision, PermitFact
from steelyard_cloud.judge.starts import device_of
from steelyard_cloud.scales import checked, decisions, facts, permits, store
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.permits import Terms
from steelyard_protocol import downlink
from steelyard_protocol.bodies import Boot
from steelyard_protocol.statement import hash_of, parse

RECEIVED_MS = START_S * 1_000 + 3_600_000
DAY_MS = 86_400_000


def test_facts_are_those_that_were_recorded(office: Office) -> None:
    scale, chain = office.in_scope(), office.scale.chain
    verify(office, Name(4, None))
    terms = Terms(
        fields=(40, 41),
        not_before_s=NOW_MS // 1_000,
        not_after_s=NOW_MS // 1_000 + 60,
        calibration_counter=3,
        configuration_counter=2,
    )
    raw = permits.permit(office.connection, office.regulator, office.desk.authority, scale, terms, NOW_MS)
    decisions.record_decision(
        office.connection, office.regulator, scale, name=Name(3, None), reason="seen", now_ms=NOW_MS
    )
    found = facts.load(office.connection, scale.id)
    assert (found.scale_id, found.shard, found.organisation_id) == (scale.id, scale.shard, office.actor.organisation_id)
    assert (found.division_code, found.scale_type_id) == ("330106", scale.scale_type_id)
    assert (found.active_kid, found.identity_ids) == (office.scale.kid, (scale.identity_id,))
    boot = parse(chain[1]).body
    assert isinstance(boot, Boot)
    (baseline,) = found.facts.baselines
    assert baseline == Baseline(
        kid=office.scale.kid,
        number=4,
        state=state_of(parse(chain[3])),
        hash=hash_of(chain[3]),
        device=device_of(boot),
        committed_ms=RECEIVED_MS,
        recorded_ms=NOW_MS,
        until_ms=NOW_MS - NOW_MS % DAY_MS + 101 * DAY_MS,
        longest_ms=NOW_MS + 1_462 * DAY_MS,
        settled=5,
    )
    (permit,) = found.facts.permits
    assert permit == PermitFact(
        kid=office.scale.kid,
        hash=hash_of(raw),
        what=int(downlink.PermitFor.ADJUST),
        not_before_s=terms.not_before_s,
        not_after_s=terms.not_after_s,
        calibration_counter=3,
        configuration_counter=2,
        fields=frozenset({40, 41}),
        order_number=1,
        locked_at=None,
    )
    assert found.facts.decisions == {Decision(office.scale.kid, 3, hash_of(chain[2]), RECEIVED_MS, 5)}
    assert (found.facts.approved_software, found.facts.retired) == ({SOFTWARE_HASH}, frozenset())
    assert found.facts.period_s == 600
    other = facts.load(office.connection, office.in_scope(office.other).id).facts
    assert (other.baselines, other.permits, other.decisions) == (frozenset(),) * 3
    named = facts.named_statements(office.connection, [scale.id, 10**6])
    assert named == [(scale.id, scale.identity_id, 4)]
    assert facts.named_statements(office.connection, [office.in_scope(office.other).id]) == []


def test_what_is_not_on_record_cannot_be_judged(office: Office) -> None:
    with pytest.raises(LookupError, match="1000000"):
        facts.load(office.connection, 10**6)
    scale, other = office.in_scope(), office.in_scope(office.other)
    of_type = facts.scales_of_type(office.connection, scale.scale_type_id, scale.shard)
    assert (scale.id in of_type, other.id in of_type) == (True, other.shard == scale.shard)
    assert facts.scales_of_type(office.connection, scale.scale_type_id + 1, scale.shard) == []


def test_a_fact_that_would_leave_trouble_behind_it_is_refused(office: Office) -> None:
    """Statement 4 of the third scale changed its parameters without a permit."""
    office.scale = office.cheat
    with pytest.raises(TroubleAfter, match=r"Statement 2 .* parameters \(adjusted\), parameters \(changed\)"):
        verify(office, Name(2, None))
    verify(office, Name(6, None))
    decisions.record_decision(
        office.connection, office.regulator, office.in_scope(), name=Name(3, None), reason="seen", now_ms=NOW_MS
    )


def test_the_three_verdicts_rest_on_what_is_on_record(office: Office) -> None:
    scale = office.in_scope()
    found = checked.material(office.connection, scale, root=b"r" * 32, now_ms=NOW_MS)
    assert found.now_ms == NOW_MS
    assert found.origin is not None
    assert (found.origin.root, found.origin.trusted, found.origin.problem) == (b"r" * 32, True, None)
    assert found.identities == [Identity(office.scale.public_key, office.scale.chain[0])]
    assert found.names == {
        "maker": MAKER,
        "model": MODEL,
        "serial number": office.scale.serial_number,
        "production code": office.scale.production_code,
        "public code": office.scale.code,
    }
    assert found.signatures == Signatures(own=5, linked=0)
    assert [one.head for one in found.summaries] == [5]
    assert found.facts == facts.load(office.connection, scale.id).facts
    assert checked.material(office.connection, scale, root=None, now_ms=NOW_MS).origin is None


def test_the_repair_code_is_that_of_the_newest_start(office: Office) -> None:
    scale, other = office.in_scope(), office.in_scope(office.other)
    assert store.repair_code(office.connection, scale.id, scale.identity_id) == "R-7"
    assert store.repair_code(office.connection, other.id, other.identity_id) is None
    assert store.repair_code(office.connection, other.id, scale.identity_id) is None

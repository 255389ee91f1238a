"""Every act on a scale is on record: what, by whom, and what ingest is told of it."""

from datetime import UTC, datetime, timedelta

import pytest
from kit.office import NOW_MS, TODAY, Office, verify
from kit.sheet import MASSES
from steelyard_cloud import errors
from steelyard_cloud.db.schema import decisions, sheets, verifications
from steelyard_cloud.scales import decisions as decision_acts
from steelyard_cloud.scales import periods, placement, store
from steelyard_cloud.scales.naming import Name
from steelyard_protocol import statement


def test_a_place_and_a_period_are_recorded_with_what_they_were(office: Office) -> None:
    scale = office.in_scope()
    placement.place(office.connection, office.actor, scale, place="Stall 8", now_ms=NOW_MS)
    row = office.in_scope()
    assert (row.place, row.division_code) == ("Stall 8", "330106")
    details = {"place": "Stall 8", "division_code": "330106"}
    details_from = {"place": "Stall 7", "division_code": "330106"}
    assert office.logged() == ("scale.place", f"scale:{scale.id}", {**details, "from": details_from})
    assert office.told(scale.shard) == ("place", scale.id, {})
    periods.register_period(office.connection, office.regulator, scale, period_s=60, reason="busy", now_ms=NOW_MS)
    details_of_period = {"period_s": 60, "from": 600, "reason": "busy"}
    assert office.logged() == ("scale.period", f"scale:{scale.id}", details_of_period)
    assert office.told(scale.shard) == ("period", scale.id, {})
    assert office.in_scope().period_s == 60
    other = office.in_scope(office.other)
    assert (other.place, other.division_code, other.period_s) == ("Stall 7", "330106", 600)


def test_a_verification_names_its_statement_and_start_by_hash(office: Office) -> None:
    scale, chain = office.in_scope(), office.scale.chain
    made = verify(office, Name(4, None))
    day = TODAY + timedelta(days=100)
    row = office.row(verifications)
    assert {name: row[name] for name in row if name not in ("id",)} == {
        "scale_id": scale.id,
        "identity_id": scale.identity_id,
        "number": 4,
        "hash": statement.hash_of(chain[3]),
        "start_hash": statement.hash_of(chain[1]),
        "kind": "initial",
        "valid_until": day,
        "expires_ms": int(datetime.combine(day, datetime.min.time(), UTC).timestamp() + 86_400) * 1_000,
        "seal": "S-9",
        "organisation_id": office.actor.organisation_id,
        "division_code": "330109",
        "recorded_ms": NOW_MS,
        "settled": 5,
        "sheet_id": office.row(sheets)["id"],
    }
    assert (made.id, made.number, made.hash) == (row["id"], 4, statement.hash_of(chain[3]))
    assert made.code == f"V{day.year}-{made.id:06d}"
    details = {"number": 4, "kind": "initial", "seal": "S-9", "hash": made.hash.hex(), "valid_until": day.isoformat()}
    details |= {"verification": made.id, "code": made.code, "masses": [MASSES]}
    details |= {"sheet": office.row(sheets)["hash"].hex()}
    assert office.logged() == ("scale.verify", f"scale:{scale.id}", details)
    assert office.told(scale.shard) == ("verification", scale.id, {"verification": made.id})
    assert office.in_scope().life_stage == "verified"
    assert office.in_scope(office.other).life_stage == "produced"
    (known,) = store.verifications_of(office.connection, scale.id)
    assert (known.id, known.number, known.seal, known.institution) == (made.id, 4, "S-9", "Hengtai Scales")
    assert (known.kind, known.valid_until, known.recorded_ms, known.hash) == ("initial", day, NOW_MS, made.hash)
    assert store.verifications_of(office.connection, office.in_scope(office.other).id) == []


def test_verifications_go_forward_and_never_twice(office: Office) -> None:
    verify(office, Name(4, None))
    with pytest.raises(errors.AlreadyVerified):
        verify(office, Name(None, statement.hash_of(office.scale.chain[3])))
    with pytest.raises(errors.OlderThanBaseline):
        verify(office, Name(2, None))
    verify(office, Name(5, None))
    assert [one.number for one in store.verifications_of(office.connection, office.in_scope().id)] == [5, 4]


def test_what_cannot_be_verified_is_refused(office: Office) -> None:
    for name, error in (
        (Name(1, None), errors.NoBaseline),
        (Name(3, None), errors.NoBaseline),
        (Name(9, None), errors.NotStoredYet),
        (Name(2, statement.hash_of(office.scale.chain[3])), errors.NotStoredYet),
        (Name(None, statement.hash_of(office.other.chain[1])), errors.NotStoredYet),
        (Name(None, bytes(32)), errors.NotStoredYet),
    ):
        with pytest.raises(error):
            verify(office, name)
    for seal in ("", " ", "\u200b", "—"):
        with pytest.raises(errors.CodesMissing, match="seal"):
            verify(office, Name(2, None), seal=seal)


def test_a_verification_ends_on_a_day_to_come_that_the_type_allows(office: Office) -> None:
    for days in (0, -1, 1462):
        with pytest.raises(errors.WrongValue, match="valid_until"):
            verify(office, Name(2, None), days=days)
    verify(office, Name(2, None), days=1461)
    verify(office, Name(4, None), days=1)


def test_a_decision_is_recorded_once_for_a_statement(office: Office) -> None:
    scale = office.in_scope()

    def decide(number: int, reason: str) -> decision_acts.PublicDecision:
        return decision_acts.record_decision(
            office.connection,
            office.regulator,
            scale,
            name=Name(number, None),
            reason=reason,
            now_ms=NOW_MS,
        )

    made = decide(3, "looked at it")
    hash_ = statement.hash_of(office.scale.chain[2])
    assert (made.number, made.hash, made.reason, made.recorded_ms) == (3, hash_, "looked at it", NOW_MS)
    row = office.row(decisions)
    assert {name: row[name] for name in row if name != "id"} == {
        "scale_id": scale.id,
        "identity_id": scale.identity_id,
        "number": 3,
        "hash": hash_,
        "reason": "looked at it",
        "organisation_id": office.actor.organisation_id,
        "division_code": "330109",
        "recorded_ms": NOW_MS,
        "settled": 5,
    }
    details = {"number": 3, "hash": hash_.hex(), "reason": "looked at it"}
    assert office.logged() == ("scale.decide", f"scale:{scale.id}", details)
    assert office.told(scale.shard) == ("decision", scale.id, {})
    with pytest.raises(errors.AlreadyExists):
        decide(3, "again")
    decide(4, "later")
    assert [one.reason for one in decision_acts.decisions_on(office.connection, scale)] == ["later", "looked at it"]
    assert decision_acts.decisions_on(office.connection, office.in_scope(office.other)) == []

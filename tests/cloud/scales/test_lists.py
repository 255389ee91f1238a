"""What people read of many scales: lists, counts, series, and whose scale it is."""

from datetime import date

import pytest
from kit.office import NOW_MS, Office
from kit.registry import EVERYWHERE
from kit.signing_scale import SigningScale
from sqlalchemy import select
from steelyard_cloud.db.schema import standings
from steelyard_cloud.errors import NotFound
from steelyard_cloud.judge.verdict import Freshness, Unmet, Verdict
from steelyard_cloud.people.roles import Principal, Role
from steelyard_cloud.scales import queries, series, statistics, supervision, verdicts
from steelyard_cloud.scales import standings as standing_store
from steelyard_cloud.scales.life.table import Stage
from steelyard_cloud.scales.verdicts import Verification

STRANGER = Principal("token:9", Role.MANUFACTURER, "x", 10**6, "x", None)


def codes(office: Office, text: str = "", *, after: int = 0, limit: int = 9, by: Principal = EVERYWHERE) -> list[str]:
    found = queries.scale_list(office.connection, by, text=text, after=after, limit=limit)
    return [one.code for one in found]


def test_scales_are_listed_page_by_page_for_those_who_may_see_them(office: Office) -> None:
    all_of_them = [one.code for one in (office.scale, office.other, office.cheat, office.unheard)]
    assert codes(office) == all_of_them
    assert codes(office, limit=2) == all_of_them[:2]
    assert codes(office, after=office.in_scope().id) == all_of_them[1:]
    assert codes(office, by=STRANGER) == []
    with pytest.raises(NotFound):
        queries.scale_by_code(office.connection, STRANGER, office.scale.code)
    with pytest.raises(NotFound):
        queries.scale_by_code(office.connection, EVERYWHERE, SigningScale(99).code)
    with pytest.raises(NotFound, match="no code"):
        queries.scale_by_code(office.connection, EVERYWHERE, "no code")


def test_a_search_looks_in_numbers_names_places_and_codes(office: Office) -> None:
    own, everybody = [office.scale.code], codes(office)
    assert codes(office, office.scale.serial_number) == own
    assert codes(office, office.scale.code[:9].lower()) == own
    assert codes(office, f"https://scales.example/s/{office.scale.code}") == own
    for text in ("acs-15", "HENGTAI", "stall 7"):
        assert codes(office, text) == everybody
    for text in ("%", "_", office.scale.code[1:9], "no such thing"):
        assert codes(office, text) == []


def test_a_listed_scale_has_what_is_stored_of_it(office: Office) -> None:
    found = office.in_scope()
    assert (found.head, found.stored, found.key_store_class) == (5, 5, 0)
    assert (found.newest_received_ms, found.freshness.dated_ms) == (office.received_ms, 1_800_003_000_000)
    assert (found.freshness.undated_ms, found.name) == (None, f"ACS-15 {office.scale.serial_number}")
    assert (found.type_approval, found.organisation, found.identity) == ("PA-2026-0417", "Hengtai Scales", found.code)
    assert office.in_scope(office.unheard).stored == office.in_scope(office.unheard).head == 0


def test_totals_are_of_the_scales_that_one_may_see(office: Office) -> None:
    judged = {
        office.in_scope().id: ("0", {"missing": 3, "forks": 1}),
        office.in_scope(office.other).id: ("0", {"missing": 4, "forks": 0}),
    }
    standing_store.write(office.connection, judged, NOW_MS)
    found = statistics.totals(office.connection, EVERYWHERE)
    assert (found.scales, found.identities, found.stored, found.receipt_sent) == (4, 3, 17, 17)
    assert found.gaps >= 7
    assert found.forks >= 1
    assert statistics.totals(office.connection, STRANGER) == (0, 0, 0, 0, 0, 0)


def test_a_standing_is_written_and_told_once(office: Office) -> None:
    scale = office.in_scope()
    standing = {"missing": 2, "forks": 1, "a": [1]}
    for told in ([(scale.shard, ("scale", scale.id, standing))], []):
        assert standing_store.write(office.connection, {scale.id: (scale.shard, standing)}, NOW_MS) == told
    row = office.connection.execute(select(standings).where(standings.c.scale_id == scale.id)).one()
    assert (row.shard, row.standing, row.gaps, row.forks, row.judged_ms) == (
        scale.shard,
        {"missing": 2, "forks": 1, "a": [1]},
        2,
        1,
        NOW_MS,
    )
    assert standing_store.write(office.connection, {scale.id: (scale.shard, {"missing": 0, "forks": 0})}, NOW_MS + 1)
    assert office.in_scope().standing == {"missing": 0, "forks": 0}


def test_a_scale_s_event_is_told_to_those_who_may_see_it(office: Office) -> None:
    one = office.in_scope()
    found = supervision.supervised(office.connection, [one.id, 10**6])
    assert list(found) == [one.id]
    assert found[one.id].code_for(EVERYWHERE) == one.code
    assert found[one.id].code_for(STRANGER) is None
    division = Principal("token:8", Role.REGULATOR, "x", None, "x", "330100")
    assert found[one.id].code_for(division) == one.code
    assert supervision.supervised(office.connection, []) == {}


def test_a_series_has_the_newest_weights_the_oldest_first(office: Office) -> None:
    """Snapshots 3 of each scale; the cheat's last ones weigh under the changed map."""
    (only,) = series.read(office.connection, office.in_scope(), 9)
    assert (only.number, only.at_ms) == (3, 1_800_001_800_000)
    assert (only.gross_mg, only.zero_counts, only.noise_counts, only.temperature_cdeg) == (
        1_000_000,
        100_000,
        38,
        2_000,
    )
    found = series.read(office.connection, office.in_scope(office.cheat), 9)
    assert [one.number for one in found] == [3, 7]
    assert [one.number for one in series.read(office.connection, office.in_scope(office.cheat), 1)] == [7]
    assert found[1].at_ms == office.received_ms, "it had no clock then"
    assert series.read(office.connection, office.in_scope(office.unheard), 9) == []


def verified(number: int, id_: int) -> Verification:
    return Verification(id_, number, bytes(32), "initial", date(2029, 11, 30), "S", "Institute", 5)


def test_the_verification_in_effect_is_that_of_the_baseline() -> None:
    some = [verified(9, 3), verified(4, 2)]
    assert verdicts.in_effect({"baseline_number": 4}, some) == some[1]
    assert verdicts.in_effect({"baseline_number": 5}, some) is None
    assert verdicts.in_effect({}, some) is None
    assert some[1].code == "V2029-000002"


def test_the_verdict_is_of_the_last_judgement_and_of_today() -> None:
    def word(standing: dict[str, object], dated_ms: int | None = 1_000_000, stage: str = "verified") -> Verdict:
        return verdicts.opinion(standing, Freshness(dated_ms, None), 1_000_000, stage).word

    good = {"unmet": [], "registered_period_s": 600}
    assert word({}) is Verdict.NOT_VERIFIED
    assert word({"altered": False}) is Verdict.CANNOT_BE_TOLD, "from before there were conditions"
    assert word(good) is Verdict.VERIFIED
    assert word(good, None) is Verdict.CANNOT_BE_TOLD
    later = Unmet("validity", Verdict.EXPIRED, "over", 1_000_001).as_json()
    now = Unmet("validity", Verdict.EXPIRED, "over", 1_000_000).as_json()
    assert word({**good, "unmet": [later]}) is Verdict.VERIFIED
    assert word({**good, "unmet": [now]}) is Verdict.EXPIRED
    for stage in Stage:
        shown = Verdict.VERIFIED if stage is Stage.VERIFIED else Verdict.NOT_VERIFIED
        assert word(good, stage=stage.value) is shown, "its public verdict follows its life"


@pytest.mark.parametrize(
    ("recorded", "word", "shown"),
    [
        ("verified", Verdict.VERIFIED, "verified"),
        ("verified", Verdict.EXPIRED, "expired"),
        ("verified", Verdict.ALTERED, "in use"),
        ("use forbidden", Verdict.NOT_VERIFIED, "use forbidden"),
        ("produced", Verdict.VERIFIED, "produced"),
    ],
)
def test_only_a_scale_in_use_is_called_verified(recorded: str, word: Verdict, shown: str) -> None:
    assert verdicts.life_stage(recorded, word) == shown

"""What comes after a verification or decision far ahead: the same word on page, API, life stage and evidence file."""

import pytest
from kit.canonical import canonical
from kit.signing_scale import OTHER_SOFTWARE
from kit.world import World
from steelyard_cloud import keys
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import summaries
from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence.check import check_file
from steelyard_cloud.judge import summary_bytes
from steelyard_cloud.people.roles import Role
from steelyard_cloud.statements.keys import load_keys
from steelyard_cloud.statements.made_again import made_again
from steelyard_cloud.statements.stored import StoredStatements
from steelyard_cloud.statements.summaries import load_summary
from steelyard_protocol import identity


@pytest.mark.parametrize("settle", ["verification", "decision"])
def test_a_fact_far_ahead_settles_nothing_that_comes_below_it_later(either: World, settle: str) -> None:
    world, scale = either, either.in_use("F-1")
    late = [scale.boot(software=OTHER_SOFTWARE[2]), scale.snapshot()]
    world.send(scale, [scale.boot(), scale.snapshot()])
    if settle == "verification":
        assert world.verify(scale, scale.number - 1).status_code == 201
        world.until(lambda: world.one(scale)["standing"].get("baseline_number") == 5, "the baseline in effect")
    else:
        body = {"number": scale.number - 1, "reason": "seen on site"}
        path = f"/api/v1/scales/{scale.code}/decisions"
        assert world.client(Role.REGULATOR).post(path, json=body).status_code == 201
    world.until(lambda: world.one(scale)["verdict"] == "verified", "what was stored is settled")
    world.send(scale, late[:1], held=False)  # the clock stands still: the order alone tells
    world.until(lambda: world.one(scale)["verdict"] == "altered", "what came late counts")
    found = world.one(scale)
    assert [one["condition"] for one in found["unmet"]] == ["device"]
    assert "Altered" in world.client(None).get(f"/s/{scale.code}").text
    world.until(lambda: bool(world.alerts()), "the alert on the software")
    answer = world.client(Role.REGULATOR).get(f"/api/v1/alerts/{world.alerts()[0]['id']}/evidence")
    root = identity.thumbprint(keys.read_root_public(world.settings.keys)).hex()
    report = check_file(bundles.read(answer.content), root)
    assert report.verdict.word is not None
    assert (report.verdict.word.value, report.verdict.unmet[0]) == ("altered", ("device", "other-device"))
    world.send(scale, [*late[1:], scale.boot()])
    world.until(lambda: world.one(scale)["verdict"] == "altered", "and goes on counting")


def test_a_summary_that_is_made_again_knows_what_came_late(either: World) -> None:
    world, scale = either, either.in_use("F-2")
    late = [scale.snapshot(), scale.snapshot(lie=1), *scale.open_case()]
    scale.flags = 2
    world.send(scale, [scale.boot(), scale.snapshot()])
    assert world.verify(scale, scale.number - 1).status_code == 201
    world.send(scale, late, held=False)
    world.until(lambda: world.one(scale)["verdict"] == "locked", "what came late counts")
    with database.reading(world.engine) as connection:
        row = connection.execute(summaries.select()).one()
        kept = load_summary(connection, row.identity_id, scale.kid)
        key = load_keys(connection, [scale.kid])[scale.kid]
        again = made_again(StoredStatements(connection, key), scale.kid)
    assert canonical(again) == canonical(kept)
    assert (again.case_latest, again.arrived, again.wrong_weights.latest) == (8, 8, 6)
    kept.seldom = again.seldom = (-1, b"")
    again.revision, again.judged, again.replaced = kept.revision, kept.judged, kept.replaced
    assert summary_bytes.dump(again) == summary_bytes.dump(kept)

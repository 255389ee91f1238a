"""What comes after a verification or decision far ahead: the same word on page, API, life stage and evidence file."""

import pytest
from kit.canonical import canonical
from kit.signing_scale import OTHER_SOFTWARE, SigningScale
from kit.world import SEAL, World
from steelyard_cloud import keys
from steelyard_cloud.db import database, feeds
from steelyard_cloud.db.schema import summaries
from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence.check import check_file
from steelyard_cloud.judge import summary_bytes
from steelyard_cloud.people.roles import Role
from steelyard_cloud.statements.keys import load_keys
from steelyard_cloud.statements.made_again import made_again
from steelyard_cloud.statements.stored import StoredStatements
from steelyard_cloud.statements.summaries import load_summary
from steelyard_protocol import identity, statement
from steelyard_protocol.events import EventKind


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
    assert (again.case_latest, again.arrived, again.wrong_weights.latest) == ((8, 6), 8, 6)
    kept.seldom = again.seldom = (-1, b"")
    again.revision, again.judged, again.replaced = kept.revision, kept.judged, kept.replaced
    assert summary_bytes.dump(again) == summary_bytes.dump(kept)


def test_what_comes_late_calls_the_regulator_once_for_each_time(either: World) -> None:
    """Below the first verification, and again below the next, after the alert of the same kind was closed."""
    world, scale = either, either.scale("F-3")
    assert world.enrol(scale).status_code == 201
    other = [scale.boot(other={3: "ads1232"}), scale.event(EventKind.LOCKED, 1)]
    again = [scale.boot(other={3: "ads1232"}), scale.event(EventKind.LOCKED, 1)]
    verified_anew(world, scale)
    world.send(scale, other, held=False)
    world.until(lambda: len(world.alerts()) == 2, "the alerts")
    named = {one["rule"]: (one["values"]["code"], one["first_number"], one["status"]) for one in world.alerts()}
    assert named == {"device": ("other-device", 3, "open"), "case": ("locked", 4, "open")}
    regulator = world.client(Role.REGULATOR)
    for alert in world.alerts():
        for to in ("investigating", "confirmed", "closed"):
            url = f"/api/v1/alerts/{alert['id']}/transitions"
            assert regulator.post(url, json={"to": to, "reason": "seen on site"}).status_code == 201
    verified_anew(world, scale)
    world.until(lambda: world.one(scale)["verdict"] == "verified", "what was stored is settled")
    assert world.alerts() == []
    world.send(scale, again, held=False)
    world.until(lambda: len(world.alerts()) == 2, "the alerts again")
    named = {one["rule"]: (one["id"], one["first_number"], one["status"]) for one in world.alerts(status="all")}
    assert {rule: (number, status) for rule, (_, number, status) in named.items()} == {
        "device": (5, "regressed"),
        "case": (6, "regressed"),
    }
    page = world.signed_in(Role.REGULATOR).get(f"/alerts/{named['device'][0]}").text
    assert "Not the verified machine" in page
    told = [entry.body for entry in world.entries(feeds.OUTBOX) if entry.topic == "alert"]
    assert [one["status"] for one in told if one["status"] in ("open", "regressed")] == ["open"] * 2 + ["regressed"] * 2


def verified_anew(world: World, scale: SigningScale) -> None:
    """A start is sent and verified, and the baseline is in effect."""
    world.send(scale, [scale.boot(), scale.snapshot()])
    number = scale.number - 1
    world.registry.verify(scale, number, SEAL)  # whatever the scale says of its lock
    world.ingest.wake()
    world.until(lambda: world.one(scale)["standing"].get("baseline_number") == number, "the baseline in effect")


def test_what_has_no_number_is_late_also_by_a_clock_that_is_a_little_behind(either: World) -> None:
    """Another receiver takes over, or the clock is steered: so little behind is no set-back."""
    world, scale = either, either.in_use("F-4")
    world.until(lambda: world.one(scale)["verdict"] == "verified", "the verification")
    world.now -= 1_900
    headless = statement.build(scale.private_key, scale.kid, [3, 0])
    world.send(scale, [headless], held=False)
    world.until(lambda: world.one(scale)["verdict"] == "cannot-be-told", "what came after the verification counts")
    assert {one["condition"] for one in world.one(scale)["unmet"]} == {"consistent"}
    assert {one["rule"] for one in world.alerts()} == {"authenticity"}

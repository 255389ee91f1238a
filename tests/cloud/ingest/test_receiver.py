"""Several receivers, and summaries of another version: the same judgement as that of one."""

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.canonical import canonical
from kit.cloud_desk import Desk
from kit.handing_over import NOW, SEEDS, hand, judgement_of
from kit.signing_scale import SigningScale
from sqlalchemy import select, update
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import identities, summaries
from steelyard_cloud.errors import NotJudgedYet
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.statements import summaries as summary_store
from steelyard_cloud.statements.keys import load_keys_of
from steelyard_protocol.events import EventKind


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_several_receivers_in_any_order_come_to_the_same_as_one(desk: Desk, data: st.DataObject) -> None:
    some = [SigningScale(next(SEEDS)) for _ in range(2)]
    desk.register(*some)
    judged = []
    for scale, shuffled in zip(some, (False, True), strict=True):
        receivers = [desk.receiver() for _ in range(3)]
        hand(receivers[0], scale, scale.enrol(), scale.boot())
        desk.verify(scale, 2)
        raws = [scale.snapshot()]
        permit = desk.permit(scale, [40])
        thief = scale.branch()
        raws += [scale.raise_span(permit=permit), scale.parameters(), scale.snapshot(lie=1), scale.boot()]
        raws += [scale.raise_span(), scale.snapshot(), thief.snapshot(99_000)]
        items = [*scale.chain[:2], *raws, *raws[:3]]
        if shuffled:
            items = data.draw(st.permutations(items))
        while items:
            size = data.draw(st.integers(1, len(items)))
            batch, items = items[:size], items[size:]
            hand(receivers[data.draw(st.integers(0, 2)) if shuffled else 0], scale, *batch)
        for receiver in receivers:
            receiver.close()
        desk.work_off(NOW + 2_000)
        judged.append(judgement_of(desk, scale))
    shapes = [
        {(one.rule, one.code, one.first_number, one.last_number, one.count) for one in judgement.findings}
        for judgement in judged
    ]
    assert shapes[0] == shapes[1]
    assert {(rule, code) for rule, code, *_ in shapes[0]} >= {
        ("parameter_change", "changed"),
        ("weight", "not-recomputable"),
        ("continuity", "fork"),
    }


def test_a_summary_of_another_version_is_made_again_from_the_stored_statements(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    desk.verify(scale, 2)
    thief = scale.branch()
    raws = [scale.event(EventKind.CASE_OPENED, 0, flags=0), *scale.cheat(), scale.boot(), scale.snapshot(lie=2)]
    hand(receiver, scale, *raws, thief.snapshot())
    kept = summary_of(desk, scale)
    with database.writing(desk.engine) as connection:
        connection.execute(update(summaries).values(summary=cbor2.dumps([3, "what release 0.1.0 kept"])))
    again = summary_of(desk, scale)
    assert canonical(again) == canonical(kept)
    assert (again.unchecked, again.rereads) == (kept.unchecked, [])


def test_nothing_is_verified_while_its_summary_is_of_another_version(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    with database.writing(desk.engine) as connection:
        connection.execute(update(summaries).values(summary=cbor2.dumps([3, "what release 0.1.0 kept"])))
    with pytest.raises(NotJudgedYet):
        desk.verify(scale, 2)


def summary_of(desk: Desk, scale: SigningScale) -> Summary:
    with database.reading(desk.engine) as connection:
        identity_id = connection.scalar(select(identities.c.id).where(identities.c.kid == scale.kid))
        key = load_keys_of(connection, [identity_id])[identity_id]
        return summary_store.load_summaries(connection, [key])[identity_id].summary

"""The end of a repair: its code, what was done, and, of a new board, the key that the scale signs with from now on."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select, update
from steelyard_protocol import identity, statement
from steelyard_protocol.bodies import Enrol

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import identities, life_steps, scales
from steelyard_cloud.errors import EnrolmentMalformed, IdentityTaken, Refusal
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import store
from steelyard_cloud.scales.enrolment import read_enrolment
from steelyard_cloud.scales.life.take import Act, Taken, Written, take
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.refusals import NotPermitted, RepairCodeMissing
from steelyard_cloud.scales.subjects import subject_of

LONGEST_CODE = 32


class Report(NamedTuple):
    """What a repairer says: the code that stands on the scale now, what was done, and a new board's enrolment."""

    repair_code: str
    done: str
    enrolment: bytes | None = None


def report(
    connection: Connection, actor: Actor, scale: ScaleInScope, said: Report, *, now_ms: int, seen: int | None = None
) -> Taken:
    """End a repair; the scale waits for its verification then."""
    code = said.repair_code.strip()

    def code_fits() -> Iterable[Refusal]:
        stated = store.stated_repair_code(connection, scale.id, scale.identity_id)
        if not any(map(str.isalnum, code)) or len(code) > LONGEST_CODE:
            yield RepairCodeMissing(why=f"1 to {LONGEST_CODE} characters expected")
        elif stated is not None and stated != code and said.enrolment is None:
            yield RepairCodeMissing(why=f"it states {stated}")

    def key_fits() -> Iterable[Refusal]:
        if said.enrolment is not None:
            if not _permitted(connection, scale):
                yield NotPermitted()
            try:
                _succeeding(connection, scale, said.enrolment)
            except Refusal as refusal:
                yield refusal

    def write() -> Written:
        evidence = {"repair_code": code}
        if said.enrolment is not None:
            first, body = _succeeding(connection, scale, said.enrolment)
            _replace_key(connection, scale, first, body, now_ms)
            evidence["identity"] = identity.to_text(first.kid)
        else:
            feeds.append(connection, feeds.CHANGES, scale.shard, "life", scale.id, {}, now_ms)
        return Written(scale.id, evidence)

    act = Act("repair.report", write, {"repair code": code_fits, "new key": key_fits}, said.done)
    return take(connection, actor, subject_of(scale), act, now_ms, seen)


def _permitted(connection: Connection, scale: ScaleInScope) -> bool:
    """Whether supervision has permitted this repair: since the last one, and since the last verification."""
    c = life_steps.c
    of_scale = (c.kind == "scale", c.object_id == scale.id)
    steps = ("repair.permit", "repair.unlock", "repair.report", "verification.pass")
    newest = select(c.step).where(*of_scale, c.step.in_(steps)).order_by(c.id.desc()).limit(1)
    return connection.scalar(newest) in steps[:2]


def _succeeding(connection: Connection, scale: ScaleInScope, raw: bytes) -> tuple[statement.Statement, Enrol]:
    """The enrolment of a new board of this very scale; raises a Refusal."""
    first, body = read_enrolment(raw, succeeds=True)
    assert body.predecessor is not None
    active = store.active_identity(connection, scale.id)
    if body.predecessor.identity != active.kid:
        raise EnrolmentMalformed(why="it succeeds another key than that of this scale")
    plate = (body.maker, body.model, body.serial_number, body.production_code)
    if plate != (scale.maker, scale.model, scale.serial_number, scale.production_code):
        raise EnrolmentMalformed(why="it names another maker, model, serial number or production code")
    if connection.scalar(select(identities.c.id).where(identities.c.kid == first.kid)) is not None:
        raise IdentityTaken(identity=identity.to_text(first.kid))
    return first, body


def _replace_key(
    connection: Connection, scale: ScaleInScope, first: statement.Statement, body: Enrol, now_ms: int
) -> None:
    before = update(identities).where(identities.c.scale_id == scale.id)
    connection.execute(before.values(active=False))
    store.insert_identity(connection, scale.id, first, body, now_ms)
    shard = connection.execute(select(scales.c.shard).where(scales.c.id == scale.id)).scalar_one()
    entry = {"identity": identity.to_text(first.kid)}
    feeds.append(connection, feeds.CHANGES, shard, "identity", scale.id, entry, now_ms)

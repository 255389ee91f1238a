"""Enrolment: a scale that made its own key becomes a scale on record.

The enrolment statement is statement 1 of the scale's chain and signed by the key that it carries, which proves that
whoever made it holds that key. The registry binds the full thumbprint to the identity, once and for all.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update
from steelyard_protocol import identity, statement
from steelyard_protocol.bodies import Enrol
from steelyard_protocol.enrolment import EnrolAnswer
from steelyard_protocol.plate import reading_key

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import factory_orders, identities, scale_types, scales
from steelyard_cloud.errors import (
    AlreadyExists,
    EnrolmentForged,
    EnrolmentMalformed,
    IdentityTaken,
    NotFound,
    OrderUsedUp,
    OtherType,
    Refusal,
)
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import plate_codes, store
from steelyard_cloud.scales.life.table import Of, Stage
from steelyard_cloud.scales.life.take import Act, Subject, Written, take
from steelyard_cloud.scales.plate_codes import PlateCode
from steelyard_cloud.scales.type_state import type_by_id
from steelyard_cloud.settings import Settings


@dataclass(frozen=True)
class Enrolled:
    """A scale on record: its row, its printed code and the text of the identity that was enrolled."""

    scale_id: int
    public_code: str
    identity: str
    created: bool


def read_enrolment(raw: bytes, *, succeeds: bool = False) -> tuple[statement.Statement, Enrol]:
    """Take an enrolment statement apart and check all that it proves by itself; `succeeds`: it names a predecessor.

    Raises EnrolmentMalformed and EnrolmentForged.
    """
    try:
        first = statement.parse(raw)
    except statement.StatementError as error:
        raise EnrolmentMalformed(why=error) from error
    if first.breaches:
        raise EnrolmentMalformed(why="; ".join(first.breaches))
    if not isinstance(first.body, Enrol):
        raise EnrolmentMalformed(why=f"it is a statement of kind {first.kind} with number {first.number}")
    if first.link != statement.NO_LINK:
        raise EnrolmentMalformed(why="statement 1 links to nothing, this one does")
    if first.body.predecessor is not None and not succeeds:
        raise EnrolmentMalformed(why="it succeeds another key, and successions need an order of repair")
    if first.body.predecessor is None and succeeds:
        raise EnrolmentMalformed(why="it names no key that it succeeds")
    body = first.body
    for text in (body.maker, body.model, body.serial_number, body.production_code):
        if not text.isprintable():
            raise EnrolmentMalformed(why="it names the scale in characters that no label can show")
    point = first.body.signing_point
    if identity.kid(point) != first.kid or not first.verifies(point):
        raise EnrolmentForged
    return first, first.body


def enrol(
    connection: Connection,
    actor: Actor,
    *,
    order: str,
    raw: bytes,
    place: str,
    period_s: int,
    now_ms: int,
    codes: Sequence[PlateCode] = (),
) -> Enrolled:
    """Put a scale on record against a factory order of the acting manufacturer; the same bytes again change nothing.

    `raw` is the enrolment statement as the scale's console gave it; `place` is where it will stand, if known;
    `period_s` is how often it has to report; `codes` are those of other schemes on its plate.
    Raises EnrolmentMalformed, EnrolmentForged, NotFound (order), IdentityTaken, or the reasons of the table's needs.
    """
    first, body = read_enrolment(raw)
    text = identity.to_text(first.kid)
    ordered = _ordered(connection, actor, order)
    if again := _known(connection, first, text):
        return again
    shard = identity.shard(first.kid)

    def write() -> Written:
        _take_one(connection, ordered)
        scale = _scale(actor, ordered, body, text) | {"place": place, "period_s": period_s, "enrolled_ms": now_ms}
        scale_id = int(connection.execute(insert(scales).values(scale).returning(scales.c.id)).scalar_one())
        store.insert_identity(connection, scale_id, first, body, now_ms)
        store.keep_codes(connection, scale_id, codes)
        feeds.append(connection, feeds.CHANGES, shard, "identity", scale_id, {"identity": text}, now_ms)
        return Written(scale_id, {"identity": text, "order": order})

    checks: dict[str, Callable[[], Iterable[Refusal]]] = {
        "type in force": lambda: type_by_id(connection, ordered.scale_type_id).not_in_force(),
        "own numbers": lambda: _not_new(connection, body, ordered, order, codes),
        "order with room": lambda: _no_room(connection, ordered, order),
    }
    taken = take(connection, actor, Subject(Of.SCALE, None, shard), Act("enrol", write, checks), now_ms)
    return Enrolled(taken.id, text, text, created=True)


def _scale(actor: Actor, ordered: "_Order", body: Enrol, code: str) -> dict[str, object]:
    """The row of a scale that is new."""
    return {
        "public_code": code,
        "shard": code[0],
        "maker": body.maker,
        "model": body.model,
        "serial_number": body.serial_number,
        "reading_key": reading_key(body.maker, body.model, body.serial_number),
        "production_code": body.production_code,
        "scale_type_id": ordered.scale_type_id,
        "factory_order_id": ordered.id,
        "organisation_id": actor.organisation_id,
        "division_code": ordered.division_code,
        "life_stage": Stage.PRODUCED.value,
    }


class _Order(NamedTuple):
    id: int
    quantity: int
    division_code: str
    scale_type_id: int
    maker: str
    model: str


def _ordered(connection: Connection, actor: Actor, order: str) -> _Order:
    """The factory order of the acting manufacturer, with the type that it is for; raises NotFound."""
    row = connection.execute(
        select(
            factory_orders.c.id,
            factory_orders.c.quantity,
            factory_orders.c.division_code,
            factory_orders.c.scale_type_id,
            scale_types.c.maker,
            scale_types.c.model,
        )
        .join_from(factory_orders, scale_types)
        .where(factory_orders.c.number == order, factory_orders.c.organisation_id == actor.organisation_id)
    ).first()
    if row is None:
        raise NotFound(what="factory order", name=order)
    return _Order._make(row)


def _not_new(
    connection: Connection, body: Enrol, ordered: _Order, order: str, codes: Sequence[PlateCode]
) -> Iterable[Refusal]:
    """Why a scale cannot be this one: a type that was not ordered, numbers that read like those of another scale."""
    if (body.maker, body.model) != (ordered.maker, ordered.model):
        said, expected = f"{body.maker} {body.model}", f"{ordered.maker} {ordered.model}"
        yield OtherType(said=said, ordered=expected, order=order)
    key = reading_key(body.maker, body.model, body.serial_number)
    if connection.scalar(select(scales.c.id).where(scales.c.reading_key == key)) is not None:
        yield AlreadyExists(what="scale with the serial number", name=body.serial_number)
    code = (scales.c.maker == body.maker, scales.c.production_code == body.production_code)
    if connection.scalar(select(scales.c.id).where(*code).limit(1)) is not None:
        yield AlreadyExists(what="scale with the production code", name=body.production_code)
    yield from plate_codes.taken(connection, codes)


def _no_room(connection: Connection, ordered: _Order, order: str) -> Iterable[Refusal]:
    """Why an order takes no further scale; its row is locked, so that the last place is given once."""
    c = factory_orders.c
    used = connection.scalar(select(c.used).where(c.id == ordered.id).with_for_update(key_share=True))
    return [] if used is not None and used < ordered.quantity else [OrderUsedUp(order=order, quantity=ordered.quantity)]


def _take_one(connection: Connection, ordered: _Order) -> None:
    c = factory_orders.c
    connection.execute(update(factory_orders).where(c.id == ordered.id).values(used=c.used + 1))


def _known(connection: Connection, first: statement.Statement, text: str) -> Enrolled | None:
    held = connection.execute(
        select(identities.c.enrolment, identities.c.scale_id, scales.c.public_code)
        .join_from(identities, scales)
        .where(identities.c.kid == first.kid)
    ).first()
    if held is None:
        return None
    if held.enrolment != first.raw:
        raise IdentityTaken(identity=text)
    return Enrolled(held.scale_id, held.public_code, text, created=False)


def answer(settings: Settings, kid: bytes, key_set: bytes, authority: PlatformKey) -> bytes:
    """What the technician carries back to the console of the scale `kid`: key set, broker and period (enrol-answer)."""
    made = EnrolAnswer(
        identity=kid,
        key_set=key_set,
        host=settings.broker_host,
        port=settings.broker_port,
        tls=settings.broker_tls,
        password=None,
        period_s=settings.period_s,
    )
    return made.sign(authority.private_key, authority.kid)

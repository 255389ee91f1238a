"""Enrolment: a scale that made its own key becomes a scale on record.

The enrolment statement is statement 1 of the scale's chain and signed by the key that it carries, which proves that
whoever made it holds that key. The registry binds the full thumbprint to the identity, once and for all.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update
from steelyard_protocol import identity, statement
from steelyard_protocol.bodies import Enrol
from steelyard_protocol.enrolment import EnrolAnswer

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
)
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.settings import Settings

PRODUCED = "produced"


@dataclass(frozen=True)
class Enrolled:
    """A scale on record: its row, its printed code and the text of the identity that was enrolled."""

    scale_id: int
    public_code: str
    identity: str
    created: bool


def read_enrolment(raw: bytes) -> tuple[statement.Statement, Enrol]:
    """Take an enrolment statement apart and check all that it proves by itself.

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
    if first.body.predecessor is not None:
        raise EnrolmentMalformed(why="it succeeds another key, and successions need an order of repair")
    body = first.body
    for text in (body.maker, body.model, body.serial_number, body.production_code):
        if not text.isprintable():
            raise EnrolmentMalformed(why="it names the scale in characters that no label can show")
    point = first.body.signing_point
    if identity.kid(point) != first.kid or not first.verifies(point):
        raise EnrolmentForged
    return first, first.body


def enrol(
    connection: Connection, actor: Actor, *, order: str, raw: bytes, place: str, period_s: int, now_ms: int
) -> Enrolled:
    """Put a scale on record against a factory order of the acting manufacturer; the same bytes again change nothing.

    `raw` is the enrolment statement as the scale's console gave it; `place` is where it will stand, if known;
    `period_s` is how often it has to report.
    Raises EnrolmentMalformed, EnrolmentForged, NotFound (order), IdentityTaken, AlreadyExists (serial number,
    production code), OtherType and OrderUsedUp.
    """
    first, body = read_enrolment(raw)
    text = identity.to_text(first.kid)
    ordered = _ordered(connection, actor, order)
    if again := _known(connection, first, text):
        return again
    _check_new(connection, body, ordered, order)
    _take_one(connection, ordered, order)
    shard = identity.shard(first.kid)
    scale = {
        "public_code": text,
        "shard": shard,
        "maker": body.maker,
        "model": body.model,
        "serial_number": body.serial_number,
        "production_code": body.production_code,
        "scale_type_id": ordered.scale_type_id,
        "factory_order_id": ordered.id,
        "organisation_id": actor.organisation_id,
        "division_code": ordered.division_code,
        "place": place,
        "life_stage": PRODUCED,
        "period_s": period_s,
        "enrolled_ms": now_ms,
    }
    scale_id = _insert(connection, scale, first, body, text)
    record(connection, actor, "scale.enrol", f"scale:{scale_id}", {"identity": text, "order": order}, now_ms)
    feeds.append(connection, feeds.CHANGES, shard, "identity", scale_id, {"identity": text}, now_ms)
    return Enrolled(scale_id, text, text, created=True)


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


def _check_new(connection: Connection, body: Enrol, ordered: _Order, order: str) -> None:
    """Raise OtherType for a type that was not ordered, AlreadyExists for a serial number or code on record."""
    if (body.maker, body.model) != (ordered.maker, ordered.model):
        said, expected = f"{body.maker} {body.model}", f"{ordered.maker} {ordered.model}"
        raise OtherType(said=said, ordered=expected, order=order)
    serial = (scales.c.maker == body.maker, scales.c.model == body.model, scales.c.serial_number == body.serial_number)
    if connection.scalar(select(scales.c.id).where(*serial)) is not None:
        raise AlreadyExists(what="scale with the serial number", name=body.serial_number)
    code = (scales.c.maker == body.maker, scales.c.production_code == body.production_code)
    if connection.scalar(select(scales.c.id).where(*code).limit(1)) is not None:
        raise AlreadyExists(what="scale with the production code", name=body.production_code)


def _take_one(connection: Connection, ordered: _Order, order: str) -> None:
    """Count one scale more of the order; raises OrderUsedUp."""
    taken = connection.execute(
        update(factory_orders)
        .where(factory_orders.c.id == ordered.id, factory_orders.c.used < factory_orders.c.quantity)
        .values(used=factory_orders.c.used + 1)
    )
    if taken.rowcount != 1:
        raise OrderUsedUp(order=order, quantity=ordered.quantity)


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


def _insert(
    connection: Connection, scale: dict[str, object], first: statement.Statement, body: Enrol, text: str
) -> int:
    scale_id = int(connection.execute(insert(scales).values(scale).returning(scales.c.id)).scalar_one())
    connection.execute(
        insert(identities).values(
            scale_id=scale_id,
            kid=first.kid,
            text=text,
            shard=scale["shard"],
            thumbprint=identity.thumbprint(body.signing_point),
            public_key=body.signing_point,
            agreement_key=body.agreement_point,
            key_store_class=body.key_store_class,
            enrolment=first.raw,
            active=True,
            enrolled_ms=scale["enrolled_ms"],
        )
    )
    return scale_id


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

"""Unlock codes: what an authorised person tells a locked scale, recorded with who it was before it is given out.

The record is an order to unlock like any other, signed and in the evidence, but it is not sent: the code stands for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select
from steelyard_protocol import agreement, ocra
from steelyard_protocol.agreement import Purpose
from steelyard_protocol.codes import ORDER_OF_CODES, check_digit, key_number
from steelyard_protocol.downlink import PermitFor

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import identities, permits
from steelyard_cloud.errors import OtherUnlockKey, Refusal, WrongCheckDigit
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import store
from steelyard_cloud.scales.life.take import Act, Written, take
from steelyard_cloud.scales.permits import Terms, newest_lock, record_permit
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.subjects import subject_of

WINDOW_S = 86_400


@dataclass(frozen=True)
class Shown:
    """What the locked scale shows: number of its unlock key, question and check digit, as they are read; and why."""

    key: str
    question: str
    check_digit: str
    reason: str
    locked_at: int | None = None


@dataclass(frozen=True)
class UnlockKeys:
    """The platform's key for codes, and the one that signs the order for which a code stands."""

    unlock: PlatformKey
    authority: PlatformKey


def answer(
    connection: Connection, actor: Actor, keys: UnlockKeys, scale: ScaleInScope, shown: Shown, now_ms: int
) -> str:
    """The 8 digits that open the scale, recorded as an order to unlock that answers its newest lock on record.

    The same question gives the same digits, and one order. Raises WrongCheckDigit, OtherUnlockKey and NotFound.
    """
    identity = store.active_identity(connection, scale.id)
    order = ORDER_OF_CODES + int(shown.question)

    def fits() -> Iterable[Refusal]:
        if check_digit(shown.key + shown.question) != shown.check_digit:
            yield WrongCheckDigit()
        elif (ours := key_number(keys.unlock.kid)) != shown.key:
            yield OtherUnlockKey(theirs=shown.key, ours=ours)

    def write() -> Written:
        c = permits.c
        recorded = select(c.id).where(c.identity_id == identity.id, c.order_number == order)
        if connection.scalar(recorded) is None:
            terms = _terms(connection, scale, shown, now_ms)
            record_permit(connection, actor, keys.authority, scale, terms, order, now_ms)
            feeds.append(connection, feeds.CHANGES, scale.shard, "unlock", scale.id, {}, now_ms)
        return Written(scale.id, {"order": order})

    act = Act("repair.unlock", write, {"lock": fits}, shown.reason, action="scale.unlock")
    take(connection, actor, subject_of(scale), act, now_ms)
    own = connection.execute(select(identities.c.agreement_key).where(identities.c.id == identity.id)).scalar_one()
    secret = agreement.agree(keys.unlock.private_key, own)
    key = agreement.code_key(secret, Purpose.UNLOCK, ocra.UNLOCK, own, keys.unlock.public_key)
    return ocra.response(ocra.UNLOCK, key, shown.question)


def _terms(connection: Connection, scale: ScaleInScope, shown: Shown, now_ms: int) -> Terms:
    now_s = now_ms // 1000
    return Terms(
        what=PermitFor.UNLOCK,
        locked_at=newest_lock(connection, scale) if shown.locked_at is None else shown.locked_at,
        fields=(),
        not_before_s=now_s,
        not_after_s=now_s + WINDOW_S,
        calibration_counter=int(scale.standing.get("calibration_counter") or 0),
        configuration_counter=int(scale.standing.get("configuration_counter") or 0),
    )

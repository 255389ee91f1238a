"""Fresh codes: what a scale has signed for whoever stands before it, read, and compared with what was verified.

Authentic codes alone are remembered, the newest of each identity; so what is stored is bounded by what scales sign. A
fresh code never improves a verdict.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select
from steelyard_protocol import fresh, identity
from steelyard_protocol.fresh import FreshCode
from steelyard_protocol.head import Flag
from steelyard_protocol.parameters import KEYS, unit_mg

from steelyard_cloud.clock import SKEW_MS
from steelyard_cloud.db.schema import fresh_codes, identities, scale_types, scales, standings
from steelyard_cloud.db.upsert import insert_missing
from steelyard_cloud.errors import FreshForged, FreshMalformed, FreshUnknown
from steelyard_cloud.scales import facts

KEPT = 256
"""So many codes of an identity are remembered."""


class Seen(StrEnum):
    """Whether a code was shown to this platform before."""

    NEVER = "never"
    BEFORE = "before"
    CANNOT_BE_TOLD = "cannot-be-told"


@dataclass(frozen=True)
class FreshRead:
    """An authentic code, the scale that signed it, and when it was first seen (Unix ms).

    `against` are codes for what it contradicts: *key*, *software*, *number*, *parameters*, *locked*. `older` says that
    its number is below that of the statement that the verification in effect names. `unit_mg` is what the scale's type
    counts in, None where the type does not say.
    """

    code: FreshCode
    public_code: str
    seen: Seen
    first_ms: int
    against: tuple[str, ...]
    older: bool
    unit_mg: int | None


def authentic(connection: Connection, digits: str) -> tuple[FreshCode, Row[Any]]:
    """The code in a decimal number and the identity that has signed it.

    Raises FreshMalformed, FreshUnknown and FreshForged.
    """
    try:
        code = fresh.parse(fresh.from_digits(digits))
    except fresh.FreshError as error:
        raise FreshMalformed from error
    signer = connection.execute(
        select(identities, scales.c.public_code).join_from(identities, scales).where(identities.c.kid == code.identity)
    ).first()
    if signer is None:
        raise FreshUnknown(identity=identity.to_text(code.identity))
    if not code.verifies(signer.public_key):
        raise FreshForged(identity=signer.text)
    return code, signer


def take(connection: Connection, code: FreshCode, signer: Row[Any], now_ms: int) -> FreshRead:
    """Remember what `authentic` gave, and compare it with what was verified."""
    seen, first_ms = _remember(connection, signer.id, code, now_ms)
    against, older = _compared(connection, signer, code)
    of_type = select(scale_types.c.parameters).join_from(scales, scale_types).where(scales.c.id == signer.scale_id)
    parameters = {int(key): value for key, value in (connection.execute(of_type).scalar_one() or {}).items()}
    unit = unit_mg(parameters) if KEYS["e_mg"] in parameters else None
    return FreshRead(code, signer.public_code, seen, first_ms, against, older, unit)


def _remember(connection: Connection, identity_id: int, code: FreshCode, now_ms: int) -> tuple[Seen, int]:
    """Whether it was seen, and when first. Of codes older than those that are kept nobody can tell."""
    c = fresh_codes.c
    own, hash_ = c.identity_id == identity_id, sha256(code.payload).digest()[:16]
    first_ms = connection.scalar(select(c.first_ms).where(own, c.hash == hash_))
    if first_ms is not None:
        return Seen.BEFORE, first_ms
    count: int = connection.execute(select(func.count()).where(own)).scalar_one()
    if count >= KEPT:
        oldest = connection.execute(
            select(c.hash, c.number, c.signed_s).where(own).order_by(c.number, c.signed_s, c.hash).limit(1)
        ).one()
        if (code.head_number, code.time) <= (oldest.number, oldest.signed_s):
            return Seen.CANNOT_BE_TOLD, now_ms
        connection.execute(delete(fresh_codes).where(own, c.hash == oldest.hash))
    row = {"identity_id": identity_id, "hash": hash_, "number": code.head_number, "signed_s": code.time}
    added = insert_missing(connection, fresh_codes, [{**row, "first_ms": now_ms}])
    return (Seen.NEVER if added else Seen.BEFORE), now_ms  # somebody else may have shown it in this very moment


def _compared(connection: Connection, signer: Row[Any], code: FreshCode) -> tuple[tuple[str, ...], bool]:
    """What the code contradicts, and whether it is older than the verification in effect."""
    known = facts.load(connection, signer.scale_id).facts
    standing = connection.scalar(select(standings.c.standing).where(standings.c.scale_id == signer.scale_id)) or {}
    number = standing.get("baseline_number")
    baseline = next((one for one in known.baselines if (one.kid, one.number) == (code.identity, number)), None)
    against = []
    if not signer.active:
        against.append("key")
    if not any(one[:16] == code.software for one in known.approved_software):
        against.append("software")
    older = baseline is not None and code.head_number < baseline.number
    if baseline and older and code.time * 1000 > baseline.committed_ms + SKEW_MS:
        against.append("number")
    state = baseline.state if baseline else None
    if state and not older:
        said = (code.digest, code.calibration_counter, code.configuration_counter)
        if said != (state.digest, state.calibration_counter, state.configuration_counter):
            against.append("parameters")
    if code.flags & (Flag.LOCKED | Flag.CASE_OPEN):
        against.append("locked")
    return tuple(against), older

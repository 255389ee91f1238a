"""Check codes: a question for the scale's display, and whether the answer is that of approved software and the verified
parameters.

Questions last ten minutes, stand a few tries, and are limited for each scale; those of the last hour are stored.
"""

import hashlib
import secrets

from sqlalchemy import Connection, delete, func, insert, select, update
from steelyard_protocol import agreement, cbor, ocra
from steelyard_protocol.agreement import Purpose

from steelyard_cloud.db.schema import check_questions, identities, scales, standings
from steelyard_cloud.errors import NoQuestion, NotFound, NothingToCheck, TooManyQuestions
from steelyard_cloud.judge.maps import map_of, state_at
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.scales import codes, facts
from steelyard_cloud.statements import queries as statement_queries

LASTS_MS = 10 * 60 * 1000
HOUR_MS = 60 * 60 * 1000
MOST = 1_000
"""So many questions about one scale in an hour, whoever asks: a bound for what is stored."""
TRIES = 3
QUESTIONS = 10**8


def ask(connection: Connection, code: str, now_ms: int) -> str:
    """A question of 8 digits for the scale with this public code; raises NotFound, NothingToCheck, TooManyQuestions."""
    scale_id, _, _ = _sessions(connection, code)
    c = check_questions.c
    connection.execute(delete(check_questions).where(c.scale_id == scale_id, func.abs(now_ms - c.asked_ms) >= HOUR_MS))
    asked = set(connection.scalars(select(c.question).where(c.scale_id == scale_id)))
    if len(asked) >= MOST:
        raise TooManyQuestions
    question = next(one for one in iter(lambda: secrets.randbelow(QUESTIONS), None) if one not in asked)
    row = {"scale_id": scale_id, "question": question, "tries": 0, "asked_ms": now_ms}
    connection.execute(insert(check_questions).values(row))
    return f"{question:08d}"


def is_answer(connection: Connection, unlock: PlatformKey, code: str, question: str, answer: str, now_ms: int) -> bool:
    """Whether the scale answers as one with approved software and the verified parameters does.

    A right answer ends the question, and so do three wrong ones. Raises NotFound, NothingToCheck and NoQuestion.
    """
    scale_id, own, sessions = _sessions(connection, code)
    c = check_questions.c
    this = (c.scale_id == scale_id, c.question == int(question))
    open_ = connection.execute(
        update(check_questions)
        .where(*this, c.tries < TRIES, c.asked_ms <= now_ms, c.asked_ms > now_ms - LASTS_MS)
        .values(tries=c.tries + 1)
    )
    if open_.rowcount != 1:
        raise NoQuestion
    secret = agreement.agree(unlock.private_key, own)
    key = agreement.code_key(secret, Purpose.CHECK, ocra.CHECK, own, unlock.public_key)
    right = [ocra.response(ocra.CHECK, key, question, session=session) for session in sessions]
    if not any(secrets.compare_digest(one, answer) for one in right):
        return False
    connection.execute(update(check_questions).where(*this).values(tries=TRIES))
    return True


def _sessions(connection: Connection, code: str) -> tuple[int, bytes, list[bytes]]:
    """The scale's id and agreement key, and software hash with parameter hash for each approved software.

    Raises NotFound, and NothingToCheck where no verified parameters are stored.
    """
    row = connection.execute(
        select(scales.c.id, identities.c.id.label("identity_id"), identities.c.agreement_key, standings.c.standing)
        .select_from(scales)
        .join(identities, (identities.c.scale_id == scales.c.id) & identities.c.active)
        .outerjoin(standings, standings.c.scale_id == scales.c.id)
        .where(scales.c.public_code == codes.read(code))
    ).first()
    if row is None:
        raise NotFound(what="scale", name=code)
    number = (row.standing or {}).get("baseline_number")
    summary = statement_queries.summary_of(connection, row.id, row.identity_id) if number else None
    state = state_at(summary, number) if summary and number else None
    verified = map_of(summary, state.digest) if summary and state else None
    approved = facts.load(connection, row.id).facts.approved_software
    if verified is None or not approved:
        raise NothingToCheck
    parameters = hashlib.sha256(cbor.encode(dict(verified))).digest()
    return row.id, row.agreement_key, [software + parameters for software in sorted(approved)]

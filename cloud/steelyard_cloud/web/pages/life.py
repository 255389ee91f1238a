"""The life of a scale in plain words: who verified and permitted, what its statements tell, what was decided."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select
from steelyard_protocol import statement
from steelyard_protocol.bodies import Boot, Event, EventKind, Kind, ParameterChange

from steelyard_cloud.db.schema import alert_events, organisations, permits, tokens, users
from steelyard_cloud.scales import queries
from steelyard_cloud.scales.queries import Scale, Verification
from steelyard_cloud.web.words import wording
from steelyard_cloud.web.words.i18n import N_, Speech

TOLD_BY_THE_SCALE = 60
_GRAVE = (EventKind.CASE_OPENED, EventKind.LOCKED, EventKind.JOURNAL_LOST, EventKind.ROLLED_BACK, EventKind.WRONG_CODE)


@dataclass(frozen=True)
class Moment:
    """One line of a timeline; `number` is the statement that tells of it, if one does."""

    at: datetime
    text: str
    tone: str = ""
    number: int | None = None


def _at_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def timeline(
    connection: Connection, scale: Scale, verified: list[Verification], speech: Speech, unexplained: set[int]
) -> list[Moment]:
    """The newest first; `unexplained` are the numbers of changes that no permit covers."""
    moments = [Moment(_at_ms(scale.enrolled_ms), speech.say(N_("Enrolled by its maker, with its own key")), "person")]
    moments += [
        Moment(
            _at_ms(one.recorded_ms),
            speech.say(
                N_("Verified by {institution}, valid until {until}"),
                institution=one.institution,
                until=one.valid_until.isoformat(),
            ),
            "good",
            one.number,
        )
        for one in verified
    ]
    moments += _permits(connection, scale, speech)
    moments += _told(connection, scale, speech, unexplained)
    return sorted(moments, key=lambda one: (one.at, one.number or 0), reverse=True)


def _permits(connection: Connection, scale: Scale, speech: Speech) -> list[Moment]:
    query = (
        select(permits.c.recorded_ms, permits.c.fields, organisations.c.name)
        .join_from(permits, organisations)
        .where(permits.c.scale_id == scale.id)
        .order_by(permits.c.id.desc())
        .limit(20)
    )
    return [
        Moment(
            _at_ms(row.recorded_ms),
            speech.say(
                N_("Adjustment permitted by {who}: {fields}"),
                who=row.name,
                fields=", ".join(wording.parameter_name(speech, key) for key in row.fields),
            ),
            "person",
        )
        for row in connection.execute(query)
    ]


def _told(connection: Connection, scale: Scale, speech: Speech, unexplained: set[int]) -> list[Moment]:
    rows = [
        row for kind in (Kind.BOOT, Kind.EVENT) for row in queries.newest(connection, scale, kind, TOLD_BY_THE_SCALE)
    ]
    moments = []
    for row in sorted(rows, key=lambda row: row.number, reverse=True)[:TOLD_BY_THE_SCALE]:
        one = statement.parse(row.raw)
        at = datetime.fromtimestamp(one.time, UTC) if one.time else _at_ms(row.received_ms)
        text, tone = describe(one, speech, unexplained)
        moments.append(Moment(at, text, tone, one.number))
    return moments


def describe(one: statement.Statement, speech: Speech, unexplained: set[int]) -> tuple[str, str]:
    """A boot or event statement in words, and its tone."""
    body = one.body
    if isinstance(body, Boot):
        software = body.software
        return speech.say(
            N_("Started with software {name} {version}"), name=software.name, version=software.version
        ), ""
    if isinstance(body, Event):
        facts = body.facts
        text = wording.event_sentence(speech, body, one.time)
        if isinstance(facts, ParameterChange):
            if one.number in unexplained:
                return text + speech.say(N_(" — without a permit")), "tamper"
            return text, "person"
        return text, "tamper" if body.kind in _GRAVE else ""
    return speech.say(N_("A statement of an unknown kind")), ""


def decisions(connection: Connection, alert_id: int, speech: Speech) -> list[Moment]:
    """What happened to an alert, the newest first; people by the name that the registry has for them."""
    rows = connection.execute(
        select(alert_events).where(alert_events.c.alert_id == alert_id).order_by(alert_events.c.id.desc()).limit(100)
    ).all()
    moments = []
    for row in rows:
        text = f"{wording.state(speech, row.to_state)} · {_name(connection, row.actor, speech)}"
        if row.reason:
            text += f": {row.reason}"
        moments.append(Moment(_at_ms(row.at_ms), text, "person" if row.reason else ""))
    return moments


def _name(connection: Connection, actor: str, speech: Speech) -> str:
    kind, _, row = actor.partition(":")
    table = {"user": users, "token": tokens}.get(kind)
    name = connection.scalar(select(table.c.name).where(table.c.id == int(row))) if table is not None else None
    return str(name) if name else speech.say(N_("the platform"))

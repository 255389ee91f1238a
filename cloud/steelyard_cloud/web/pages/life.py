"""The life of a scale in plain words: who verified and permitted, what its statements tell, what was decided."""

from dataclasses import dataclass
from datetime import UTC, datetime

from steelyard_protocol import statement
from steelyard_protocol.bodies import Boot, Kind
from steelyard_protocol.events import Event, EventKind, ParameterChange

from steelyard_cloud.alerts import queries as alert_queries
from steelyard_cloud.alerts.queries import AlertInScope
from steelyard_cloud.db.database import Connection
from steelyard_cloud.scales import permits, reported
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.verdicts import Verification
from steelyard_cloud.web.words.events import event_sentence
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.parameters import parameter_name
from steelyard_cloud.web.words.states import alert_state

TOLD_BY_THE_SCALE = 60
PERMITS_SHOWN = 20
STEPS_SHOWN = 100
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
    connection: Connection, scale: ScaleInScope, verified: list[Verification], speech: Speech, unexplained: set[int]
) -> list[Moment]:
    """The newest first; `unexplained` are the numbers of changes that no permit covers."""
    moments = [Moment(_at_ms(scale.enrolled_ms), speech.say(N_("Enrolled by its maker with its own key")), "person")]
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


def _permits(connection: Connection, scale: ScaleInScope, speech: Speech) -> list[Moment]:
    return [
        Moment(
            _at_ms(one.recorded_ms),
            speech.say(
                N_("Adjustment permitted by {who}: {fields}"),
                who=one.organisation,
                fields=", ".join(parameter_name(speech, key) for key in one.fields),
            ),
            "person",
        )
        for one in permits.permits_of(connection, scale, PERMITS_SHOWN)
    ]


def _told(connection: Connection, scale: ScaleInScope, speech: Speech, unexplained: set[int]) -> list[Moment]:
    rows = [
        row
        for kind in (Kind.BOOT, Kind.EVENT)
        for row in reported.newest_of_kind(connection, scale, kind, TOLD_BY_THE_SCALE)
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
        text = event_sentence(speech, body, one.time)
        if isinstance(facts, ParameterChange):
            if one.number in unexplained:
                return text + speech.say(N_(" — without a permit")), "tamper"
            return text, "person"
        return text, "tamper" if body.kind in _GRAVE else ""
    return speech.say(N_("A statement of an unknown kind")), ""


def decisions(connection: Connection, alert: AlertInScope, speech: Speech) -> list[Moment]:
    """What happened to an alert, the newest first."""
    moments = []
    for step in alert_queries.steps_of(connection, alert, STEPS_SHOWN):
        by = step.by or speech.say(N_("the platform"))
        text = f"{alert_state(speech, step.to_status)} · {by}"
        if step.reason:
            text += f": {step.reason}"
        moments.append(Moment(_at_ms(step.at_ms), text, "person" if step.reason else ""))
    return moments

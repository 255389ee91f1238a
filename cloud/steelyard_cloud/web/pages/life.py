"""The life of a scale in plain words: who verified and permitted, what its statements tell, what was decided."""

from dataclasses import dataclass
from datetime import UTC, datetime

from steelyard_protocol import statement
from steelyard_protocol.bodies import Boot, Kind
from steelyard_protocol.downlink import PermitFor
from steelyard_protocol.events import Event, EventKind, ParameterChange

from steelyard_cloud.alerts import queries as alert_queries
from steelyard_cloud.alerts.queries import AlertInScope
from steelyard_cloud.db.database import Connection
from steelyard_cloud.scales import permits, reported
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.reported import StatementRead
from steelyard_cloud.scales.verdicts import Verification
from steelyard_cloud.web.http.fields import MOST
from steelyard_cloud.web.words.events import event_sentence
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.parameters import parameter_name
from steelyard_cloud.web.words.states import alert_state

SHOWN = 20
EARLIER_CHANGES = 10
"""So many older changes of parameters stay in sight, whatever else happened since."""
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


@dataclass(frozen=True)
class Life:
    """One page of a scale's life, the newest first, and the changes of parameters before it.

    `before` is where the next page starts, None on the last.
    """

    moments: list[Moment]
    earlier_changes: list[Moment]
    before: int | None


def of(
    connection: Connection,
    scale: ScaleInScope,
    verified: list[Verification],
    speech: Speech,
    unexplained: set[int],
    before: int | None = None,
) -> Life:
    """What lies below the number `before`; `unexplained` are the numbers of changes that no permit covers.

    Order is by the number of the statement: neither the scale's clock nor the order of arrival decides. A verification
    stands at the statement that it names, a permit behind the statements that had arrived when it was recorded.
    """
    rows = [
        row
        for kind in (Kind.BOOT, Kind.EVENT)
        for row in reported.newest_of_kind(connection, scale, kind, SHOWN + 1, before)
    ]
    rows.sort(key=lambda row: (row.number, row.hash), reverse=True)
    page = [row for row in rows if row.number >= rows[:SHOWN][-1].number] if rows else []
    more = len(rows) > len(page)
    lowest = page[-1].number if more else 0
    placed = [(row.number, 0, _moment(row, speech, unexplained)) for row in page]
    placed += [(one.number, 1, _verified(one, speech)) for one in verified if lowest <= one.number < (before or MOST)]
    placed += _permits(connection, scale, speech, page, before=before, last=not more)
    if not more:
        enrolled = speech.say(N_("Enrolled by its maker with its own key"))
        placed.append((1, 1, Moment(_at_ms(scale.enrolled_ms), enrolled, "person")))
    changes = reported.newest_changes(connection, scale, EARLIER_CHANGES, lowest) if more else []
    return Life(
        moments=[moment for _, _, moment in sorted(placed, key=lambda one: one[:2], reverse=True)],
        earlier_changes=[_moment(row, speech, unexplained) for row in changes],
        before=lowest if more else None,
    )


def _verified(one: Verification, speech: Speech) -> Moment:
    text = speech.say(
        N_("Verified by {institution}, valid until {until}"),
        institution=one.institution,
        until=one.valid_until.isoformat(),
    )
    return Moment(_at_ms(one.recorded_ms), text, "good", one.number)


PERMITTED = {
    PermitFor.UNLOCK: N_("Unlocking permitted by {who}"),
    PermitFor.ADJUST: N_("Adjustment permitted by {who}: {fields}"),
    PermitFor.REPAIR: N_("Repair permitted by {who}"),
    PermitFor.UPDATE: N_("Update permitted by {who}"),
}


def _permits(
    connection: Connection,
    scale: ScaleInScope,
    speech: Speech,
    page: list[StatementRead],
    *,
    before: int | None,
    last: bool,
) -> list[tuple[int, int, Moment]]:
    """The permits that belong on a page: recorded after its oldest statement came, and before the one above it did."""
    above = reported.statement_at(connection, scale, before) if before else None
    until_ms = above.received_ms if above else MOST
    from_ms = 0 if last or not page else page[-1].received_ms
    placed = []
    for one in permits.permits_of(connection, scale, PERMITS_SHOWN):
        if not from_ms <= one.recorded_ms < until_ms:
            continue
        fields = ", ".join(parameter_name(speech, key) for key in one.fields)
        text = speech.say(PERMITTED[one.what], who=one.organisation, fields=fields)
        arrived = [row.number for row in page if row.received_ms <= one.recorded_ms]
        placed.append((max(arrived, default=0), 2, Moment(_at_ms(one.recorded_ms), text, "person")))
    return placed


def _moment(row: StatementRead, speech: Speech, unexplained: set[int]) -> Moment:
    one = statement.parse(row.raw)
    text, tone = describe(one, speech, unexplained)
    at = datetime.fromtimestamp(one.time, UTC) if one.time else _at_ms(row.received_ms)
    return Moment(at, text, tone, one.number)


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

"""The regulator's desk: the list of alerts, and one alert from top to bottom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from steelyard_cloud.alerts import decisions
from steelyard_cloud.alerts import queries as alert_queries
from steelyard_cloud.alerts.queries import AlertInScope, Filters
from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.judge.rules import parameter_change
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import DECIDES_ALERTS, SEES_ALERTS, Principal
from steelyard_cloud.scales import queries, reported
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.web.http.context import Context, Here, Reader, needs
from steelyard_cloud.web.http.downloads import AskedSpan, evidence_response
from steelyard_cloud.web.http.fields import MOST, Before, Id, Search
from steelyard_cloud.web.pages import life, opinions
from steelyard_cloud.web.pages.comparison import Comparison, compare
from steelyard_cloud.web.pages.forms import FormSender
from steelyard_cloud.web.pages.opinions import Opinion
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.findings import RULES, SEVERITIES, finding_sentence, finding_title, severity
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.states import STATES, alert_state

router = APIRouter()
PAGE_LENGTH = 50
REASON = (3, 500)
MOST_AT_ONCE = 200
DECISIONS = ("acknowledged", "investigating", "confirmed", "authorised", "false", "closed")

Reads = Annotated[Principal, Depends(needs(SEES_ALERTS))]
Decides = Annotated[Principal, Depends(needs(DECIDES_ALERTS))]


@dataclass(frozen=True)
class AlertRow:
    """One line of the list."""

    alert: AlertInScope
    title: str
    sentence: str
    severity: str
    tone: str
    status: str
    opened: datetime | None
    ago: str


def row_of(alert: AlertInScope, speech: Speech, now: datetime) -> AlertRow:
    """An alert as a line."""
    word, tone = severity(speech, alert.severity)
    opened = queries.moment(alert.opened_ms)
    return AlertRow(
        alert=alert,
        title=finding_title(speech, alert.rule, alert.values),
        sentence=finding_sentence(speech, alert.rule, alert.values),
        severity=word,
        tone=tone,
        status=alert_state(speech, alert.status),
        opened=opened,
        ago=speech.ago(opened, now),
    )


@router.get("/alerts")
def alert_list(
    request: Request,
    here: Here,
    speech: Reader,
    principal: Reads,
    state: Annotated[str, Query(max_length=20)] = "undecided",
    severity: Annotated[str, Query(pattern="^[123]?$")] = "",
    rule: Annotated[str, Query(max_length=40)] = "",
    q: Search = "",
    before: Before = None,
) -> Response:
    """The list; its filters live in the URL."""
    filters = Filters(state, int(severity) if severity else None, rule, q.strip())
    here.log_list(principal, "alert", **vars(filters))
    with here.reading() as connection:
        found = alert_queries.alert_list(connection, principal, filters, before=before, limit=PAGE_LENGTH + 1)
        total = alert_queries.alert_count(connection, principal, filters)
        undecided = alert_queries.alert_count(connection, principal, Filters())
    more = len(found) > PAGE_LENGTH
    query: dict[str, Any] = {**request.query_params, "before": found[PAGE_LENGTH - 1].id if more else 0}
    return page(
        request,
        speech,
        "alerts.html",
        principal=principal,
        rows=[row_of(alert, speech, here.now()) for alert in found[:PAGE_LENGTH]],
        total=total,
        undecided=undecided,
        filters=filters,
        states=[
            ("undecided", speech.say(N_("Undecided"))),
            ("all", speech.say(N_("All"))),
            *((code, speech.say(word)) for code, word in STATES.items()),
        ],
        severities=[(level, speech.say(word)) for level, (word, _) in SEVERITIES.items()],
        rules=[(code, speech.say(words.name)) for code, words in RULES.items()],
        decisions=[(code, alert_state(speech, code)) for code in DECISIONS],
        next_page=f"/alerts?{urlencode(query)}" if more else "",
    )


@dataclass(frozen=True)
class View:
    """One alert with everything that its page shows."""

    row: AlertRow
    scale: ScaleInScope
    comparison: Comparison | None
    opinions: list[Opinion]
    scale_life: life.Life
    decisions: list[life.Moment]
    related: list[AlertRow]
    can: list[tuple[str, str]]


Chosen = Annotated[list[Annotated[int, Field(ge=1, le=MOST)]], Field(max_length=MOST_AT_ONCE)]


@router.get("/alerts/decide")
def preview(
    request: Request,
    here: Here,
    speech: Reader,
    principal: Decides,
    to: Annotated[str, Query(max_length=20)],
    alert: Annotated[Chosen, Query()] = [],  # noqa: B006 - FastAPI copies the default
) -> Response:
    """What a decision on several alerts would change, and what it would not, before it is made."""
    with here.reading() as connection:
        chosen = [alert_queries.alert_by_id(connection, principal, one) for one in sorted(set(alert))]
    for one in chosen:
        here.log_view(principal, f"alert:{one.id}")
    rows = [row_of(one, speech, here.now()) for one in chosen]
    return page(
        request,
        speech,
        "alerts_decide.html",
        principal=principal,
        to=to,
        to_word=alert_state(speech, to),
        will=[row for row in rows if to in decisions.steps(row.alert.status)],
        will_not=[row for row in rows if to not in decisions.steps(row.alert.status)],
    )


@router.post("/alerts/decide")
def decide_several(
    here: Here,
    sender: FormSender,
    _role: Decides,
    to: Annotated[str, Form(max_length=32)],
    alert: Annotated[Chosen, Form()],
    reason: Annotated[str, Form(max_length=REASON[1])] = "",
) -> Response:
    """The decision on several alerts: all of them in one transaction, or none."""
    with here.writing() as connection:
        chosen = [alert_queries.alert_by_id(connection, sender, one) for one in sorted(set(alert))]
        for one in chosen:
            decisions.decide(connection, actor_of(sender), one, to=to, reason=_checked(reason), now_ms=here.now_ms())
    here.hub.wake()
    return RedirectResponse("/alerts", 303)


def _checked(reason: str) -> str:
    if len(reason.strip()) < REASON[0] or not any(map(str.isalnum, reason)):
        raise WrongValue(where="reason", why=f"at least {REASON[0]} characters expected")
    return reason.strip()


@router.get("/alerts/{alert}")
def one_alert(request: Request, alert: Id, here: Here, speech: Reader, principal: Reads) -> Response:
    """One alert."""
    with here.reading() as connection:
        found = alert_queries.alert_by_id(connection, principal, alert)
        view = _view(connection, here, principal, found, speech)
    here.log_view(principal, f"alert:{alert}")
    return page(request, speech, "alert.html", principal=principal, view=view, alert=found, scale_code=view.scale.code)


def _view(connection: Connection, here: Context, principal: Principal, alert: AlertInScope, speech: Speech) -> View:
    now = here.now()
    scale = queries.scale_by_code(connection, principal, alert.scale_code)
    verified = queries.verifications_of(connection, scale)
    summary = reported.summary_of(connection, scale, alert.identity_id)
    comparison = None
    if summary is not None and alert.rule == parameter_change.RULE:
        comparison = compare(summary, scale.standing.get("baseline_number"), alert.values, speech)
    unexplained = alert_queries.unexplained_numbers(connection, scale)
    related = alert_queries.related(connection, principal, alert, scale, 6)
    return View(
        row=row_of(alert, speech, now),
        scale=scale,
        comparison=comparison,
        opinions=opinions.of(connection, here, scale, speech),
        scale_life=life.of(connection, scale, verified, speech, unexplained),
        decisions=life.decisions(connection, alert, speech),
        related=[row_of(one, speech, now) for one in related],
        can=[(status, alert_state(speech, status)) for status in decisions.steps(alert.status)],
    )


@router.post("/alerts/{alert}/transitions")
def decide(
    alert: Id,
    here: Here,
    sender: FormSender,
    _role: Decides,
    to: Annotated[str, Form(max_length=32)],
    reason: Annotated[str, Form(max_length=REASON[1])] = "",
) -> Response:
    """The form of the page: a decision with its reason."""
    with here.writing() as connection:
        found = alert_queries.alert_by_id(connection, sender, alert)
        decisions.decide(connection, actor_of(sender), found, to=to, reason=_checked(reason), now_ms=here.now_ms())
    here.hub.wake()
    return RedirectResponse(f"/alerts/{alert}", 303)


@router.get("/alerts/{alert}/evidence")
def evidence(alert: Id, here: Here, principal: Reads, span: AskedSpan) -> Response:
    """The evidence file."""
    return evidence_response(here, principal, alert, span)

"""Scales at the desk: the list, and one scale with its identity, baseline, plots, alerts and statements."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from steelyard_protocol import statement
from steelyard_protocol.bodies import Kind, Snapshot
from steelyard_protocol.parameters import unit_mg
from steelyard_protocol.sales import Sale, SaleBatch

from steelyard_cloud.alerts import queries as alert_queries
from steelyard_cloud.db.database import Connection
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.verdict import Opinion
from steelyard_cloud.people.roles import EVERYBODY, SEES_ALERTS, Principal
from steelyard_cloud.scales import decisions, queries, reported, series
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.verdicts import Verification, in_effect, life_stage
from steelyard_cloud.web.http.context import Context, Here, Reader, needs
from steelyard_cloud.web.http.fields import After, Search
from steelyard_cloud.web.pages import life, opinions, plots
from steelyard_cloud.web.pages.alerts import row_of
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.conditions import condition_name, condition_sentence
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.life import stage_word
from steelyard_cloud.web.words.sales import sale_sentence
from steelyard_cloud.web.words.states import verdict_line, verdict_words

router = APIRouter()
PAGE_LENGTH = 50
STATEMENTS_SHOWN = 25
ALERTS_SHOWN = 10
POINTS = 400
REFRESH_S = 5  # ordinary statements are no events: a page that shows them looks again by itself

Number = Annotated[int | None, Query(ge=1, le=2**32)]
Anybody = Annotated[Principal, Depends(needs(EVERYBODY))]

KIND_NAMES = {
    Kind.ENROL: N_("Enrolment"),
    Kind.BOOT: N_("Start"),
    Kind.SNAPSHOT: N_("Snapshot"),
    Kind.PARAMETERS: N_("Parameters"),
    Kind.EVENT: N_("Event"),
    Kind.SALE: N_("Sale"),
    Kind.SALE_BATCH: N_("Sales"),
}
KEY_STORES = {
    0: N_("in software"),
    1: N_("in a secure element"),
    2: N_("in the microcontroller's key hardware"),
    3: N_("elsewhere"),
}


@dataclass(frozen=True)
class StatementRow:
    """One stored statement as a line."""

    number: int
    kind: str
    text: str
    measured: datetime | None
    received: datetime | None
    hash: str


@router.get("/scales")
def scale_list(
    request: Request,
    here: Here,
    speech: Reader,
    principal: Anybody,
    q: Search = "",
    after: After = 0,
) -> Response:
    """The list of scales, each with its public verdict."""
    now = here.now()
    here.log_list(principal, "scale", q=q.strip())
    with here.reading() as connection:
        found = queries.scale_list(connection, principal, text=q.strip(), after=after, limit=PAGE_LENGTH + 1)
        rows = []
        for scale in found[:PAGE_LENGTH]:
            word, tone, _ = verdict_words(speech, queries.opinion_on(scale, here.now_ms()).word)
            received = queries.moment(scale.newest_received_ms)
            rows.append((scale, word, tone, received, speech.ago(received, now)))
    query: dict[str, Any] = {"q": q, "after": found[PAGE_LENGTH - 1].id if len(found) > PAGE_LENGTH else 0}
    return page(
        request,
        speech,
        "scales.html",
        principal=principal,
        rows=rows,
        q=q,
        refresh_s=REFRESH_S,
        next_page=f"/scales?{urlencode(query)}" if len(found) > PAGE_LENGTH else "",
    )


@router.get("/scales/{code}")
def one_scale(
    request: Request,
    code: str,
    here: Here,
    speech: Reader,
    principal: Anybody,
    before: Number = None,
    life_before: Number = None,
) -> Response:
    """One scale; `before` pages back through its statements, `life_before` through its life."""
    now = here.now()
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        if code != scale.code:
            return RedirectResponse(f"/scales/{scale.code}", 308)
        verified = queries.verifications_of(connection, scale)
        alerts = []
        if principal.role in SEES_ALERTS:
            alerts = alert_queries.alerts_of(connection, principal, scale, ALERTS_SHOWN)
        values = _sections(connection, here, scale, verified, (before, life_before), speech)
    here.log_view(principal, f"scale:{scale.id}")
    received = queries.moment(scale.newest_received_ms)
    opinion = queries.opinion_on(scale, here.now_ms())
    return page(
        request,
        speech,
        "scale.html",
        principal=principal,
        scale=scale,
        scale_code=scale.code,
        refresh_s=0 if before or life_before else REFRESH_S,
        verdict=_verdict(opinion, speech),
        life_word=stage_word(speech, life_stage(scale.life_stage, opinion.word)),
        key_store=speech.say(KEY_STORES.get(scale.key_store_class, N_("elsewhere"))),
        received=received,
        received_ago=speech.ago(received, now),
        alerts=[row_of(alert, speech, now) for alert in alerts],
        plot_names=[(name, speech.say(title)) for name, (title, _) in plots.PLOTS.items()],
        **values,
    )


def _verdict(opinion: Opinion, speech: Speech) -> dict[str, Any]:
    word, tone, icon = verdict_words(speech, opinion.word)
    missing = [(condition_name(speech, one.condition), condition_sentence(speech, one)) for one in opinion.of_each]
    return {"word": word, "tone": tone, "icon": icon, "line": verdict_line(speech, opinion), "missing": missing}


def _sections(
    connection: Connection,
    here: Context,
    scale: ScaleInScope,
    verified: list[Verification],
    before: tuple[int | None, int | None],
    speech: Speech,
) -> dict[str, Any]:
    """What the page's sections show of a scale, by the names that the template has for them.

    `before` are the numbers at which the pages of statements and of its life start.
    """
    summary = reported.summary_of(connection, scale)
    unexplained = alert_queries.unexplained_numbers(connection, scale)
    return {
        "verified": verified,
        "decisions": [(queries.moment(one.recorded_ms), one) for one in decisions.decisions_on(connection, scale)],
        "repair_code": reported.repair_code(connection, scale),
        "baseline": in_effect(scale.standing, verified),
        "opinions": opinions.of(connection, here, scale, speech),
        "life": life.of(connection, scale, verified, speech, unexplained, before[1]),
        "held": _statements(connection, scale, summary, before[0], speech),
        "samples": len(series.read(connection, scale, 2)),
    }


def _statements(
    connection: Connection, scale: ScaleInScope, summary: Summary | None, before: int | None, speech: Speech
) -> list[StatementRow]:
    shown = []
    for row in reported.newest(connection, scale, before=before, limit=STATEMENTS_SHOWN):
        one = statement.parse(row.raw)
        kind = speech.say(KIND_NAMES[Kind(one.kind)]) if one.kind in KIND_NAMES else str(one.kind)
        shown.append(
            StatementRow(
                number=row.number,
                kind=kind,
                text=" · ".join(filter(None, (_content(one, summary, speech), *_beside(one, speech)))),
                measured=queries.moment(row.measured_s * 1000) if row.measured_s else None,
                received=queries.moment(row.received_ms),
                hash=one.hash.hex(),
            )
        )
    return shown


def _content(one: statement.Statement, summary: Summary | None, speech: Speech) -> str:
    parameters = summary.maps.get(one.digest) if summary else None
    if isinstance(one.body, Sale | SaleBatch):
        return sale_sentence(speech, one.body, parameters)
    if isinstance(one.body, Snapshot):
        if parameters is None:
            return speech.say(N_("{gross} intervals"), gross=one.body.gross)
        weight = speech.number(one.body.gross * unit_mg(parameters) / 1e6, 3)
        return speech.say(N_("{weight} kg, noise {noise} counts"), weight=weight, noise=one.body.noise_counts)
    return "" if one.kind in (Kind.ENROL, Kind.PARAMETERS) else life.describe(one, speech, set())[0]


def _beside(one: statement.Statement, speech: Speech) -> list[str]:
    """What a statement has beside its content: what this version does not know, and what breaks the format."""
    found = []
    if one.unknown_flags:
        found.append(speech.say(N_("unknown flags {bits}"), bits=", ".join(map(str, one.unknown_flags))))
    if count := len(one.extra_head) + len(one.extra_body):
        found.append(speech.say(N_("unknown elements: {count}"), count=count))
    if one.breaches:
        found.append(speech.say(N_("breaks the message format: {breaches}"), breaches="; ".join(one.breaches)))
    return found


@router.get("/scales/{code}/plots/{name}.svg")
def plot(code: str, name: str, here: Here, speech: Reader, principal: Anybody) -> Response:
    """A plot of weight, zero or noise over time, as an image."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        samples = series.read(connection, scale, POINTS)
    here.log_view(principal, f"scale:{scale.id}")
    svg = plots.draw(name, samples, speech)
    # An image of its own: the plot's style sheet is inside it, and nothing else may run there.
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(svg, media_type="image/svg+xml", headers=headers)

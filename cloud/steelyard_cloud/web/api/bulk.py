"""Enrolment in bulk: a file of enrolment statements, each row for itself, with a report by row.

What is on record already stays as it is, so a file that was cut off or partly refused is simply sent again.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from steelyard_protocol.enrolment import to_base64url

from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.scales import bulk, csv_in, enrolment
from steelyard_cloud.scales.bulk import RowDone
from steelyard_cloud.web.http import problems
from steelyard_cloud.web.http.context import Context, Here, Reader, takes
from steelyard_cloud.web.words.i18n import Speech

router = APIRouter(tags=["enrolment"])

CSV = {"content": {"text/csv": {"schema": {"type": "string"}}}}
HEADER = ("line", "result", "serial_number", "public_code", "answer", "code", "detail")


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/enrolments/bulk", status_code=200, openapi_extra={"requestBody": {"required": True, **CSV}}, response_model=None
)
def enrol_many(
    raw: Annotated[bytes, Depends(_body)],
    here: Here,
    speech: Reader,
    principal: Annotated[Principal, Depends(takes("enrol"))],
    order: Annotated[str, Query(max_length=40)] = "",
    as_csv: bool = False,
) -> dict[str, Any] | Response:
    """Enrol the scales of a CSV file (UTF-8 with or without a byte order mark, or GB 18030).

    Its heading names the columns: `statement`, and if need be `order`, `place`, `scheme` and `code`.
    """
    rows = bulk.read(raw, order)
    done = enrolled(here, principal, rows, speech)
    if as_csv:
        name = {"Content-Disposition": 'attachment; filename="enrolled.csv"'}
        lines = [[row[column] for column in HEADER] for row in done]
        return Response(csv_in.written(HEADER, lines), media_type="text/csv; charset=utf-8", headers=name)
    return {"rows": done, **{name: sum(row["result"] == name for row in done) for name in bulk.RESULTS}}


def enrolled(here: Context, principal: Principal, rows: list[bulk.Row], speech: Speech) -> list[dict[str, Any]]:
    """Each row carried out in a transaction of its own, as the report has it."""
    key_set, authority, woken, report = here.key_set(), here.authority(), set(), []
    for row in rows:
        done = bulk.enrol_row(here.engine, actor_of(principal), row, here.settings.period_s, here.now_ms())
        woken |= {done.public_code[:1]} if done.public_code else set()
        answer = ""
        if done.kid is not None:
            answer = to_base64url(enrolment.answer(here.settings, done.kid, key_set, authority))
        report.append(_shown(done, answer, speech))
    for shard in sorted(woken):
        here.wake(shard)
    return report


def _shown(done: RowDone, answer: str, speech: Speech) -> dict[str, Any]:
    found = problems.details(done.refused, speech) if done.refused else {"code": "", "detail": ""}
    return {
        "line": done.line,
        "result": done.result,
        "serial_number": done.serial_number,
        "public_code": done.public_code,
        "answer": answer,
        "code": found["code"],
        "detail": found["detail"],
    }

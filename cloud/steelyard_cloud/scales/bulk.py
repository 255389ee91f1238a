"""Enrolment in bulk: the rows of a file, each in a transaction of its own, again where somebody was quicker."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from steelyard_protocol.enrolment import from_base64url

from steelyard_cloud.db import database
from steelyard_cloud.errors import Refusal, WrongValue
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import csv_in, enrolment, plate_codes
from steelyard_cloud.scales.plate_codes import PlateCode

ENROLLED, KNOWN, REFUSED = RESULTS = ("enrolled", "known", "refused")
COLUMNS = ("statement", "order", "place", "scheme", "code")
ATTEMPTS = 3
LONGEST_PLACE = 120


class Row(NamedTuple):
    """One line of a file."""

    line: int
    statement: str
    order: str
    place: str = ""
    scheme: str = ""
    code: str = ""


class RowDone(NamedTuple):
    """What became of a line: enrolled, known already, or refused and why."""

    line: int
    result: str
    serial_number: str = ""
    public_code: str = ""
    kid: bytes | None = None
    refused: Refusal | None = None


def read(raw: bytes, order: str) -> list[Row]:
    """The rows of a file; `order` is that of lines that name none. Raises WrongValue for a file that is none."""
    lines = csv_in.rows(raw)
    if not lines:
        raise WrongValue(where="file", why="a heading and a row at least are expected")
    heading = [cell.lower() for cell in lines[0][1]]
    unknown = [name for name in heading if name not in COLUMNS]
    if "statement" not in heading or unknown or len(set(heading)) < len(heading):
        raise WrongValue(where="heading", why=f"statement, and of {', '.join(COLUMNS[1:])} what is needed, expected")
    if len(lines) == 1:
        raise WrongValue(where="file", why="a heading and a row at least are expected")
    return [_row(line, dict(zip(heading, cells, strict=False)), order) for line, cells in lines[1:]]


def _row(line: int, cells: dict[str, str], order: str) -> Row:
    given = {name: cells.get(name, "") for name in COLUMNS}
    return Row(line, **(given | {"order": given["order"] or order}))


def enrol_row(engine: Engine, actor: Actor, row: Row, period_s: int, now_ms: int) -> RowDone:
    """Enrol one line; a refusal is its result and leaves nothing behind."""
    serial_number = ""
    try:
        raw, codes = _checked(row)
        first, body = enrolment.read_enrolment(raw)
        serial_number = body.serial_number
        made = _enrol(engine, actor, row, raw, codes, period_s, now_ms)
        result = ENROLLED if made.created else KNOWN
        return RowDone(row.line, result, serial_number, made.public_code, first.kid)
    except Refusal as refusal:
        return RowDone(row.line, REFUSED, serial_number, refused=refusal)


def _checked(row: Row) -> tuple[bytes, Sequence[PlateCode]]:
    if len(row.place) > LONGEST_PLACE or not row.place.isprintable():
        raise WrongValue(where="place", why=f"at most {LONGEST_PLACE} characters that can be printed expected")
    try:
        raw = from_base64url(row.statement)
    except ValueError as error:
        raise WrongValue(where="statement", why="base64url expected") from error
    return raw, [plate_codes.read(row.scheme or "free", row.code)] if row.code else []


def _enrol(
    engine: Engine, actor: Actor, row: Row, raw: bytes, codes: Sequence[PlateCode], period_s: int, now_ms: int
) -> enrolment.Enrolled:
    for attempt in range(ATTEMPTS):
        try:
            with database.writing(engine) as connection:
                given = {"order": row.order, "place": row.place, "period_s": period_s, "now_ms": now_ms}
                return enrolment.enrol(connection, actor, raw=raw, codes=codes, **given)  # type: ignore[arg-type]
        except IntegrityError:  # on PostgreSQL somebody enrolled the same at the same time, and has it by now
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError

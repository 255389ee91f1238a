"""`steelyard scale test`: the verification test, load by load, and its sheet as JSON and PDF."""

import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from steelyard_protocol import statement
from steelyard_protocol.parameters import KEYS, ParameterError, ranges, validate
from steelyard_protocol.sheet import Instrument, judge, text
from steelyard_protocol.sheet_plan import head

from steelyard_gateway.errors import Garbled, NoSheet
from steelyard_gateway.scale import pdf, show
from steelyard_gateway.scale.adjust import Steps
from steelyard_gateway.scale.session import JsonOption, PortOption, session, show_text, step
from steelyard_gateway.scale.sheet import Observed, lines
from steelyard_gateway.scale.status import Status
from steelyard_gateway.scale.status import read as status_of
from steelyard_gateway.scale.verification import Progress, Walk, write
from steelyard_gateway.serial.console import SerialConsole

STEP_S = 900.0
MassOption = Annotated[
    list[str] | None,
    typer.Option(
        "--mass",
        help="NUMBER;CERTIFICATE;ISSUED;VALID UNTIL of a set of masses; may be repeated.",
    ),
]


def examine(
    output: Annotated[Path, typer.Argument(help="The sheet's file, without ending: .json and .pdf are written.")],
    mass: MassOption = None,
    temperature: Annotated[str, typer.Option(help="Of the room, in degrees Celsius.")] = "",
    person: Annotated[str, typer.Option(help="Who does the test.")] = "",
    in_service: Annotated[bool, typer.Option("--in-service", help="By the limits in service.")] = False,
    start_over: Annotated[bool, typer.Option("--start-over", help="Do not go on with the last test.")] = False,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lead through the verification test and write its sheet; goes on after a break. Ends with 1 if it failed."""
    path = output.with_name(output.name + ".progress")
    begun = path.exists() and not start_over
    facts = {} if begun else _facts(mass or [], temperature, person, in_service)
    with session(port) as console:
        scale, values = _scale(console, status_of(console))
        progress = Progress.load(path, scale) if begun else Progress(scale, facts)
        progress.save(path)
        minimum, in_service = values[KEYS["min_mg"]], bool(progress.facts.get("in_service"))
        observed = Observed(Instrument.of(ranges(values), minimum, in_service=in_service))
        Walk(Steps(console, step, STEP_S), observed, progress, path, _ask).run()
        sheet = _sheet(progress, observed, _scale(console, last := status_of(console))[0], last)
    write(output.with_name(output.name + ".json"), json.dumps(sheet, ensure_ascii=False, indent=1).encode() + b"\n")
    write(output.with_name(output.name + ".pdf"), pdf.document(lines(sheet)))
    path.unlink(missing_ok=True)
    words = f"{'PASS' if sheet['passed'] else 'FAIL'}: {output}.json and {output}.pdf"
    show_text(json.dumps(sheet) if as_json else words)
    raise typer.Exit(0 if sheet["passed"] else 1)


def _ask(question: str) -> str:
    print(f"{question}: ", end="", file=sys.stderr, flush=True)
    if not (line := sys.stdin.readline()):
        raise typer.Abort
    return line.strip()


def _facts(masses: list[str], temperature: str, person: str, in_service: bool) -> dict[str, Any]:
    """What the sheet says beside what is observed; raises BadParameter."""
    if not masses:
        raise typer.BadParameter("name the masses with --mass")
    if not person.strip():
        raise typer.BadParameter("say who does the test with --person")
    try:
        if not -20 <= (degrees := Decimal(temperature.replace(",", "."))) <= 60:
            raise InvalidOperation
    except InvalidOperation as error:
        raise typer.BadParameter("give the temperature in degrees Celsius with --temperature, such as 21.5") from error
    certificates = [_mass(one) for one in masses]
    conditions = f"{text(round(degrees, 2))} °C"
    return {"certificates": certificates, "conditions": conditions, "person": person, "in_service": in_service}


def _mass(given: str) -> dict[str, str]:
    words = [word.strip() for word in given.split(";")]
    if len(words) != 4 or not all(words):
        raise typer.BadParameter(f"{given!r} is not NUMBER;CERTIFICATE;ISSUED;VALID UNTIL")
    number, certificate, *dates = words
    try:
        issued, valid_until = (date.fromisoformat(day) for day in dates)
    except ValueError as error:
        raise typer.BadParameter(f"{given!r} has a date that is not like 2026-11-28") from error
    if not issued <= datetime.now(UTC).date() <= valid_until:
        raise typer.BadParameter(f"the certificate {certificate} is not valid today")
    return {"number": number, "certificate": certificate, "issued": str(issued), "valid_until": str(valid_until)}


def _scale(console: SerialConsole, status: Status) -> tuple[dict[str, Any], dict[int, int]]:
    """The scale as the sheet names it, and its parameter map; Garbled where it does not say what is needed."""
    told = console.json("parameters")
    try:
        values = validate({KEYS[name]: value for name, value in told["parameters"].items()})
        enrolment = statement.parse(show.raw_statement(console.json("enrol")["statement"])).body
        scale = {
            "identity": str(status["identity"]),
            "maker": enrolment.maker,  # type: ignore[union-attr]  # AttributeError is Garbled
            "model": enrolment.model,  # type: ignore[union-attr]
            "serial_number": enrolment.serial_number,  # type: ignore[union-attr]
            "digest": told["digest"],
            "calibration_counter": told["calibration_counter"],
            "configuration_counter": told["configuration_counter"],
            "software": status["software"]["hash"],
        }
    except (LookupError, TypeError, ValueError, AttributeError, ParameterError, statement.StatementError) as error:
        raise Garbled(command="parameters", port=console.port, said=json.dumps(told)[:80]) from error
    return scale, values


def _sheet(progress: Progress, observed: Observed, scale: dict[str, Any], last: Status) -> dict[str, Any]:
    if scale != progress.scale:
        raise NoSheet(file="this test", why="the scale was adjusted meanwhile; use --start-over")
    one, facts = observed.instrument, progress.facts
    sheet = {
        "sheet": 1,
        "kind": "in-service" if one.in_service else "initial",
        "scale": {**head(one, scale), "statement": last["number"]},
        "tested_on": f"{datetime.now().astimezone():%Y-%m-%d}",
        "masses": [set_["number"] for set_ in facts["certificates"]],
        **{name: facts[name] for name in ("certificates", "conditions", "person")},
        "tests": observed.tests(),
        "passed": True,
    }
    return {**sheet, "passed": not judge(sheet, one)}

"""`steelyard evidence verify FILE`: check an evidence file offline."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence.check import Report, check_file
from steelyard_cloud.evidence.opinion import Opinion, Word

app = typer.Typer(no_args_is_help=True, help="Evidence files: what an alert rests on, checked offline.")

NOT_STANDING = 1

_MARKS = {Word.GOOD: ("✓", "green"), Word.BAD: ("✗", "red"), Word.OPEN: ("?", "yellow")}


@app.callback()
def _group() -> None:
    """Keep `verify` a command of its own although it is the only one."""


@app.command("verify")
def verify_file(
    file: Annotated[Path, typer.Argument(help="The evidence file, as downloaded from an alert")],
    root: Annotated[
        str | None, typer.Option(help="Thumbprint of the platform's root that you trust: 64 hexadecimal digits")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text")] = False,
) -> None:
    """Give authenticity, continuity and rules as three verdicts.

    Exit code 0: the evidence stands (whatever the rules say of the scale); 1: it is not authentic or its chain is
    broken; 2: the file cannot be read.
    """
    if root is not None and not re.fullmatch(r"[0-9A-Fa-f]{64}", root):
        raise typer.BadParameter("a root's thumbprint has 64 hexadecimal digits", param_hint="--root")
    bundle = bundles.read(_contents(file))
    report = check_file(bundle, root)
    if as_json:
        print(json.dumps(_json(bundle, report)))
    else:
        print_report(bundle, report)
    raise typer.Exit(0 if report.stands else NOT_STANDING)


def _contents(file: Path) -> bytes:
    """The bytes of a file, or one more than evidence can have, as a device may have no end."""
    try:
        with file.open("rb") as stream:
            return stream.read(bundles.MAX_BYTES + 1)
    except OSError as error:
        raise bundles.EvidenceError(why=f"{file}: {error.strerror}") from error


def _json(bundle: bundles.Bundle, report: Report) -> dict[str, object]:
    return {
        "scale": bundle.scale,
        "statements": report.statements,
        "root": report.root_thumbprint,
        "alert": bundle.alert.id if bundle.alert else None,
        "stands": report.stands,
        "authenticity": report.authenticity.as_json(),
        "continuity": report.continuity.as_json(),
        "rules": report.rules.as_json(),
    }


def print_report(bundle: bundles.Bundle, report: Report) -> None:
    """Print the three verdicts for people."""
    console = Console(highlight=False)
    scale = bundle.scale
    name = " ".join(scale.get(part, "") for part in ("maker", "model", "serial number"))
    console.print(_harmless(f"{name} · {scale.get('public code', '')}"), style="bold", markup=False)
    for title, opinion in (
        ("Authenticity", report.authenticity),
        ("Continuity", report.continuity),
        ("Rules", report.rules),
    ):
        _print_opinion(console, title, opinion)


def _print_opinion(console: Console, title: str, opinion: Opinion) -> None:
    mark, colour = _MARKS[opinion.word]
    console.print()
    console.print(f"{mark} {title}: {_harmless(opinion.sentence)}", style=colour, soft_wrap=True, markup=False)
    for line in opinion.lines:
        console.print(f"    {_harmless(line)}", soft_wrap=True, markup=False)


def _harmless(text: str) -> str:
    """Text of whoever made the file, in which a line break or an escape sequence could draw verdicts of its own."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)

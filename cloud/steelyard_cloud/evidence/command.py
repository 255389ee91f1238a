"""`steelyard evidence verify FILE` checks an evidence file offline; `steelyard evidence trust` says whose files."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence.check import Report, check_file
from steelyard_cloud.evidence.opinion import Opinion, Word
from steelyard_cloud.evidence.receipt import BAD, OF_THE_RECORD, SENTENCES, read_receipt
from steelyard_cloud.evidence.thumbprints import TrustedRoots, read_thumbprint
from steelyard_cloud.judge.sold import SaleWord
from steelyard_cloud.judge.verdict import Verdict

app = typer.Typer(no_args_is_help=True, help="Evidence files: what an alert rests on, checked offline.")

NOT_STANDING = 1

_MARKS = {Word.GOOD: ("✓", "green"), Word.BAD: ("✗", "red"), Word.OPEN: ("?", "yellow")}


def roots_in_force() -> TrustedRoots:
    """Those of the user who runs this."""
    return TrustedRoots(Path(typer.get_app_dir("steelyard")))


@app.command("verify")
def verify_file(
    file: Annotated[Path, typer.Argument(help="The evidence file, as downloaded from an alert")],
    root: Annotated[
        str | None, typer.Option(help="Thumbprint of the only root that you trust, in place of those of `trust`")
    ] = None,
    sale: Annotated[
        str | None, typer.Option(help="The code on a printed receipt, or its link: does the file prove that sale?")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text")] = False,
) -> None:
    """Give authenticity, continuity and rules as three verdicts, and the public verdict as far as the file can tell.

    Exit code 0: the evidence stands (whatever the rules say of the scale), and the sale is proven if one was asked for;
    1: it is not shown to be authentic, which takes a root that you trust, or its chain is broken, or the sale is not
    proven; 2: the file, a thumbprint, the list of roots or the code on the receipt cannot be read.
    """
    proof = None if sale is None else read_receipt(sale)
    trusted = roots_in_force().read() if root is None else [read_thumbprint(root).hex()]
    bundle = bundles.read(_contents(file))
    report = check_file(bundle, *trusted, proof=proof)
    if as_json:
        print(json.dumps(_json(bundle, report)))
    else:
        print_report(bundle, report)
    proven = report.sale is None or report.sale.word is SaleWord.PROVEN
    raise typer.Exit(0 if report.stands and proven else NOT_STANDING)


@app.command("trust")
def trust(
    thumbprint: Annotated[
        str | None, typer.Argument(help="Thumbprint of a platform's root, from a label or GET /api/v1/root")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Trust it no more")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text")] = False,
) -> None:
    """Trust a platform's root when evidence is checked, or trust it no more; without a thumbprint list those trusted.

    Exit code 0: done; 1: what was to be removed is not there; 2: a thumbprint or the list of roots cannot be read.
    """
    roots, done = roots_in_force(), True
    if thumbprint is None and remove:
        raise typer.BadParameter("name the thumbprint to remove", param_hint="--remove")
    if thumbprint is not None and remove:
        done = roots.remove(read_thumbprint(thumbprint))
    elif thumbprint is not None:
        roots.add(read_thumbprint(thumbprint))
    trusted = roots.read()
    if as_json:
        print(json.dumps({"trusted": trusted, "file": str(roots.path)}))
    else:
        print("\n".join(trusted) or "No root is trusted yet.")
    if not done:
        print("That root was not trusted.")
        raise typer.Exit(1)


def _contents(file: Path) -> bytes:
    """The bytes of a file, or one more than evidence can have, as a device may have no end."""
    try:
        with file.open("rb") as stream:
            return stream.read(bundles.MAX_BYTES + 1)
    except OSError as error:
        raise bundles.EvidenceError(why=f"{file}: {error.strerror}") from error


def _json(bundle: bundles.Bundle, report: Report) -> dict[str, object]:
    sale = {} if report.sale is None else {"sale": report.sale.word.value}
    return sale | {
        "scale": report.scale,
        "platform_says": bundle.scale,
        "statements": report.statements,
        "root": report.root_thumbprint,
        "alert": bundle.alert.id if bundle.alert else None,
        "stands": report.stands,
        "authenticity": report.authenticity.as_json(),
        "continuity": report.continuity.as_json(),
        "rules": report.rules.as_json(),
        "verdict": report.verdict.as_json(),
        "steps": [
            {"step": one.step.number, "name": one.step.name, "word": one.word.value, "code": one.code}
            for one in report.steps
        ],
    }


def print_report(bundle: bundles.Bundle, report: Report) -> None:
    """Print the verdicts for people; the headline has what the scale itself signed, and nothing else."""
    console = Console(highlight=False)
    scale = report.scale
    name = " ".join(scale[part] for part in ("maker", "model", "serial number") if part in scale)
    headline = f"{name} · {scale['public code']}" if scale else "A scale that cannot be named: its keys are in doubt"
    _print(console, headline, "bold")
    for title, opinion in (
        ("Authenticity", report.authenticity),
        ("Continuity", report.continuity),
        ("Rules", report.rules),
    ):
        _print_opinion(console, title, opinion)
    console.print()
    if report.sale:
        _print_sale(console, report.sale.word)
    verdict = report.verdict
    word = Word.OPEN if verdict.word is None else Word.GOOD if verdict.word is Verdict.VERIFIED else Word.BAD
    mark, colour = _MARKS[word]
    _print(console, f"{mark} Verdict: {verdict.sentence}", colour)
    for condition, code in verdict.unmet:
        _print(console, f"    {condition}: {code}")
    _print(console, "    What this file cannot show:")
    for limit in verdict.limits:
        _print(console, f"    – {limit}")
    said = ", ".join(f"{name}: {text}" for name, text in bundle.scale.items() if name not in report.scale)
    _print(console, f"    – The platform says, and nobody else: {said or 'nothing'}.")


def _print_sale(console: Console, said: SaleWord) -> None:
    word = Word.GOOD if said is SaleWord.PROVEN else Word.BAD if said in BAD else Word.OPEN
    mark, colour = _MARKS[word]
    _print(console, f"{mark} Receipt: {SENTENCES[said]}", colour)
    _print(console, f"    {OF_THE_RECORD}")
    console.print()


def _print_opinion(console: Console, title: str, opinion: Opinion) -> None:
    mark, colour = _MARKS[opinion.word]
    console.print()
    _print(console, f"{mark} {title}: {opinion.sentence}", colour)
    for line in opinion.lines:
        _print(console, f"    {line}")


def _print(console: Console, text: str, style: str = "") -> None:
    """Text of whoever made the file, in which a line break or an escape sequence could draw verdicts of its own."""
    harmless = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    console.print(harmless, style=style, soft_wrap=True, markup=False)

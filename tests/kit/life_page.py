"""`docs/life-cycle.md`, drawn from the table of steps: `python tests/kit/life_page.py` writes it."""

from pathlib import Path

from steelyard_cloud.scales.life.table import TABLE, Goes, Of, Row, Stage
from steelyard_cloud.web.words.life import NEEDS, STEPS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "life-cycle.md"
TITLES = {Of.TYPE: "A type", Of.SOFTWARE: "Its software", Of.SCALE: "A scale"}
HEAD = """# The life of a scale, its type and its software

Drawn from `cloud/steelyard_cloud/scales/life/table.py` by `tests/kit/life_page.py`; a test compares. API and pages read
the same table. A step that it does not have cannot be taken; one whose needs are not met is refused with every reason
at once. Each step is on record with who took it, why, and what it is proven by, in one transaction with the stage, the
audit log and the outbox. *Expired* is no stage: it follows from the date.

The public verdict is *Not verified* in every stage but *verified* ([verdict.md](verdict.md)).
"""


def drawn() -> str:
    """The page."""
    return "\n".join([HEAD, *(_section(of) for of in Of)])


def _section(of: Of) -> str:
    rows = [row for row in TABLE if row.of is of]
    lines = [f"## {TITLES[of]}\n", "```mermaid", "stateDiagram-v2", *_arrows(rows), "```\n"]
    lines += ["| step | by | from | to | needs |", "| --- | --- | --- | --- | --- |", *map(_line, rows)]
    return "\n".join(lines) + "\n"


def _arrows(rows: list[Row]) -> list[str]:
    """Where steps lead on; steps that stay are in the table alone."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for stage in sorted(row.from_, key=lambda one: -1 if one is None else list(Stage).index(one)):
            if isinstance(row.to, Stage):
                found.setdefault((_node(stage), _node(row.to)), []).append(row.step)
    return [f"    {first} --> {last}: {', '.join(steps)}" for (first, last), steps in found.items()]


def _node(stage: Stage | None) -> str:
    return "[*]" if stage is None else stage.value.replace(" ", "_")


def _line(row: Row) -> str:
    stages = [stage.value for stage in Stage if stage in row.from_] or ["—"]
    stages = (["(nothing)"] if None in row.from_ else []) + [one for one in stages if one != "—"]
    to = {Goes.STAYS: "(stays)", Goes.BACK: "(where it was)"}.get(row.to, row.to.value)  # type: ignore[call-overload]
    by = ", ".join(sorted(role.value.replace("_", " ") for role in row.by))
    needs = "; ".join(NEEDS[one] for one in row.needs) or "—"
    return f"| `{row.step}`: {STEPS[row.step].lower()} | {by} | {', '.join(stages)} | {to} | {needs} |"


if __name__ == "__main__":
    PAGE.write_text(drawn())

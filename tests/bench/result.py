"""build/bench.json: the rows of the last run of each bench, printed as a table when they are added."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULT = Path(__file__).resolve().parents[2] / "build" / "bench.json"
COLUMNS = ("name", "value", "unit", "reference", "ratio")


def add(rows: list[dict[str, Any]], terminal: Console) -> None:
    """Print `rows` and put them into the file, in place of rows of the same names; what others measured stays."""
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*(shown(row[column]) for column in COLUMNS))
    terminal.print(table)
    names = {row["name"] for row in rows}
    others = json.loads(RESULT.read_text()) if RESULT.exists() else []
    kept = [row for row in others if row["name"] not in names]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(kept + rows, indent=1) + "\n")


def shown(value: object) -> str:
    """Numbers with four significant digits, nothing for None."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)

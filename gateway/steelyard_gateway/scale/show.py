"""What the scale says, set for people: tables of status and parameters, and statements decoded."""

import base64
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text
from steelyard_protocol import statement
from steelyard_protocol.parameters import KEYS

from steelyard_gateway.scale.mass import shown


def status(facts: dict[str, Any]) -> Table:
    """One scale's status, the things a technician looks at first on top."""
    unit_mg = facts["unit_mg"]
    stable = "stable" if facts["stable"] else "moving"
    state = [
        word
        for word, is_so in (
            ("LOCKED", facts["locked"]),
            ("adjustment session open", facts["session"]),
            ("adjustment switch on", facts["switch"]),
        )
        if is_so
    ]
    rows = {
        "scale": f"{facts['identity'] or 'not enrolled'}  serial {facts['serial'] or '–'}",
        "weight": f"{facts['indication'] or '– – –'}  ({stable}; tare {shown(facts['tare'] * unit_mg, unit_mg)})",
        "state": ", ".join(state) or "closed, no session",
        "counts": f"{facts['filtered_counts']} filtered, {facts['zero_counts']} zero, noise {facts['noise_counts']}",
        "temperature": _tenths(facts["temperature_cdeg"], 100, "°C"),
        "supply": _tenths(facts["supply_mv"], 1000, "V"),
        "parameters": f"{facts['digest']}",
        "counters": f"calibration {facts['calibration_counter']}, configuration {facts['configuration_counter']}",
        "statements": f"{facts['number']} made, {facts['receipted']} receipted, journal {facts['journal_free']} % free",
        "uplink": f"{facts['uplink']}, every {facts['period_s']} s",
        "clock": _clock(facts["time"], facts["clock_quality"]),
        "software": "{name} {version} {hash}".format(**facts["software"]),
    }
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        table.add_row(Text(name, "bold"), Text(value))
    return table


def parameters(facts: dict[str, Any]) -> Table:
    """Names and values of the legally relevant parameters, with their digest and counters."""
    table = Table("parameter", "value", box=None, pad_edge=False)
    in_order = sorted(facts["parameters"].items(), key=lambda item: KEYS.get(item[0], len(KEYS) ** 2))
    for name, value in in_order:
        table.add_row(Text(name), Text(str(value)))
    table.add_section()
    for name in sorted(facts.keys() - {"parameters"}, reverse=True):
        table.add_row(Text(name), Text(str(facts[name])))
    return table


def facts(values: dict[str, Any]) -> Table:
    """Names and values as they are."""
    table = Table.grid(padding=(0, 2))
    for name, value in values.items():
        table.add_row(Text(name.replace("_", " "), "bold"), Text("–" if value is None else str(value)))
    return table


def raw_statement(line: str) -> bytes:
    """The bytes of one exported line (base64url with or without padding); ValueError where it is none."""
    return base64.b64decode(line + "=" * (-len(line) % 4), altchars=b"-_", validate=True)


def described(raw: bytes) -> dict[str, Any]:
    """The essentials of one exported statement for `--json`."""
    parsed = statement.parse(raw)
    return {
        "number": parsed.number,
        "kind": parsed.kind,
        "time": parsed.time,
        "hash": parsed.hash.hex(),
        "statement": base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }


def _clock(unix_s: int, quality: int) -> str:
    if not quality:
        return "not set"
    source = ("none", "set by hand or RTC", "network", "signed network")[quality]
    return f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d %H:%M:%S} UTC ({source})"


def _tenths(value: int | None, per_unit: int, unit: str) -> str:
    return "–" if value is None else f"{value / per_unit:.1f} {unit}"


def reading(value: dict[str, Any]) -> str:
    """A weight of `watch` as a line."""
    stable = "stable" if value.get("stable") else "moving"
    return f"{value.get('indication') or '– – –'}  {stable}  noise {value.get('noise_counts')} counts"

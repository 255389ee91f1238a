"""The rows of a verification test as they are observed: planned and judged by `steelyard_protocol.sheet`, in mg."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from steelyard_protocol.sheet import QUARTER, Instrument, Row, text
from steelyard_protocol.sheet_plan import Planned, plan

MG_PER_G = Decimal(1000)


class Seen(NamedTuple):
    """What an observation shows: the error, spread or step, its limit, and whether it is within."""

    found: Decimal
    limit: Decimal
    passed: bool


@dataclass
class Observed:
    """The rows of one test so far, in the order of `steps`."""

    instrument: Instrument
    rows: list[tuple[Planned, dict[str, Any]]] = field(default_factory=list)

    def steps(self) -> list[Planned]:
        """Every row that is to be observed."""
        return plan(self.instrument)

    def add(self, step: Planned, shown: Decimal, second: Decimal) -> Seen:
        """Take an observation: the indication, and the small masses up to the change-over point.

        Of discrimination `second` is the indication after 1.4 e were added.
        """
        masses = {"load": step.load, "shown": shown, "added": second}
        if step.more is not None:
            masses |= {"before": shown, "shown": second, "added": step.more}
        row: dict[str, Any] = {"what": step.what, **{f"{name}_mg": text(mass) for name, mass in masses.items()}}
        seen = self._seen(step, Row({**row, "passed": True}, self.instrument))
        row |= {"found_mg": text(seen.found), "limit_mg": text(seen.limit), "passed": seen.passed}
        self.rows.append((step, row))
        return seen

    def _seen(self, step: Planned, row: Row) -> Seen:
        e = self.instrument.e(step.load)
        if row.before is not None and row.shown is not None:
            return Seen(row.shown - row.before, e, row.shown - row.before >= e)
        found, limit = row.error or Decimal(0), self.instrument.mpe(step.load)
        if step.test == "repeatability":
            errors = [*self._errors(step.test), found]
            found = max(errors) - min(errors)
        elif step.what == "zero":
            limit = e * QUARTER
        elif step.test == "weighing":
            found -= self._errors("weighing")[0]
        return Seen(found, limit, abs(found) <= limit)

    def _errors(self, test: str) -> list[Decimal]:
        rows = [Row(row, self.instrument) for step, row in self.rows if step.test == test]
        return [row.error for row in rows if row.error is not None]

    def tests(self) -> list[dict[str, Any]]:
        """The tests, as the schema has them."""
        made: dict[str, list[dict[str, Any]]] = {}
        for step, row in self.rows:
            made.setdefault(step.test, []).append(row)
        return [
            {"test": name, "rows": rows, "passed": all(row["passed"] for row in rows)} for name, rows in made.items()
        ]


def grams(mass_mg: Decimal | str) -> str:
    """A mass in milligrams as grams, for people."""
    return text(Decimal(mass_mg) / MG_PER_G)


def lines(sheet: dict[str, Any]) -> list[str]:
    """A sheet as text for people, lines of at most 90 letters."""
    one = sheet["scale"]
    ranges = ", ".join(f"e = {grams(part['e_mg'])} g to {grams(part['end_mg'])} g" for part in one["ranges"])
    out = [f"Verification test ({sheet['kind']}): {'PASS' if sheet['passed'] else 'FAIL'}", ""]
    out += [f"{one['maker']}  {one['model']}  serial number {one['serial_number']}", f"identity {one['identity']}"]
    out += [f"Max {grams(one['max_mg'])} g, Min {grams(one['min_mg'])} g, {ranges}", f"software {one['software']}"]
    out += [f"parameters {one['digest']}, statement {one['statement']}"]
    out += [f"calibration counter {one['calibration_counter']}, configuration counter {one['configuration_counter']}"]
    out += ["", f"{sheet['tested_on']}  {sheet['conditions']}  {sheet['person']}"]
    out += [
        f"masses: {part['number']}, certificate {part['certificate']}, {part['issued']} to {part['valid_until']}"
        for part in sheet["certificates"]
    ]
    for test in sheet["tests"]:
        out += ["", f"{test['test']}: {'pass' if test['passed'] else 'FAIL'}"]
        out.append(f"{'':16}{'load':>12}{'indication':>12}{'added':>10}{'found':>10}{'limit':>10}  in g")
        for row in test["rows"]:
            masses = f"{grams(row['load_mg']):>12}{grams(row['shown_mg']):>12}{grams(row['added_mg']):>10}"
            judged = f"{grams(row['found_mg']):>10}{grams(row['limit_mg']):>10}"
            out.append(f"{row['what']:16}{masses}{judged}  {'' if row['passed'] else 'FAIL'}")
    return out

"""`steelyard scale test`: exact decimals, every load, a break at any moment, and the sheet as JSON and PDF."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.cli import Ended, steelyard
from kit.parameters import MAP
from kit.pty_peer import Peer, ScriptedScale
from kit.signing_scale import SigningScale
from steelyard_gateway import errors
from steelyard_gateway.scale import adjust, pdf
from steelyard_gateway.scale.sheet import Observed
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.parameters import FIELDS
from steelyard_protocol.sheet import Instrument, checked, judge
from steelyard_protocol.sheet_plan import Planned, plan

G = Decimal
FACTS = ("--mass", "砝码 F2;JL-7;2020-01-01;2099-01-01", "--temperature", "21,5", "--person", "王芳")
ONE = Instrument.of([(15_000_000, 5_000)], 100_000)


# ---- arithmetic -----------------------------------------------------------------------------------------------------


def step(test: str, what: str) -> Planned:
    return next(one for one in plan(ONE) if (one.test, one.what) == (test, what))


@given(st.integers(0, 3000), st.integers(0, 5000))
def test_the_error_is_exact_and_less_that_at_zero(shown: int, added_mg: int) -> None:
    """E = I + e/2 - added - load, against whole milligrams."""
    observed, up = Observed(ONE), step("weighing", "up")
    observed.add(step("weighing", "zero"), G(50_000), G(1_250))
    seen = observed.add(up, G(5_000 * shown), G(added_mg))
    assert seen.found == 5_000 * shown + 2_500 - added_mg - up.load - 1_250
    assert seen.passed == (abs(seen.found) <= seen.limit == ONE.mpe(up.load))


def test_the_limit_itself_passes_and_in_service_it_is_twice_that() -> None:
    for one, limit in ((ONE, 2_500), (replace(ONE, in_service=True), 5_000)):
        observed = Observed(one)
        assert observed.add(step("weighing", "zero"), G(50_000), G(2_500)) == (0, 1_250, True)
        up = step("weighing", "up")
        assert observed.add(up, up.load + 5_000, G(7_500 - limit)) == (limit, limit, True)
        assert not observed.add(up, up.load + 5_000, G(7_499 - limit)).passed


def test_repeatability_is_the_spread_and_discrimination_a_step() -> None:
    observed, one = Observed(ONE), step("repeatability", "weighing 1")
    errors = (0, 5_000, 0, -5_000)
    assert [observed.add(one, one.load + error, G(2_500)).passed for error in errors] == [True, True, True, False]
    one = next(one for one in plan(ONE) if one.test == "discrimination")
    assert [observed.add(one, one.load, one.load + rise).passed for rise in (5_000, 0)] == [True, False]
    assert observed.tests()[-1]["rows"][0]["added_mg"] == "7000"


# ---- the walk -------------------------------------------------------------------------------------------------------


class ScaleOnTest(ScriptedScale):
    """A scale that shows what somebody says to put on it; `spoilt` intervals more at every load above 10 kg."""

    def __init__(self, spoilt: int = 0) -> None:
        super().__init__()
        signing = SigningScale()
        self.enrolment = to_base64url(signing.enrol())
        self.spoilt = spoilt

    def status(self) -> dict[str, Any]:
        """As if somebody took the load off whenever the pan is to be empty."""
        if sys.stderr.buffer.getvalue().endswith(b"Empty the pan\n"):
            self.load_mg = 0
        return super().status()

    def __call__(self, line: str) -> str | None:
        if line == "enrol json":
            return json.dumps({"statement": self.enrolment}) + "\n"
        if line == "parameters json":
            told = {
                "parameters": {FIELDS[key].name: value for key, value in MAP.items()},
                "digest": "0" * 32,
                "calibration_counter": self.counter,
            }
            return json.dumps({**told, "configuration_counter": 0}) + "\n"
        return super().__call__(line)


class Technician(io.StringIO):
    """Does what is asked: puts the load on, adds half an interval. Leaves after `patience` answers."""

    def __init__(self, scale: ScaleOnTest, patience: int = 10_000) -> None:
        super().__init__()
        self.scale, self.patience = scale, patience

    def readline(self, size: int = -1, /) -> str:
        self.patience -= 1
        if self.patience < 0:
            return ""
        asked = sys.stderr.buffer.getvalue().decode().rsplit("\n", 1)[-1]
        if found := re.search(r"(Put|Add) ([0-9.]+) g", asked):
            mass_mg = int(G(found[2]) * 1000)
            if found[1] == "Add":
                self.scale.load_mg += self.scale.e_mg
            else:
                self.scale.load_mg = mass_mg + self.scale.spoilt * self.scale.e_mg * (mass_mg > 10_000_000)
            return "\n"
        return "2,5 g\n"


@pytest.fixture
def scale() -> ScaleOnTest:
    return ScaleOnTest()


@pytest.fixture
def peer(scale: ScaleOnTest) -> Iterator[Peer]:
    peer = Peer(scale)
    yield peer
    peer.close()


def run(peer: Peer, technician: Technician, monkeypatch: pytest.MonkeyPatch, output: Path, *words: str) -> Ended:
    monkeypatch.setattr(sys, "stdin", technician)
    return steelyard("scale", "test", str(output), "--port", peer.port, *words)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody needs a quarter of a second to put a load on."""
    monkeypatch.setattr(adjust, "POLL_S", 0.0)


def test_a_sheet_is_as_its_schema_says_and_its_pdf_has_the_same_figures(
    scale: ScaleOnTest, peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = run(peer, Technician(scale), monkeypatch, tmp_path / "sheet", *FACTS, "--json")
    assert done.exit_code == 0, done.stderr
    sheet = json.loads((tmp_path / "sheet.json").read_text())
    assert json.loads(done.stdout) == sheet
    assert judge(checked(sheet), ONE) == [], "as the platform judges it"
    assert (sheet["passed"], sheet["person"], sheet["conditions"]) == (True, "王芳", "21.5 °C")
    assert sheet["masses"] == ["砝码 F2"]
    assert sum(len(one["rows"]) for one in sheet["tests"]) == len(plan(ONE))
    assert {row["found_mg"] for one in sheet["tests"][:3] for row in one["rows"]} == {"0"}
    text = (tmp_path / "sheet.pdf").read_bytes()
    assert text.startswith(b"%PDF-1.4")
    for words in ("Verification test (initial): PASS", sheet["scale"]["identity"]):
        assert words.encode("cp1252").hex().encode() in text
    assert "王芳".encode("utf-16-be").hex().encode() in text
    assert not list(tmp_path.glob("*.progress"))


def test_a_scale_that_is_off_fails_and_its_sheet_says_where(
    scale: ScaleOnTest, peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scale.spoilt = 2
    done = run(peer, Technician(scale), monkeypatch, tmp_path / "sheet", *FACTS)
    assert (done.exit_code, "FAIL" in done.stdout, "BEYOND" in done.stderr) == (1, True, True)
    sheet = json.loads((tmp_path / "sheet.json").read_text())
    wrong = {row["load_mg"] for one in sheet["tests"] for row in one["rows"] if not row["passed"]}
    assert wrong == {str(one.load) for one in plan(ONE) if one.load > 10_000_000 and one.test == "weighing"}
    assert judge(checked(sheet), ONE)


def test_a_test_that_was_broken_off_goes_on_where_it_stopped(
    scale: ScaleOnTest, peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs = 0
    while not (tmp_path / "sheet.json").exists():
        technician = Technician(scale, patience=9)
        done = run(peer, technician, monkeypatch, tmp_path / "sheet", *([] if runs else FACTS))
        runs += 1
        assert runs < 30, done.output
    assert runs > 5
    sheet = json.loads((tmp_path / "sheet.json").read_text())
    assert (sheet["passed"], sheet["person"]) == (True, "王芳")
    assert sum(len(one["rows"]) for one in sheet["tests"]) == len(plan(ONE))


def test_a_test_is_not_gone_on_with_on_another_scale_or_after_an_adjustment(
    scale: ScaleOnTest, peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.progress"
    for spoil in (lambda: setattr(scale, "counter", 1), lambda: path.write_text("{"), lambda: path.write_text("[]")):
        run(peer, Technician(scale, 5), monkeypatch, tmp_path / "sheet", *FACTS, "--start-over")
        spoil()
        done = run(peer, Technician(scale), monkeypatch, tmp_path / "sheet")
        assert (done.exit_code, "--start-over" in done.stderr) == (errors.NoSheet.exit_code, True), done.output


@pytest.mark.parametrize(
    "words",
    [
        (),
        FACTS[:2],
        FACTS[:4],
        (*FACTS[2:], "--mass", "F2;7;2020-01-01"),
        (*FACTS[2:], "--mass", "F2;7;2020-01-01;2021-01-01"),
        (*FACTS[2:], "--mass", "F2;7;2099-01-01;2099-01-02"),
        (*FACTS[2:], "--mass", "F2;7;1.1.2020;2099-01-01"),
        (*FACTS[:2], "--temperature", "warm", "--person", "x"),
        (*FACTS[:2], "--temperature", "nan", "--person", "x"),
        (*FACTS[:2], "--temperature", "80", "--person", "x"),
        (*FACTS[:4], "--person", "  "),
    ],
)
def test_a_test_without_what_its_sheet_needs_does_not_begin(
    scale: ScaleOnTest, peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert run(peer, Technician(scale), monkeypatch, tmp_path / "sheet", *words).exit_code == 2
    assert not peer.lines
    assert not list(tmp_path.iterdir())


def test_a_pdf_has_its_objects_where_its_table_says() -> None:
    made = pdf.document([f"line {number} (of all)" for number in range(150)] + ["砝码"])
    start = int(made.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    entries = made[start:].split(b"\n")[3:]
    places = [int(entry[:10]) for entry in entries if entry.endswith(b" n ")]
    assert all(made[place:].startswith(b"%d 0 obj" % number) for number, place in enumerate(places, 1))
    assert made.count(b"/Type /Page ") == 3

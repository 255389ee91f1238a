"""`steelyard scale test`: exact decimals, every load, a break at any moment, and the sheet as JSON and PDF."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
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
from steelyard_gateway.scale.sheet import Instrument, Observed, Step, text
from steelyard_protocol import assets
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.parameters import FIELDS
from steelyard_protocol.schema import breaches

SCHEMA = json.loads((Path(assets.__file__).parent / "sheet.schema.json").read_text())
G = Decimal
FACTS = ("--mass", "砝码 F2;JL-7;2020-01-01;2099-01-01", "--temperature", "21,5", "--person", "王芳")
ONE = Instrument(G(15000), G(100), ((G(15000), G(5)),))
TWO = Instrument(G(15000), G(40), ((G(6000), G(2)), (G(15000), G(5))))


# ---- arithmetic -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "load", "limit"),
    [
        *(
            (ONE, 0, "2.5"),
            (ONE, 2500, "2.5"),
            (ONE, 2505, 5),
            (ONE, 10000, 5),
            (ONE, 10005, "7.5"),
            (ONE, 15000, "7.5"),
        ),
        *(
            (TWO, 1000, 1),
            (TWO, 1002, 2),
            (TWO, 4000, 2),
            (TWO, 4002, 3),
            (TWO, 6000, 3),
            (TWO, 6005, 5),
            (TWO, 15000, "7.5"),
        ),
    ],
)
def test_the_limit_at_a_load(one: Instrument, load: int, limit: Any) -> None:
    assert one.mpe(G(load)) == G(limit)
    assert Instrument(one.maximum, one.minimum, one.ranges, in_service=True).mpe(G(load)) == 2 * G(limit)


@pytest.mark.parametrize("one", [ONE, TWO, Instrument(G(300), G("0.4"), ((G(300), G("0.1")),))])
def test_there_are_at_least_ten_loads_with_those_that_must_be(one: Instrument) -> None:
    loads = one.loads()
    assert len(loads) >= 10
    assert (loads[0], loads[-1]) == (one.minimum, one.maximum)
    assert loads == sorted(set(loads))
    for end, e in one.ranges:
        assert {load for load in (500 * e, 2000 * e, end) if load <= one.maximum} <= set(loads) | {G(0)}
    assert all(load % one.e(load) == 0 for load in loads)


@given(st.integers(0, 3000), st.integers(0, 100), st.integers(0, 15_000_000))
def test_the_error_is_exact(indication: int, tenths: int, load_mg: int) -> None:
    """E = I + e/2 - additional - load, against whole milligrams."""
    observed, step = Observed(ONE), Step("weighing", "up", G(load_mg) / 1000)
    row = observed.add(step, G(5 * indication), G(tenths) / 10)
    assert row.error * 1000 == 5000 * indication + 2500 - 100 * tenths - load_mg
    assert row.passed == (abs(row.error) <= ONE.mpe(step.load))


def test_the_error_at_zero_is_taken_off_and_the_limit_itself_passes() -> None:
    observed = Observed(ONE)
    assert observed.add(Step("zero", "near zero", G(50)), G(50), G("1.25")).passed
    assert observed.zero_error == G("1.25")
    assert observed.add(Step("weighing", "up", G(100)), G(105), G("3.75")).passed
    assert not observed.add(Step("weighing", "up", G(100)), G(105), G("3.74")).passed
    assert not observed.passed


def test_repeatability_is_the_spread_and_discrimination_a_step() -> None:
    observed, step = Observed(ONE), Step("repeatability", "weighing 1", G(7500))
    assert [observed.add(step, G(shown), G(0)).passed for shown in (7500, 7505, 7500, 7495)] == [
        True,
        True,
        True,
        False,
    ]
    step = Step("discrimination", "1.4 d more", G(7500))
    rows = [observed.add(step, G(7500), G(after)) for after in (7505, 7500)]
    assert [(row.passed, row.additional) for row in rows] == [(True, 7), (False, 7)]


@pytest.mark.parametrize(("mass", "written"), [("1.50", "1.5"), ("-0.0", "0"), ("1E+3", "1000"), ("0.00010", "0.0001")])
def test_masses_are_written_without_exponent(mass: str, written: str) -> None:
    assert text(G(mass)) == written


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
    assert breaches(SCHEMA, sheet) == []
    assert (sheet["result"], sheet["person"], sheet["temperature_c"]) == ("pass", "王芳", "21.5")
    assert {one["test"]: len(one["loads"]) for one in sheet["tests"]} == {
        "zero": 1, "weighing": 2 * len(ONE.loads()) - 1, "eccentricity": 5, "discrimination": 3, "repeatability": 10,
    }  # fmt: skip
    assert {row["error_g"] for one in sheet["tests"][:3] for row in one["loads"]} == {"0"}
    text = (tmp_path / "sheet.pdf").read_bytes()
    assert text.startswith(b"%PDF-1.4")
    for words in ("Verification test (initial): PASS", sheet["instrument"]["identity"]):
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
    wrong = {row["load_g"] for one in sheet["tests"] for row in one["loads"] if not row["pass"]}
    assert wrong == {text(load) for load in ONE.loads() if load > 10_000}
    assert breaches(SCHEMA, sheet) == []


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
    assert (sheet["result"], sheet["person"]) == ("pass", "王芳")
    assert sum(len(one["loads"]) for one in sheet["tests"]) == 2 * len(ONE.loads()) + 18


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

"""What the tool prints for people, word by word, and where a permit may be broken into lines."""

import io
from typing import Any

import pytest
from kit.pty_peer import ScriptedScale
from rich.console import Console
from steelyard_gateway.errors import NoPermit
from steelyard_gateway.scale import show
from steelyard_gateway.scale.permit import permit
from steelyard_gateway.scale.watch import Live

READING = {"indication": "1.000 kg", "net": 200, "stable": True, "filtered_counts": 123456, "noise_counts": 41}


def printed(shown: Any) -> str:
    text = io.StringIO()
    Console(file=text, width=120).print(shown)
    return text.getvalue()


def rows(text: str) -> dict[str, str]:
    return {name: value.strip() for name, _, value in (line.partition(" ") for line in text.splitlines())}


def test_status_has_a_row_for_each_thing_a_technician_looks_at() -> None:
    assert rows(printed(show.status(ScriptedScale().status()))) == {
        "scale": "0123456789ABCDEF  serial S-1",
        "weight": "0.000 kg  (stable; tare 0.000 kg)",
        "state": "adjustment switch on",
        "counts": "8000 filtered, 8000 zero, noise 41",
        "temperature": "21.5 °C",
        "supply": "5.0 V",
        "parameters": "00" * 16,
        "counters": "calibration 0, configuration 0",
        "statements": "7 made, 5 receipted, journal 99 % free",
        "uplink": "online, every 600 s",
        "clock": "2027-01-15 08:00:00 UTC (network)",
        "software": f"steelyard 0.1.0 {'ab' * 32}",
    }


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ((True, True, True), "LOCKED, adjustment session open, adjustment switch on"),
        ((True, False, False), "LOCKED"),
        ((False, True, False), "adjustment session open"),
        ((False, False, False), "closed, no session"),
    ],
)
def test_status_says_all_that_is_so(state: tuple[bool, bool, bool], said: str) -> None:
    facts = ScriptedScale().status() | dict(zip(("locked", "session", "switch"), state, strict=True))
    assert rows(printed(show.status(facts)))["state"] == said


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        (0, "not set"),
        (1, "2027-01-15 08:00:00 UTC (set by hand or RTC)"),
        (2, "2027-01-15 08:00:00 UTC (network)"),
        (3, "2027-01-15 08:00:00 UTC (signed network)"),
    ],
)
def test_status_says_how_good_the_clock_is(quality: int, said: str) -> None:
    facts = ScriptedScale().status() | {"clock_quality": quality}
    assert rows(printed(show.status(facts)))["clock"] == said


@pytest.mark.parametrize(("stable", "word"), [(True, "stable"), (False, "moving"), (None, "moving")])
def test_a_reading_says_whether_it_is_stable(stable: bool | None, word: str) -> None:
    reading = READING | {"stable": stable}
    assert show.reading(reading) == f"1.000 kg  {word}  noise 41 counts"
    live = Live("a scale", 5000)
    assert "waiting for the first reading" in printed(live)
    live.add(reading)
    view = printed(live)
    for text in (word, "1.000 kg", "counts  123456", "noise   41 counts", "a scale", "Ctrl-C ends the view"):
        assert " ".join(text.split()) in " ".join(view.split()), text
    assert ("stable" in view) == (word == "stable")


@pytest.mark.parametrize(("length", "whole"), [(59, False), (60, True), (64, True), (80, True), (81, False)])
def test_a_permit_may_be_broken_where_mail_breaks_it(length: int, whole: bool) -> None:
    broken = "\n".join(["A" * length, "B" * length, "C"])
    if whole:
        assert permit(broken) == "A" * length + "B" * length + "C"
    else:
        with pytest.raises(NoPermit):
            permit(broken)


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 40), ("ascii", 40), ("gb18030", 80), ("latin-1", 60)])
def test_the_live_view_fits_its_terminal(encoding: str, width: int) -> None:
    """40 columns, and letters that the terminal has."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    live = Live("0123456789ABCDEF", 5000, columns=max(20, min(120, width - 4)))
    for net in range(60):
        live.add({**READING, "net": net, "indication": "0.295 kg", "filtered_counts": 8_388_607})
    Console(file=file, width=width, force_terminal=True, color_system=None).print(live)
    file.flush()
    lines = file.buffer.getvalue().decode(encoding).splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= width
    assert "0.295 kg" in lines[1]
    assert any("8388607" in line for line in lines)
    assert len(lines) == 14
    assert encoding == "utf-8" or all(line.isascii() for line in lines)

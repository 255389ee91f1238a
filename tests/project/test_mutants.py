"""`make mutants` itself: it reports the fault that no test notices, and only that."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kit.checkout import Checkout, python_path
from mutants import running
from mutants.__main__ import changed_lines
from mutants.concerned import ROOT, TESTS, concerning
from mutants.equivalent import listed, read
from mutants.operators import Mutant, mutants
from mutants.running import Copy, NothingToRunError, Outcome

PLANTED = "cloud/steelyard_cloud/planted.py"
SOURCE = '''"""Planted."""


def watched(a: int, b: int) -> bool:
    return a < b


def unwatched(a: int) -> int:
    return a + 10


def counted(n: int) -> int:
    while n < 5:
        n += 1
    return n
'''
PLANTED_TESTS = """from steelyard_cloud.planted import counted, unwatched, watched

def test_watched():
    assert [watched(1, 2), watched(2, 2), watched(3, 2)] == [True, False, False]

def test_unwatched():
    unwatched(1)

def test_counted():
    assert counted(0) == 5

def test_that_fails_anyhow():
    assert watched(2, 1)
"""


def after(source: str) -> set[str]:
    """What each mutant of a line of code makes of it."""
    return {mutant.applied(source) for mutant in mutants("x.py", source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f(a < b)", {"f((a <= b))", "f((a >= b))", "pass"}),
        ("f(a == b)", {"f((a != b))", "pass"}),
        ("f(a < b <= c)", {"f((a <= b <= c))", "f((a < b < c))", "pass"}),
        ("f(a and b or c)", {"f((a or b) or c)", "f(((a and b) and c))", "pass"}),
        ("f(not a)", {"f((a))", "pass"}),
        ("f(a + b)", {"f((a - b))", "pass"}),
        ("f(5)", {"f((4))", "f((6))", "pass"}),
        ("f(True)", {"f((False))", "pass"}),
        ("f(min(a, b))", {"f((max(a, b)))", "pass"}),
        ("f(x.where(a, b))", {"f((x.where(a)))", "f((x.where(b)))", "pass"}),
        ("f([a, b])", {"f(([a]))", "f(([b]))", "pass"}),
        ("f({a: b, c: d})", {"f(({a: b}))", "f(({c: d}))", "pass"}),
        ("f(a if b else c)", {"f((a))", "f((c))", "pass"}),
        ("f(a for a in b if a)", {"f(a for a in b if True)", "pass"}),
        ("raise A", {"pass"}),
        ("if a: b()", {"if True: b()", "if False: b()", "if a: pass"}),
        ("def f(): return a", {"def f(): return None"}),
        ("def f(a: int | None = None): return None", set()),
        ('"""Text of 1 + 1."""', set()),
        ("__all__ = ['a', 'b']", set()),
        ("A = tuple[int, Callable[[B, C], None]]", set()),
        ("a = b[c, d]", {"a = b[((c,))]", "a = b[((d,))]"}),
        ("a = f'{b + 1}'", set()),
        (
            "度 = '温度', a < b",
            {"度 = (('温度',))", "度 = ((a < b,))", "度 = '温度', (a <= b)", "度 = '温度', (a >= b)"},
        ),
    ],
)
def test_each_place_is_changed_in_each_way(source: str, expected: set[str]) -> None:
    assert after(source) == expected


def test_every_file_of_the_product_stays_python_with_any_fault_in_it() -> None:
    for name in ("cloud/steelyard_cloud/judge/chain.py", "firmware/agent/record/journal.py"):
        source = (ROOT / name).read_text()
        for mutant in mutants(name, source):
            compile(mutant.applied(source), name, "exec")
            assert mutant.applied(source) != source


def test_every_row_names_code_and_tests_that_exist() -> None:
    for start, tests in TESTS.items():
        assert (ROOT / start).exists(), start
        assert [test for test in tests if not (ROOT / test).exists()] == []
    assert concerning("tests/kit/world.py") == []
    assert concerning("cloud/steelyard_cloud/alerts/states.py") == TESTS["cloud/steelyard_cloud/alerts/"]


def test_equivalent_mutants_are_of_today_s_code() -> None:
    """An entry whose line has changed is to be looked at again."""
    for path, line, before, _ in read():
        assert line in [text.strip() for text in (ROOT / path).read_text().splitlines()], (path, line)
        assert (before or line) in (ROOT / path).read_text()


def test_a_line_s_numbers_can_be_listed_together(tmp_path: Path) -> None:
    entries = tmp_path / "list.toml"
    entries.write_text("""[[equivalent]]
path = "x.py"
line = "KEPT = 8 * f(1_024, a < b)"
reason = "a bound on memory"
""")
    source = "OTHER = 8\nKEPT = 8 * f(1_024, a < b)\n"
    found = [one for one in mutants("x.py", source) if listed(one, source, read(entries))]
    assert [(one.line, one.before, one.after) for one in found] == [
        (2, "8", "(7)"),
        (2, "8", "(9)"),
        (2, "1_024", "(1023)"),
        (2, "1_024", "(1025)"),
    ]


def plant(checkout: Path) -> None:
    """A file and its tests."""
    (checkout / PLANTED).write_text(SOURCE)
    (checkout / "tests" / "planted").mkdir()
    (checkout / "tests" / "planted" / "test_planted.py").write_text(PLANTED_TESTS)


def one(before: str, changed: str) -> Mutant:
    (found,) = (mutant for mutant in mutants(PLANTED, SOURCE) if (mutant.before, mutant.after) == (before, changed))
    return found


def test_a_fault_that_a_test_notices_is_killed_and_another_survives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Copy(tmp_path)
    plant(tmp_path / "checkout")
    with pytest.raises(NothingToRunError, match="no tests concern README"):
        copy.base("README.md")
    monkeypatch.setattr(running, "concerning", lambda _path: ["tests/planted/test_planted.py"])
    base = copy.base(PLANTED)
    assert base.failed == ["tests/planted/test_planted.py::test_that_fails_anyhow"]
    assert copy.outcome(one("a < b", "(a <= b)")) is Outcome.KILLED
    assert json.loads(base.notes.read_text())["found"] == {"tests/planted/test_planted.py::test_watched": 1}
    assert copy.outcome(one("a + 10", "(a - 10)")) is Outcome.SURVIVED
    monkeypatch.setattr(running, "PATIENCE_S", 0)
    assert copy.outcome(one("n += 1", "pass")) is Outcome.TIMED_OUT
    assert (tmp_path / "checkout" / PLANTED).read_text() == SOURCE
    monkeypatch.setattr(running, "concerning", lambda _path: ["tests/planted/none.py"])
    with pytest.raises(NothingToRunError, match="no test passes without a fault"):
        copy.base(PLANTED)


def test_the_program_says_what_survived_and_ends_with_1(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "checkout")
    plant(checkout.folder)
    row = f'\n    "{PLANTED}": ["tests/planted/test_planted.py"],'
    checkout.insert("tests/mutants/concerned.py", "TESTS: dict[str, list[str]] = {", row)
    fields = {"path": PLANTED, "line": "return a + 10", "before": "10", "after": "(9)", "reason": "nobody counts it"}
    entry = "\n[[equivalent]]\n" + "".join(f'{name} = "{value}"\n' for name, value in fields.items())
    (checkout.folder / "tests/mutants/equivalent.toml").write_text(entry)
    (checkout.folder / PLANTED).write_text(SOURCE.partition("\n\ndef counted")[0])

    def told(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "mutants", *arguments],
            cwd=checkout.folder,
            env={**os.environ, "PYTHONPATH": python_path(checkout.folder)},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    (checkout.folder / "tests/planted/test_planted.py").write_text(PLANTED_TESTS.replace("counted, ", ""))
    code, text = told("--of", PLANTED)
    assert code == 1, text
    assert "left out: tests/planted/test_planted.py::test_that_fails_anyhow" in text
    assert f'survived: {PLANTED}:9\npath = "{PLANTED}"\nline = "return a + 10"\n' in text
    assert "a < b" not in text
    assert text.endswith("7 mutants: 3 killed, 3 survived, 0 timed out, 1 equivalent\n")
    assert told("--of", PLANTED, "--sample", "0") == (0, "0 mutants: 0 killed, 0 survived, 0 timed out, 0 equivalent\n")
    code, text = told("--of", "cloud/steelyard_cloud/none.py")
    assert (code, "Traceback" in text) == (2, False), text
    code, text = told("--since", "no-such-commit")
    assert (code, "Traceback" in text) == (2, False), text


def test_changed_lines_are_those_of_the_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        names = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *names, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "a.py").write_text("1\n2\n3\n4\n")
    (tmp_path / "gone.py").write_text("1\n")
    git("add", ".")
    git("commit", "-m", "x")
    (tmp_path / "a.py").write_text("1\nnew\n3\nnew\nnew\n4\n")
    (tmp_path / "gone.py").unlink()
    monkeypatch.setattr("mutants.__main__.ROOT", tmp_path)
    assert changed_lines("HEAD") == {"a.py": {2, 4, 5}}

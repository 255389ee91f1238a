"""Every folder says in a sentence what may be in it, and lint covers all of them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("cloud", "firmware", "gateway", "hardware", "protocol", "simulator", "tests")
FOLDERS = sorted({path.parent for part in PARTS for path in (ROOT / part).rglob("*.py")})


def sentence(folder: Path) -> str:
    """What a package or a README says of its folder and of those in it that are no packages."""
    init, readme = folder / "__init__.py", folder / "README.md"
    text = (ast.get_docstring(ast.parse(init.read_text())) or "") if init.exists() else ""
    return text + (readme.read_text() if readme.exists() else "")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_folder_says_what_is_in_it(folder: Path) -> None:
    if (folder / "__init__.py").exists() or folder.parent == ROOT:
        assert sentence(folder)
    else:
        above = [parent for parent in folder.parents if parent.is_relative_to(ROOT) and parent != ROOT]
        said = "".join(sentence(parent) for parent in above)
        # One that is like its neighbours (a board among `boards/`) is named together with them.
        named_together = not (folder.parent / "__init__.py").exists() and folder.parent.name in said
        assert folder.name in said or named_together, "no README or docstring above it names it"


@pytest.mark.parametrize("part", [*PARTS, "docs"])
def test_every_part_has_a_short_readme(part: str) -> None:
    text = (ROOT / part / "README.md").read_text()
    assert text.startswith(f"# {part}\n")
    assert 5 < len(text.splitlines()) <= 20


def test_style_is_checked_everywhere() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--show-files"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = [*(path for folder in FOLDERS for path in folder.glob("*.py")), *(ROOT / ".ci").glob("*.py")]
    assert [str(path) for path in wanted if str(path) not in checked] == []

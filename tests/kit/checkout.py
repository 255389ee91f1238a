"""A copy of this checkout, to be changed as a developer would; this Python runs what is in it, nothing is installed."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NOT_THE_PROJECT = (".git", ".venv", "build", "dist", ".*_cache", ".hypothesis", "__pycache__", "images")
_SOURCES = ("protocol", "gateway", "cloud", "simulator", "hardware", "tests")
_LOCALES = Path("cloud/steelyard_cloud/web/words/locale")


def python_path(checkout: Path) -> str:
    """PYTHONPATH by which everything of ours is imported from a checkout."""
    return os.pathsep.join(str(checkout / source) for source in _SOURCES)


class Checkout:
    """The copy, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*_NOT_THE_PROJECT))
        self._before = self._contents()

    def _contents(self) -> dict[str, str]:
        files = (path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
        }

    def touched(self) -> set[str]:
        """The files that were added or changed since the copy was made."""
        return {name for name, digest in self._contents().items() if self._before.get(name) != digest}

    def write(self, path: str, text: str) -> None:
        """Add a file."""
        assert not (self.folder / path).exists(), path
        (self.folder / path).write_text(text)

    def insert(self, path: str, after: str, text: str) -> None:
        """Put `text` into a file, behind the one place where it says `after`."""
        whole = (self.folder / path).read_text()
        assert whole.count(after) == 1, f"{path} says {after!r} {whole.count(after)} times"
        (self.folder / path).write_text(whole.replace(after, after + text))

    def translate(self, *messages: str) -> None:
        """Add messages to every language: what each says is the message between brackets."""
        for path in (self.folder / _LOCALES).glob("*.po"):
            entries = "".join(f'\nmsgid "{message}"\nmsgstr "[{message}]"\n' for message in messages)
            path.write_text(path.read_text() + entries)

    def make(self, target: str) -> None:
        """Run the command that the Makefile has for `target`."""
        recipe = (self.folder / "Makefile").read_text().partition(f"\n{target}:")[2].splitlines()[1]
        _, found, arguments = recipe.partition("$(BIN)/python ")
        assert found, f"make {target} is not one command of Python"
        self.run(*arguments.split())

    def run(self, *arguments: str) -> None:
        """Run Python with these arguments; everything of ours is imported from the copy."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": python_path(self.folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}:\n{done.stdout[-6000:]}{done.stderr[-2000:]}"

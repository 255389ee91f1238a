"""The tree names no host but those of standards and examples: no package registry, no archive, no private network."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".git", ".venv", "build", "dist", "__pycache__"}
ALLOWED = re.compile(
    r"www\.(apache|w3)\.org|json-schema\.org|localhost|127\.0\.0\.1|(.+\.)?example(\.org)?|listen_host|(www)?\.?"
)


def texts() -> Iterator[tuple[Path, str]]:
    for path in ROOT.rglob("*"):
        relative = path.relative_to(ROOT)
        hidden = any(part in SKIPPED or part.endswith("_cache") for part in relative.parts)
        if path.is_file() and not hidden and path.suffix != ".png" and not path.name.startswith(".coverage"):
            yield relative, path.read_text(errors="replace")


def test_tree_names_no_host_that_it_would_fetch_from() -> None:
    found = {(str(path), host) for path, text in texts() for host in re.findall(r"https?://([A-Za-z0-9._-]*)", text)}
    assert len(found) > 5
    assert [(path, host) for path, host in sorted(found) if not ALLOWED.fullmatch(host)] == []

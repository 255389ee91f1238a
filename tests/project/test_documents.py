"""What the documents name exists, and lists of documents are whole."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
PARTS = "cloud|firmware|gateway|hardware|protocol|simulator|tests"


def test_every_step_in_the_life_of_a_statement_is_a_file() -> None:
    paths = re.findall(rf"`((?:{PARTS})/[\w/.]+)`", (DOCS / "life-of-a-statement.md").read_text())
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_every_path_in_the_documents_exists() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *DOCS.rglob("*.md")]
    named = {
        (str(page.relative_to(ROOT)), path)
        for page in pages
        for path in re.findall(rf"`((?:{PARTS}|docs)/[\w/.-]+)`", page.read_text())
    }
    assert [(page, path) for page, path in sorted(named) if "NAME" not in path and not (ROOT / path).exists()] == []


def test_decisions_are_numbered_listed_and_of_one_form() -> None:
    index = (DOCS / "decisions" / "README.md").read_text()
    for number, page in enumerate(DECISIONS, start=1):
        text = page.read_text()
        title = text.splitlines()[0]
        assert page.name.startswith(f"{number:04}-")
        assert title.startswith(f"# {number}. ")
        assert f"| {number} | [{title.partition('. ')[2]}]({page.name}) |" in index
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Why", "Consequences"]


def test_every_document_is_named_where_one_looks_for_it() -> None:
    index = (DOCS / "README.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and page.name not in index] == []

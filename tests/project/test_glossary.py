"""Words that docs/glossary.md says not to use are used nowhere that people read."""

import json
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from steelyard_cloud.web.api import routes

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
FORBIDDEN = re.findall(r"^\| `(.+)` \| ", GLOSSARY.read_text(), re.MULTILINE)


def sources() -> dict[str, str]:
    """What people read, by where it stands."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")]
    found = {str(path.relative_to(ROOT)): path.read_text() for path in documents if path != GLOSSARY}
    found["CDDL"] = (ROOT / "protocol" / "steelyard.cddl").read_text()
    catalogue = (ROOT / "cloud/steelyard_cloud/web/words/locale/zh-CN.po").read_text()
    pages = "\n".join(re.findall(r'^(?:msgid(?:_plural)? )?"(.*)"$', catalogue, re.MULTILINE))
    found["pages"] = re.sub(r"{\w+}", "…", pages)  # places are for programmers; readers see what fills them
    app = FastAPI()
    app.include_router(routes.router)
    found["API"] = json.dumps(app.openapi())
    return found


SOURCES = sources()


@pytest.mark.parametrize("source", SOURCES)
def test_no_forbidden_word_is_used(source: str) -> None:
    text = re.sub(r"\s+", " ", SOURCES[source])
    text = re.sub(r"cannot be told", "", text, flags=re.IGNORECASE)  # the name of a verdict
    patterns = {word: re.escape(word).replace("…", ".{1,40}") for word in FORBIDDEN}
    found = {word for word, pattern in patterns.items() if re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)}
    assert found == set()


def test_the_list_is_read() -> None:
    assert {"held", "anew", "KeysAway"} <= set(FORBIDDEN)
    assert len(SOURCES["pages"]) > 10_000

"""Every link in README, docs/ and the notebooks leads to a file that is there, and to a heading in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / folder / "README.md" for folder in ("configs", "data", "checkpoints")),
    *(ROOT / "examples").glob("*.ipynb"),
]
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
NAMED = re.compile(r"\bdocs/[\w/-]+\.(?:md|png|svg)\b")


def prose(page: Path) -> str:
    """The text of a page, without its code."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        text = "\n\n".join(
            "".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"
        )
    return FENCED.sub("", text)


def anchors(page: Path) -> set[str]:
    """What a link may have after #: the headings in small letters, without punctuation, with - between the words."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in plain}


def broken(page: Path) -> list[str]:
    """The links that lead nowhere. Addresses of other sites are not looked up."""
    wrong = []
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            wrong.append(link)
    return wrong


def test_every_link_leads_somewhere():
    assert len(PAGES) > 20
    assert sum(len(LINK.findall(prose(page))) for page in PAGES) > 50
    assert {str(page.relative_to(ROOT)): wrong for page in PAGES if (wrong := broken(page))} == {}


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# One, two\n[a](page.md) [b](#one-two) [c](https://example.org) ![d](no.png) [e](#three)\n```\n[f](g)\n```\n"
    )
    assert broken(page) == ["no.png", "#three"]


def test_every_page_of_docs_that_is_named_exists():
    """In the prose, and in what commands and settings say."""
    places = [*PAGES, *(ROOT / "charlm").rglob("*.py"), *(ROOT / "configs").rglob("*.yaml")]
    named = {(name, place) for place in places for name in NAMED.findall(place.read_text(encoding="utf-8"))}
    assert len(named) > 20
    assert [(name, str(place.relative_to(ROOT))) for name, place in named if not (ROOT / name).is_file()] == []


def test_every_page_of_docs_is_linked_or_named():
    """A page that nothing leads to is never read."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [path.name for path in (ROOT / "docs").glob("*.md") if not re.search(rf"\b{path.name}\b", text)] == []

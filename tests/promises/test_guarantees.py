"""For each promise, docs/guarantees.md names a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs/guarantees.md"
NAMED = re.compile(r"`((?:tests/)?[\w/]*\.py)?(?:::(\w+))?`")


def promises(page: str) -> list[tuple[str, str]]:
    """Each promise, and the cell that names its tests."""
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in page.splitlines() if line[:1] == "|"]
    return [(row[0], row[1]) for row in rows if row[0] not in ("promise",) and not row[0].startswith("---")]


def missing(proof: str) -> list[str]:
    """The tests that the cell names and that do not exist. A name without a file is in the file named before it."""
    wrong, content, found = [], "", False
    for file, function in NAMED.findall(proof):
        if file:
            path = TESTS.parent / file if file.startswith("tests/") else TESTS / "promises" / file
            content = path.read_text(encoding="utf-8") if path.is_file() else ""
            found = True
        if "\ndef test_" not in content or (function and f"\ndef {function}(" not in content):
            wrong.append(f"{file}::{function}")
    return wrong if found else ["a test"]


def test_every_promise_names_a_test_that_exists():
    found = promises(PAGE.read_text(encoding="utf-8"))
    assert len(found) >= 20
    assert {promise: wrong for promise, proof in found if (wrong := missing(proof))} == {}


def test_names_of_missing_tests_are_caught():
    assert missing("`test_yaml.py`: attacks") == []
    assert missing("`test_nothing.py`") == ["test_nothing.py::"]
    assert missing("`test_yaml.py`, `::test_nothing`") == ["::test_nothing"]
    assert missing("`small.py`") == ["small.py::"]  # a harness is no test
    assert missing("care") == ["a test"]

"""Rules for the whole code: short files, light imports, floors, and nothing that executes an untrusted file."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.portable

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "charlm").rglob("*.py"))
WRITTEN = SOURCES + sorted((ROOT / "charlm").rglob("*.[ch]")) + sorted((ROOT / "tests").rglob("*.py"))

LONGEST = 300  # lines
FORBIDDEN_NAMES = ("util", "helper", "manager", "handler", "processor", "common", "base")
FORBIDDEN_CALLS = {"eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "os.system"}
FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "dill", "joblib", "click"}

# What computes, or chooses what does.
COMPUTING = ("numpy", "torch", "charlm.kernels", "charlm.engines", "charlm.model")
# Laws that import some of these, and yet have the same result on every processor.
PORTABLE = {
    "test_capturable.py": "its tensors have no data",
    "test_lanes.py": "it counts places of a text",
    "test_pages.py": "node computes what it is about",
}


def named(path):
    return str(path.relative_to(ROOT))


@functools.cache
def trees():
    """The syntax of each source by its name."""
    return {named(path): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def test_files_are_short():
    """Code, kernels and tests alike."""
    assert {".py", ".h", ".c"} == {path.suffix for path in WRITTEN}
    lines = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in WRITTEN}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


def test_files_have_a_docstring():
    assert len(trees()) > 200
    assert [name for name, tree in trees().items() if not ast.get_docstring(tree)] == []


def test_file_names_avoid_empty_words():
    words = {named(path): set(path.stem.split("_")) for path in SOURCES}
    assert [name for name, found in words.items() if any(w in part for w in FORBIDDEN_NAMES for part in found)] == []


def executing(tree):
    """The lines of a file that could execute another file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and {alias.name.split(".")[0] for alias in node.names} & FORBIDDEN_IMPORTS:
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in FORBIDDEN_IMPORTS:
            yield node.lineno
        if isinstance(node, ast.Call) and ast.unparse(node.func) in FORBIDDEN_CALLS:
            yield node.lineno


def test_no_code_executes_a_file():
    """But for the cells in files that the user names: tests/promises/test_foreign_cell_files.py is about them."""
    found = {name: lines for name, tree in trees().items() if (lines := list(executing(tree)))}
    assert {name: len(lines) for name, lines in found.items()} == {"charlm/cells/own_files.py": 1}
    assert len(list(executing(ast.parse("import pickle\nfrom marshal import load\neval('1')\nyaml.load('a')")))) == 4


def imported(tree):
    """The modules that a file names in its imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def is_portable(tree):
    """Whether a file of tests marks all of them as such."""
    assigned = (node for node in tree.body if isinstance(node, ast.Assign))
    return any(
        "pytest.mark.portable" in ast.unparse(node.value)
        for node in assigned
        if ast.unparse(node.targets[0]) == "pytestmark"
    )


def test_laws_that_compute_are_repeated_for_older_processors_and_the_others_are_not():
    """.ci/run runs all laws but those that are marked as portable once more, with the kernels of older processors."""
    laws = {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("test_*.py")}
    computing = {name for name, tree in laws.items() if any(each.startswith(COMPUTING) for each in imported(tree))}
    assert {"test_cells.py", *PORTABLE} <= computing
    assert {name for name, tree in laws.items() if is_portable(tree)} == {*(laws.keys() - computing), *PORTABLE}


def test_importing_the_command_line_is_light():
    code = "import sys, charlm.cli; print(*sorted({'torch', 'numpy', 'pydantic', 'matplotlib'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_imports_follow_the_floors():
    pytest.importorskip("importlinter", reason="import-linter is a development dependency")
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout

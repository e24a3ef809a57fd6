"""Rules for the whole code: short files, light imports, floors, and nothing that executes an untrusted file."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "charlm").rglob("*.py"))
WRITTEN = SOURCES + sorted((ROOT / "charlm").rglob("*.[ch]")) + sorted((ROOT / "tests").rglob("*.py"))

LONGEST = 300  # lines
FORBIDDEN_NAMES = ("util", "helper", "manager", "handler", "processor", "common", "base")
FORBIDDEN_CALLS = {"eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "os.system"}
FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "dill", "joblib", "click"}


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

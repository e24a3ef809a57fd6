"""Rules for the whole code: short files, light imports, floors, and nothing that executes an untrusted file."""

from __future__ import annotations

import ast
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


def each_source():
    return pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


def test_files_are_short():
    """Code, kernels and tests alike."""
    assert {".py", ".h", ".c"} == {path.suffix for path in WRITTEN}
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in WRITTEN}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


@each_source()
def test_files_have_a_docstring(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@each_source()
def test_file_names_avoid_empty_words(path):
    assert not any(word in part for word in FORBIDDEN_NAMES for part in path.stem.split("_"))


@each_source()
def test_no_code_executes_a_file(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & FORBIDDEN_IMPORTS
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.module.split(".")[0] not in FORBIDDEN_IMPORTS
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in FORBIDDEN_CALLS


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

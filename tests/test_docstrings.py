"""What a person reads from docstrings is there under `python -OO` too, which leaves docstrings out."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from charlm import docstrings
from charlm.docstrings import function_docstring, module_docstring

NARROW = {"COLUMNS": "80"}


def printed_without_docstrings(*arguments):
    done = subprocess.run(
        [sys.executable, "-OO", "-m", "charlm", *arguments],
        env={**os.environ, **NARROW},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("arguments", [["cells", "show", "lstm"], ["--help"], ["runs", "rm", "--help"]], ids=" ".join)
def test_equations_and_help_are_the_same_without_docstrings(charlm, arguments):
    printed = charlm(*arguments, env=NARROW).stdout
    assert printed
    assert printed_without_docstrings(*arguments) == printed


def test_a_docstring_that_python_left_out_is_read_from_the_source(monkeypatch):
    whole = module_docstring(docstrings.__name__)
    monkeypatch.setattr(docstrings, "__doc__", None)
    assert module_docstring(docstrings.__name__) == whole
    described = function_docstring(function_docstring)
    monkeypatch.setattr(function_docstring, "__doc__", None)
    assert function_docstring(function_docstring) == described


def test_without_a_source_the_cell_says_where_its_equations_are(monkeypatch):
    from charlm.cells import lstm
    from charlm.cells.table import find_cell

    monkeypatch.setattr(lstm, "__doc__", None)
    monkeypatch.setattr(lstm, "__file__", "/absent/lstm.py")
    assert find_cell("lstm").equations() == "Long short-term memory. Its equations are in charlm.cells.lstm."


def test_a_function_without_a_docstring_has_an_empty_one():
    assert function_docstring(printed_without_docstrings) == ""

"""The notebooks of examples/: they are valid, name what exists, and run.

Their outputs are those of a run from the first cell to the last. To make them anew:

    PYTHONPATH=. python tests/examples/test_notebooks.py --update
"""

from __future__ import annotations

import ast
import copy
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
SHELL = "%%sh\n"
SECONDS = 600  # after which a notebook is given up; each takes about half a minute on two cores

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])


def read(path):
    return nbformat.read(path, as_version=4)


def code_of(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def python_of(notebook):
    """The syntax of the cells of Python."""
    return ast.parse("\n".join(cell for cell in code_of(notebook) if not cell.startswith(SHELL)))


def commands_of(notebook):
    """The lines of the cells of commands."""
    return [line for cell in code_of(notebook) if cell.startswith(SHELL) for line in cell.splitlines()[1:]]


def dotted(node):
    """`charlm.train` of the syntax; "" for what is no name."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def wrong_names(tree):
    """The names of charlm, and the keywords of its calls, that do not exist."""
    import importlib
    import inspect

    import charlm
    from charlm.config.given import NAMES

    settings = {name.rpartition(".")[2] for name in NAMES} | {name.replace(".", "__") for name in NAMES}
    wrong = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and dotted(node).startswith("charlm.") and dotted(node).count(".") == 1:
            wrong += [] if node.attr in charlm.__all__ else [dotted(node)]
        elif isinstance(node, ast.Call) and dotted(node.func) in ("charlm.train", "charlm.resume"):
            function = getattr(charlm, node.func.attr)
            known = settings | set(inspect.signature(function).parameters)
            wrong += [f"{dotted(node.func)}({word.arg}=)" for word in node.keywords if word.arg not in known]
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("charlm"):
            module = importlib.import_module(node.module)
            wrong += [f"{node.module}.{name.name}" for name in node.names if not hasattr(module, name.name)]
    return wrong


def test_there_are_three():
    assert [path.stem for path in NOTEBOOKS] == ["compare-cells", "first-model", "look-inside"]


@each
def test_a_notebook_is_valid_and_begins_with_a_heading(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    assert len(code_of(notebook)) >= 5


@each
def test_every_name_and_every_command_exists(path):
    from command_line import require_command

    notebook = read(path)
    assert wrong_names(python_of(notebook)) == []
    for command in commands_of(notebook):
        program, *arguments = shlex.split(command)
        assert program == "charlm"
        require_command(arguments)


def test_names_that_do_not_exist_are_found():
    calls = "charlm.fit\ncharlm.train('x', hiden_size=8, steps=3, model__cell='gru')\n"
    assert set(wrong_names(ast.parse(f"{calls}from charlm.training.events import Begun"))) == {
        "charlm.fit", "charlm.train(hiden_size=)", "charlm.training.events.Begun",
    }  # fmt: skip


@each
def test_the_outputs_are_of_one_run_without_an_error_and_of_no_place(path):
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert {"display_data", "stream"} <= kinds
    assert "error" not in kinds
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|Users|usr|work|var)/", text)
    assert len(text) < 250_000


def execute(path, folder):
    """Run the notebook in a folder of its own, where `charlm` is a command; gives it with its new outputs."""
    from nbclient import NotebookClient

    program = folder / "bin" / "charlm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m charlm "$@"\n')
    program.chmod(0o755)
    before = os.environ.copy()
    os.environ["PATH"] = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = str(EXAMPLES.parent)
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    try:
        notebook = read(path)
        place = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, timeout=SECONDS, resources=place, coalesce_streams=True).execute()
        return notebook
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
@each
def test_a_notebook_runs_from_its_first_cell_to_its_last(path, tmp_path):
    """The outputs are of the same kinds as those that are stored."""
    stored, made = read(path), execute(path, tmp_path)
    for before, now in zip(stored.cells, made.cells, strict=True):
        if now.cell_type == "code":
            assert [output.output_type for output in now.outputs] == [output.output_type for output in before.outputs]
    cards = [output for cell in made.cells if cell.cell_type == "code" for output in cell.outputs if "data" in output]
    assert any("data:image/svg+xml" in card.data.get("text/html", "") for card in cards)


def update():
    """Store the outputs of a new run, without what says when and where it was made."""
    for path in NOTEBOOKS:
        with tempfile.TemporaryDirectory() as folder:
            notebook = copy.deepcopy(execute(path, Path(folder)))
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, path)
        print(path.name)


if __name__ == "__main__" and sys.argv[1:] == ["--update"]:
    update()

"""A model whose cell is in a file of the user's, from its training to its removal."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from graphs.compiled import needs_compiler

from charlm.cells import own_files
from charlm.kernels.choosing import choice

EXAMPLE = Path(__file__).parent.parent / "data" / "mycell.py"
SMALL = ("-s", "model.hidden_size=12", "-s", "model.num_layers=1", "-s", "training.seq_len=16", "--steps", "6")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A folder with the example and, after the first test, a run `own` that was trained with it."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copy(EXAMPLE, folder / "mycell.py")
    return folder


@pytest.fixture
def there(charlm, home, monkeypatch):
    """Run `charlm` in that folder. As in processes of their own, no command knows what an earlier one was allowed."""

    def run(*arguments, **env):
        monkeypatch.setattr(own_files, "_trusted", {})
        return charlm(*arguments, cwd=home, env={"CHARLM_RUNS": str(home / "runs"), **env})

    return run


@pytest.fixture
def trained(there, home, verse) -> Path:
    """The run's copy of the file."""
    if not (home / "runs").exists():
        result = there("train", str(verse), "-s", "model.cell=mycell.py:MyCell", "--run", "own", *SMALL)
        assert result.returncode == 0, result.stderr
        said = "".join(result.stderr.split())  # a long path is folded
        # a test before this one may have run the same bytes in another folder, whose path is then said
        assert re.search(r"runscodefrom/\S+/mycell\.py", said)
        assert "MyCell 1 x 12" in there("runs", "list").stdout
    (copy,) = (home / "runs" / "own").glob("*.py")
    assert copy.read_bytes() == EXAMPLE.read_bytes()
    return copy


def test_later_commands_run_it_only_if_they_are_told(there, trained):
    refused = there("sample", "own", "-n", "20")
    assert refused.returncode == 2
    assert "--cell-file mycell.py" in refused.stderr
    assert trained.name in refused.stderr
    for told, env in (
        (("--cell-file", "mycell.py"), {}),
        (("--cell-file", str(trained)), {}),
        ((), {"CHARLM_CELL_FILE": "mycell.py"}),
    ):
        result = there("sample", "own", "-n", "20", "--seed", "1", *told, **env)
        assert (result.returncode, len(result.stdout.strip("\n")) > 0) == (0, True), result.stderr


def test_the_commands_that_are_suggested_name_the_file_and_work(there, trained):
    shown = there("runs", "show", "own").stdout
    resumed = there("train", "--resume", "own", "--more", "1", "--cell-file", "mycell.py").stderr
    for said in (shown, resumed):
        lines = [line.strip() for line in said.split("next", 1)[1].splitlines()]
        suggested = [shlex.split(line.removeprefix("next").strip()) for line in lines if "charlm " in line]
        assert len(suggested) >= 2
        for _, *words in suggested:
            assert words[words.index("--cell-file") + 1] == "mycell.py"
        (sample,) = [words[1:] for words in suggested if words[1] == "sample"]
        assert there(*sample, "-n", "5").returncode == 0


def test_it_is_resumed_with_the_file(there, trained):
    refused = there("train", "--resume", "own", "--more", "2")
    assert refused.returncode == 2
    assert "--cell-file mycell.py" in refused.stderr
    result = there("train", "--resume", "own", "--more", "2", "--cell-file", "mycell.py")
    assert result.returncode == 0, result.stderr


def test_a_file_that_has_changed_is_refused_and_the_copy_is_named(there, trained, home):
    changed = home / "changed.py"
    changed.write_text(EXAMPLE.read_text() + "\n# another text\n")
    result = there("sample", "own", "--cell-file", "changed.py")
    assert result.returncode == 2
    assert "changed.py is not the file" in result.stderr
    assert trained.name in result.stderr


def test_the_library_opens_it_with_the_file(trained, monkeypatch, home):
    import charlm

    monkeypatch.setenv("CHARLM_RUNS", str(home / "runs"))
    model = charlm.load("own", cell_file=trained)
    assert len(charlm.sample(model, length=5, seed=1)) == 5


def test_it_is_exported_and_removed_with_its_copy(there, trained, home):
    result = there("runs", "export", "own", "elsewhere", "--cell-file", "mycell.py")
    assert result.returncode == 0, result.stderr
    assert (home / "elsewhere" / trained.name).read_bytes() == EXAMPLE.read_bytes()
    assert there("sample", "elsewhere", "-n", "9", "--cell-file", f"elsewhere/{trained.name}").returncode == 0
    assert there("runs", "rm", "own", "--yes").returncode == 0
    assert not (home / "runs" / "own").exists()


@needs_compiler
@pytest.mark.skipif(choice().level is None, reason="the kernels are not compiled")
def test_it_is_compiled_once_and_kept(charlm_forked, tmp_path, verse):
    shutil.copy(EXAMPLE, tmp_path / "mycell.py")
    command = ("train", str(verse), "-s", "model.cell=mycell.py:MyCell", *SMALL)

    def said(**env):
        process = charlm_forked(*command, env=env)
        _, printed = process.communicate()
        assert process.returncode == 0, printed
        return printed

    first, second = (said(CHARLM_CACHE=str(tmp_path / "cache")) for _ in range(2))
    assert "compiled MyCell in " in first
    assert "compiled MyCell" not in second
    assert len(list((tmp_path / "cache" / "cells").iterdir())) == 1
    without = said(CHARLM_CACHE=str(tmp_path / "other"), CC="no-such-compiler")
    assert "is not compiled, and slower: no C compiler" in " ".join(without.split())

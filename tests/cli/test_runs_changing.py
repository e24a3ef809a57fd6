"""`charlm runs rm`, `rename`, `export` and `plot` through the real command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from charlm.runs import Run, lock_run

sys.path.insert(0, str(Path(__file__).parents[1] / "promises"))

from test_terminal import charlm_on_a_terminal


@pytest.fixture
def runs(tiny_run, tmp_path):
    """A folder of runs of the test's own, with `tiny` and `other`."""
    root = tmp_path / "runs"
    shutil.copytree(tiny_run / "tiny", root / "tiny")
    shutil.copytree(tiny_run / "tiny", root / "other")
    return root


def names(root):
    return sorted(path.name for path in root.iterdir() if path.is_dir())


def test_in_a_pipe_rm_needs_yes(charlm, runs):
    refused = charlm("runs", "rm", "tiny")
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert names(runs) == ["other", "tiny"]
    assert charlm("runs", "rm", "tiny", "other", "--yes").returncode == 0
    assert names(runs) == []


def test_rm_leaves_nothing_of_what_commands_put_into_the_folder(charlm, runs, verse):
    for command in (["gradients", "--positions", 4], ["gates"], ["context", "--longest", 4, "--positions", 20]):
        drawn = charlm("inspect", command[0], "tiny", "--text", verse, *command[1:])
        assert drawn.returncode == 0, drawn.stderr
        assert (runs / "tiny" / f"{command[0]}.png").exists()
    assert charlm("sample", "tiny", "-n", 20, "--max-copy", 9, "--text", verse).returncode == 0
    assert charlm("runs", "rm", "tiny", "--yes").returncode == 0
    assert names(runs) == ["other"]


def test_on_a_terminal_rm_shows_the_runs_and_asks(charlm, runs, monkeypatch):
    from charlm.cli import runs_changing

    monkeypatch.setattr(runs_changing, "is_terminal", lambda stream: True)
    no = charlm("runs", "rm", "tiny", stdin="n\n")
    assert no.returncode == 0
    assert "tiny  lstm 2 x 32  60 steps" in no.stdout
    assert "Remove this for good? [y/N]" in no.stderr
    assert "Nothing was removed." in no.stderr
    assert names(runs) == ["other", "tiny"]
    assert charlm("runs", "rm", "tiny", stdin="y\n").returncode == 0
    assert names(runs) == ["other"]


def test_a_run_that_is_training_is_not_touched_nor_those_named_with_it(charlm, runs):
    before = sorted(path.name for path in (runs / "tiny").rglob("*"))
    holder = (
        "import sys; from pathlib import Path; from charlm.runs import Run, lock_run\n"
        "with lock_run(Run(Path(sys.argv[1]))): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(runs / "tiny")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        for command in (["rm", "other", "tiny", "--yes"], ["rename", "tiny", "owl"]):
            refused = charlm("runs", *command)
            assert refused.returncode == 7
            assert f"process {process.pid}" in refused.stderr
        process.stdin.close()
    assert names(runs) == ["other", "tiny"]
    assert {*before} <= {path.name for path in (runs / "tiny").rglob("*")}


def test_nothing_outside_of_the_folder_of_the_runs_is_removed(charlm, runs, tmp_path):
    away = shutil.copytree(runs / "tiny", tmp_path / "away")
    refused = charlm("runs", "rm", str(away), "--yes")
    assert refused.returncode == 2
    assert "CHARLM_RUNS" in refused.stderr
    assert (away / "run.json").exists()
    assert charlm("runs", "rm", "tiny/best", "--yes").returncode == 2
    assert charlm("runs", "rm", "tniy", "--yes").returncode == 4


def test_rename_and_its_refusals(charlm, runs):
    assert charlm("runs", "rename", "tiny", "owl").returncode == 0
    assert names(runs) == ["other", "owl"]
    assert charlm("sample", "owl", "-n", 5).returncode == 0
    assert charlm("runs", "rename", "owl", "other").returncode == 4
    assert charlm("runs", "rename", "owl", "a/b").returncode == 2
    assert names(runs) == ["other", "owl"]


@pytest.mark.parametrize("name", ["out", "out.zip", "out.tar.gz", "out.tgz"])
@pytest.mark.parametrize("training", [False, True])
def test_what_is_exported_works_elsewhere(charlm, runs, tmp_path, name, training):
    done = charlm("runs", "export", "tiny", name, *["--training"] * training)
    assert done.returncode == 0, done.stderr
    written = tmp_path / name
    if name.endswith(".zip"):
        zipfile.ZipFile(written).extractall(tmp_path)
    elif name != "out":
        with tarfile.open(written) as tarred:
            tarred.extractall(tmp_path, filter="data")
    shutil.rmtree(runs)
    assert charlm("sample", "./out", "--seed", 1, "-n", 9).returncode == 0
    assert "config.yaml" in done.stdout
    resumed = charlm("train", "--resume", "./out", "--steps", 61)
    assert resumed.returncode == (0 if training else 4), resumed.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_export_overwrites_nothing_and_checks_what_it_copies(charlm, runs, tmp_path):
    (tmp_path / "there").mkdir()
    assert charlm("runs", "export", "tiny", "there").returncode == 2
    assert charlm("runs", "export", "tiny", "no/such/folder").returncode == 4
    checkpoint = Run(runs / "tiny").pointed("best")
    model = checkpoint / "model.safetensors"
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    refused = charlm("runs", "export", "tiny", "out")
    assert refused.returncode == 6
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))


def test_plot_draws_the_curves_of_several_runs(charlm, runs, tmp_path):
    pytest.importorskip("matplotlib")
    done = charlm("runs", "plot", "tiny", "other", "tiny")
    assert done.returncode == 0, done.stderr
    assert (runs / "curves.png").read_bytes().startswith(b"\x89PNG")
    for by in ("steps", "seconds"):
        assert charlm("runs", "plot", "tiny", "--by", by, "-o", f"{by}.png").returncode == 0
        assert (tmp_path / f"{by}.png").exists()
    assert charlm("runs", "plot", "tiny", "-o", "no/such/folder.png").returncode == 2
    (runs / "other" / "metrics.jsonl").unlink()
    refused = charlm("runs", "plot", "tiny", "other")
    assert refused.returncode == 2
    assert "other has no learning curve" in refused.stderr


def test_list_is_sorted_filtered_and_the_same_as_json(charlm, runs):
    env = {"CHARLM_RUNS": str(runs)}
    listed = charlm("runs", "list", "--sort", "name", env=env).stdout.splitlines()[1:]
    assert [line.replace("*", " ").split()[0] for line in listed] == ["other", "tiny"]
    found = json.loads(charlm("runs", "list", "--name", "tin", "--cell", "lstm", "--json", env=env).stdout)["runs"]
    assert [run["name"] for run in found] == ["tiny"]
    assert len(charlm("runs", "list", "--top", 1, env=env).stdout.splitlines()) == 2
    none = charlm("runs", "list", "--cell", "gru", env=env)
    assert none.stdout == ""
    assert "None of the 2 runs" in none.stderr


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_lists_fit_a_narrow_terminal(runs, columns):
    for command in (["list"], ["show", "tiny"], ["compare", "tiny", "other"]):
        shown = charlm_on_a_terminal("runs", *command, CHARLM_RUNS=str(runs), COLUMNS=str(columns)).decode()
        long = [line for line in shown.splitlines() if len(line) > columns]
        assert all(len(line.split()) <= 2 for line in long), "only a label and one word may be longer, such as a path"


def test_a_lock_is_free_after_a_rename(charlm, runs):
    charlm("runs", "rename", "tiny", "owl")
    with lock_run(Run(runs / "owl")):
        pass

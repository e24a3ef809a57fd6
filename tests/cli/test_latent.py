"""Models with latent variables on the command line: train, sample, bound, canvas, and what they refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from command_line import in_this_process

NAMES = [
    f"{first}{middle}{last}" for first in "ABDEK" for middle in ("an", "li", "ore", "ust") for last in ("a", "n", "is")
]
SMALL = (
    "--steps", 30, "-s", "model.hidden_size=12", "-s", "model.num_layers=1", "-s", "training.batch_size=8",
    "-s", "training.validations=1", "-s", "model.latent.size=4", "--device", "cpu",
)  # fmt: skip


@pytest.fixture(scope="module")
def latent_runs(tmp_path_factory):
    """A folder with names.txt and runs `line` and `draw`, trained through the command line."""
    folder = tmp_path_factory.mktemp("latent")
    (folder / "names.txt").write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    environment = {"CHARLM_RUNS": str(folder / "runs"), "CHARLM_CACHE": str(folder / "cache")}
    more = {
        "line": ("-s", "model.latent.free_nats=1"),
        "draw": ("-s", "model.latent.canvas=9", "-s", "model.latent.rounds=4"),
    }
    for kind, settings in more.items():
        result = in_this_process(
            "train", "names.txt", "--latent", kind, "--run", kind, *SMALL, *settings, env=environment, cwd=folder
        )
        assert result.returncode == 0, result.stderr
    return folder, environment


@pytest.fixture
def charlm_latent(latent_runs):
    folder, environment = latent_runs
    return lambda *words: in_this_process(*words, env=environment, cwd=folder)


def test_a_training_says_that_its_scores_are_bounds(charlm_latent):
    result = charlm_latent("train", "names.txt", "--latent", "vrnn", "--run", "bounds", *SMALL)
    assert result.returncode == 0, result.stderr
    assert "valid <= " in result.stderr
    assert "lines are read whole" in result.stderr
    assert "charlm eval bound bounds" in result.stderr
    assert "charlm eval perplexity" not in result.stderr
    shown = charlm_latent("runs", "list").stdout
    assert "<= " in next(line for line in shown.splitlines() if "bounds" in line)


@pytest.mark.parametrize("kind", ["storn", "srnn"])
def test_every_kind_trains(charlm_latent, kind):
    result = charlm_latent("train", "names.txt", "--latent", kind, "--run", kind, *SMALL, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["bounded"] is True


def test_the_bound_is_a_table_that_falls_and_has_kl_and_units(charlm_latent):
    result = charlm_latent("eval", "bound", "line", "--draws", 64)
    assert result.returncode == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    assert [row[0] for row in rows] == ["draws", "1", "16", "64", "KL"]
    assert all(row[1] == "<=" for row in rows[1:4])
    bits = [float(row[2]) for row in rows[1:4]]
    assert bits == sorted(bits, reverse=True)
    assert "of 4 units used" in result.stdout


def test_the_bound_as_json_of_a_text_is_the_same_each_time(charlm_latent):
    found = [
        json.loads(charlm_latent("eval", "bound", "line", "names.txt", "--draws", 4, "--json").stdout) for _ in "12"
    ]
    for each in found:
        del each["seconds"]
    assert found[0] == found[1]
    assert found[0]["lines"] == len(NAMES)
    assert found[0]["characters"] == sum(map(len, NAMES)) + len(NAMES)
    assert found[0]["at_most_bits_per_character"] == found[0]["by_draws"][-1]["at_most_bits_per_character"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("eval", "perplexity", "line"), "charlm eval bound line"),
        (("eval", "lines", "line"), "charlm eval bound line"),
        (("compress", "line", "names.txt"), "charlm eval bound line"),
        (("export", "html", "line"), "charlm eval bound line"),
        (("inspect", "cells", "line"), "charlm eval bound line"),
        (("inspect", "gates", "line"), "charlm eval bound line"),
        (("train", "names.txt", "--from", "line", "--latent", "vrnn"), "model.latent.kind (--latent) out"),
        (("train", "names.txt", "--from", "line", "-s", "model.latent.size=5"), "Leave model.latent.size out"),
        (("train", "names.txt", "--from", "line", "-s", "text.records=false"), "reads lines (--records)"),
        (("train", "names.txt", "--from", "line", "--pairs"), "model.pairs.kind (--pairs)"),
        (("eval", "bound", "line", "--draws", 0), "from 1 to 4,096"),
        (("eval", "bound", "line", "--draws", 5000), "from 1 to 4,096"),
        (("eval", "bound", "line", "--particles"), "only for a whole line"),
        (("sample", "line", "--between", "Ana", "Zoë"), "does not know 'Z' 'ë'"),
        (("sample", "line", "--between", "Ana", ""), "takes one line of text"),
        (("sample", "line", "--near", "A\nB"), "takes one line of text"),
        (("sample", "line", "--between", "Ana", "Eli", "--temperature", 2), "Leave --temperature out"),
        (("sample", "line", "--between", "Ana", "Eli", "--steps", 1), "from 2 to 1,000"),
        (("sample", "line", "--between", "Ana", "Eli", "--count", 3), "cannot go together"),
        (("sample", "line", "--steps", 3), "--steps is for --between"),
        (("sample", "line", "--prompt", "A"), "--prompt is for models without latent variables"),
        (("sample", "line", "-i"), "--interactive is for models without latent variables"),
        (("sample", "draw", "--near", "Anananananana"), "canvas of draw 8"),
        (("inspect", "canvas", "line"), "has no canvas"),
        (("inspect", "canvas", "draw", "Anananananana"), "canvas of draw 8"),
        (("train", "names.txt", "--latent", "draw", "-s", "model.latent.canvas=4"), "-s model.latent.canvas=64"),
        (("train", "names.txt", "--latent", "line", "-s", "model.tied=true"), "cannot go with latent variables"),
        (("train", "names.txt", "--latent", "draw", "-s", "model.latent.canvas=4", "--dry-run"), "canvas=64"),
        (("train", "names.txt", *SMALL, "--latent", "line", "-s", "model.cell=clockwork"), "encoder_size (6) must be"),
        (("train", "names.txt", "--latent", "vrnn", "-s", "model.dropout_kind=locked"), "goes step by step"),
        (("train", "names.txt", "--latent", "line", "-s", "text.records=false"), "reads lines (--records)"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_command_to_use(charlm_latent, words, said):
    result = charlm_latent(*words)
    assert result.returncode in (2, 3, 4)
    assert said in result.stderr
    assert not result.stdout


def test_a_run_starts_from_the_weights_of_another(charlm_latent, latent_runs):
    (latent_runs[0] / "new.txt").write_text("".join(f"{name}ö\n" for name in NAMES), encoding="utf-8")
    words = ("train", "new.txt", "--from", "line", "--steps", 2, "--device", "cpu")
    again = charlm_latent(*words, "--run", "second", "-s", "model.latent.free_nats=2")
    assert again.returncode == 0, again.stderr
    assert "starts from line, step 30" in again.stderr
    assert "one symbol is new to it" in again.stderr
    shown = json.loads(charlm_latent("config", "show", "-c", "runs/second/config.yaml", "--json").stdout)
    assert shown["settings"]["model"]["latent"]["free_nats"] == 2, "it changes no weight"
    wider = charlm_latent("train", "new.txt", "--from", "draw", "--steps", 2, "-s", "model.latent.canvas=12")
    assert wider.returncode == 0, wider.stderr


@pytest.mark.parametrize("kind", ["line", "vrnn"])
def test_a_training_by_time_chooses_and_says_what(charlm_latent, kind):
    words = ("--latent", kind, "--budget", "1s", "-s", "model.hidden_size=8", "-s", "model.latent.size=4")
    done = charlm_latent("train", "names.txt", *words, "--run", f"timed-{kind}", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    chosen = next(line for line in done.stderr.splitlines() if "chosen: " in line)
    for name in ("cell ", "batch_size", "dropout", "learning_rate", "characters a second, it", "timed for"):
        assert name in chosen


def test_a_text_without_lines_is_refused(charlm_latent, latent_runs):
    for text, said in (("no line ends here " * 50, "no line end"), ("a line\nits end\nno more\n", "too few lines")):
        (latent_runs[0] / "book.txt").write_text(text, encoding="utf-8")
        result = charlm_latent("train", "book.txt", "--latent", "line", *SMALL, "-s", "text.splits=[1.0,0.0,0.0]")
        assert result.returncode == 3
        assert said in result.stderr


@pytest.mark.parametrize("run", ["line", "draw"])
def test_samples_are_lines_and_a_seed_gives_the_same_ones(charlm_latent, run):
    first = charlm_latent("sample", run, "--count", 5, "--seed", 1)
    assert first.returncode == 0, first.stderr
    assert len(first.stdout.splitlines()) == 5
    assert charlm_latent("sample", run, "--count", 5, "--seed", 1).stdout == first.stdout
    found = json.loads(charlm_latent("sample", run, "--count", 3, "--seed", 1, "--json").stdout)
    assert [one["text"] for one in found["samples"]] == first.stdout.splitlines()[:3]
    assert all(text not in NAMES for text in charlm_latent("sample", run, "--count", 3, "--novel").stdout.splitlines())


@pytest.mark.parametrize("run", ["line", "draw"])
def test_lines_between_two_and_near_one(charlm_latent, run):
    between = charlm_latent("sample", run, "--between", "Alia", "Kustis", "--steps", 5)
    assert between.returncode == 0, between.stderr
    assert len(between.stdout.splitlines()) == 5
    assert len(charlm_latent("sample", run, "--between", "Alia", "Kustis").stdout.splitlines()) == 7
    near = charlm_latent("sample", run, "--near", "Alia", "--seed", 1, "--count", 3)
    assert near.returncode == 0, near.stderr
    lines = near.stdout.splitlines()
    assert len(set(lines)) == len(lines) <= 3
    assert "Alia" not in lines


def test_between_needs_a_latent_for_a_line(charlm_latent, charlm, tiny_run, verse):
    result = charlm("sample", "tiny", "--between", "a", "b", env={"CHARLM_RUNS": str(tiny_run)})
    assert result.returncode == 2
    assert "charlm train names.txt --latent line" in result.stderr
    assert charlm("eval", "bound", "tiny", env={"CHARLM_RUNS": str(tiny_run)}).returncode == 2


def test_a_canvas_comes_into_focus(charlm_latent, latent_runs):
    result = charlm_latent("inspect", "canvas", "draw", "Alia")
    assert result.returncode == 0, result.stderr
    rows = result.stdout.splitlines()
    assert rows[0].split() == ["round", "bits", "canvas"]
    assert len(rows) == 6
    assert all(len(row.split(maxsplit=2)[2]) == 5 for row in rows[1:])
    found = json.loads(charlm_latent("inspect", "canvas", "draw", "--seed", 2, "--json").stdout)
    assert [each["round"] for each in found["rounds"]] == list(range(5))
    assert found["rounds"][0]["bits"] is None
    drawn = charlm_latent("inspect", "canvas", "draw", "Alia", "--png", "canvas.png")
    assert drawn.returncode == 0, drawn.stderr
    assert (latent_runs[0] / "canvas.png").read_bytes().startswith(b"\x89PNG")
    assert charlm_latent("inspect", "canvas", "draw", "Alia", "--png", "canvas.png").returncode == 2


def test_particles_bound_a_model_with_a_latent_for_each_character(charlm_latent):
    charlm_latent("train", "names.txt", "--latent", "storn", "--run", "stepwise", *SMALL)
    result = charlm_latent("eval", "bound", "stepwise", "--draws", 16, "--particles")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[0].split()[0] == "particles"
    refused = charlm_latent("sample", "stepwise", "--near", "Alia")
    assert "for each character (storn)" in refused.stderr


def test_sampling_imports_no_torch(latent_runs):
    code = (
        "import sys; from charlm.cli import app; app(['sample', 'line', '--seed', '1'], standalone_mode=False); "
        "sys.exit('torch' in sys.modules)"
    )
    folder, environment = latent_runs
    found = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, cwd=folder, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip()

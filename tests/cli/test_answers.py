"""Tasks for a memory through the real command line: their texts, a training on answers, its scores and addresses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from of_a_module import charlm_in

NTM = (
    "--records", "-s", "text.answer_after=>", "-s", "model.cell=ntm", "-s", "model.cell_options={places: 16, width: 5}",
    "-s", "model.num_layers=1", "-s", "model.hidden_size=12", "-s", "training.batch_size=8", "--device", "cpu",
)  # fmt: skip


@pytest.fixture(scope="module")
def charlm(tmp_path_factory):
    """In a folder with `copies.txt` and the run `copier`, of a few updates."""
    call = charlm_in(tmp_path_factory.mktemp("answers"))
    for name, length, lines in (("copies", "1-4", 200), ("longer", "6-9", 12)):
        done = call("data", "synthetic", "copy", "--length", length, "--lines", lines, "-o", f"{name}.txt")
        assert done.returncode == 0, done.stderr
    done = call("train", "copies.txt", "--run", "copier", "--steps", 6, *NTM)
    assert done.returncode == 0, done.stderr
    return call


def test_the_line_that_is_printed_trains(charlm):
    done = charlm("data", "synthetic", "ngram", "--bits", 60, "--lines", 60, "-o", "bits.txt")
    line = done.stderr.splitlines()[-1].partition("charlm ")[2].replace("'", "").split()
    assert "text.score_ends=false" in line
    done = charlm(*line, "--run", "bits", "--steps", 2, "-s", "model.hidden_size=8", "-s", "model.num_layers=1")
    assert done.returncode == 0, done.stderr
    done = charlm("eval", "answers", "bits", "bits.txt", "--ngram", "--json")
    found = json.loads(done.stdout)["all"]
    assert found["low"] == found["high"] == 55
    assert 30 < found["optimum"] < 50 < found["bits"]


@pytest.mark.parametrize("task", ["copy", "repeat-copy", "sort", "ngram", "recall --items 2-3"])
def test_every_task_prints_lines_with_a_mark(charlm, task):
    done = charlm("data", "synthetic", *task.split(), "--lines", 3)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.count(">") == 1 for line in lines)
    assert "optimum" in done.stderr


@pytest.mark.parametrize("given", [[], ["--gap", 3, "--items", "2-3"]])
def test_recall_is_one_of_two_forms(charlm, given):
    done = charlm("data", "synthetic", "recall", *given)
    assert done.returncode == 2
    assert "--items 2-6" in done.stderr


def test_the_score_of_the_training_is_that_of_the_answers(charlm):
    card = json.loads(charlm("eval", "perplexity", "copier", "--json").stdout)
    answers = json.loads(charlm("eval", "answers", "copier", "--json").stdout)
    every = answers["all"]
    assert every["bits_per_symbol"] == pytest.approx(card["bits_per_character"], rel=1e-5)
    assert {row["low"] for row in answers["by_length"]} <= {1, 2, 3, 4}
    assert sum(row["records"] for row in answers["by_length"]) == every["records"]


def test_answers_of_lengths_that_were_not_trained(charlm):
    done = charlm("eval", "answers", "copier", "longer.txt")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split()[:2] == ["all", "12"]
    done = charlm("eval", "answers", "copier", "longer.txt", "--after", "=")
    assert "does not know '='" in done.stderr


@pytest.mark.parametrize("command", ["eval card copier", "eval perplexity copier --adapt"])
def test_what_scores_all_characters_says_so(charlm, command):
    done = charlm(*command.split())
    assert done.returncode == 2
    assert "charlm eval answers copier" in done.stderr


def test_a_text_without_marks_is_refused_with_its_line(charlm, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text("ab>ab\nab\n")
    done = charlm("eval", "answers", "copier", bad)
    assert "1 of 2 records lack the mark" in done.stderr


def test_a_resumed_ntm_is_the_one_that_was_not_interrupted(charlm):
    charlm("train", "copies.txt", "--run", "half", "--steps", 3, "-s", "training.schedule=constant", *NTM)
    done = charlm("train", "--resume", "half", "--steps", 6)
    assert done.returncode == 0, done.stderr
    charlm("train", "copies.txt", "--run", "whole", "--steps", 6, "-s", "training.schedule=constant", *NTM)
    one, other = (
        json.loads(charlm("eval", "perplexity", name, "--json").stdout)["nats_per_character"]
        for name in ("half", "whole")
    )
    assert one == other


def test_memory_is_shown_on_the_terminal_and_written_in_every_form(charlm, tmp_path):
    done = charlm("inspect", "memory", "copier", "--prompt", "abc>abc")
    assert done.returncode == 0, done.stderr
    assert "layer 1, read 1" in done.stdout
    assert "place ↵abc>abc" in done.stdout
    npz, html, png = (tmp_path / f"memory.{form}" for form in ("npz", "html", "png"))
    written = ("--npz", npz, "--html", html, "--plot", png, "--json")
    done = charlm("inspect", "memory", "copier", "--prompt", "abc>abc", *written)
    assert done.returncode == 0, done.stderr
    found, arrays = json.loads(done.stdout), np.load(npz)
    assert found["characters"] == list("\nabc>abc")
    assert [head["head"] for head in found["heads"]] == ["read 1", "write 1"]
    for number, head in enumerate(found["heads"], 1):
        weightings = arrays[f"weightings_{number}"]
        np.testing.assert_allclose(weightings.sum(-1), 1, atol=1e-5)
        assert weightings.argmax(-1).tolist() == head["strongest"]
    assert "Where the heads look" in html.read_text()
    assert png.read_bytes().startswith(b"\x89PNG")


def test_records_begin_with_a_fresh_memory(charlm, tmp_path):
    first, both = tmp_path / "first.npz", tmp_path / "both.npz"
    charlm("inspect", "memory", "copier", "--prompt", "ab>ab", "--npz", first)
    charlm("inspect", "memory", "copier", "--prompt", "cacb\nab>ab", "--npz", both)
    np.testing.assert_array_equal(np.load(both)["weightings_1"][-6:], np.load(first)["weightings_1"])


def test_a_model_without_places_has_no_memory_to_show(charlm, tiny_run):
    done = charlm("inspect", "memory", tiny_run / "tiny")
    assert done.returncode == 2
    assert "has no memory with places" in done.stderr


def test_an_ntm_has_a_page(charlm, tmp_path):
    done = charlm("export", "html", "copier", "-o", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    assert "step_ntm(multiply, l)" in (tmp_path / "page.html").read_text()


def test_units_of_an_ntm_can_be_patched_though_its_memory_has_none(charlm):
    done = charlm("inspect", "patch", "copier", "--from", "ab>a", "--into", "bb>b")
    assert done.returncode == 0, done.stderr


def test_a_memory_that_is_too_large_is_refused_before_the_training(charlm):
    given = [one.replace("places: 16, width: 5", "places: 100000, width: 10000") for one in NTM]
    done = charlm("train", "copies.txt", "--run", "large", "--steps", 3, *given)
    assert done.returncode == 2
    assert "each row has a memory of 1,000," in done.stderr
    assert "model.cell_options={places: 64, width: 16}" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("controller", ["false", "true"])
def test_it_learns_to_copy_lines_of_lengths_that_it_never_saw(charlm, controller):
    """After 2,000 updates on 1 to 20 letters, under 0.1 bits a line at 30: guessing costs 90."""
    charlm("data", "synthetic", "copy", "--length", "1-20", "--lines", 36_000, "-o", f"train-{controller}.txt")
    charlm("data", "synthetic", "copy", "--length", 30, "--lines", 100, "--seed", 2, "-o", f"test-{controller}.txt")
    memory = f"{{places: 128, width: 20, lstm_controller: {controller}}}"
    given = (f"model.cell_options={memory}", "model.hidden_size=64")
    own = ("training.batch_size=16", "training.learning_rate=4e-3", "model.dropout=0")
    more = [word for one in (*given, *own) for word in ("-s", one)]
    charlm("train", f"train-{controller}.txt", "--run", f"copy-{controller}", "--steps", 2000, *NTM, *more)
    done = charlm("eval", "answers", f"copy-{controller}", f"test-{controller}.txt", "--json")
    assert json.loads(done.stdout)["all"]["bits"] < 0.1

"""`charlm eval surprise` through the real command line."""

from __future__ import annotations

import json

import numpy as np
import pytest


@pytest.fixture
def runs(tiny_run):
    return {"CHARLM_RUNS": str(tiny_run)}


@pytest.fixture
def odd(tmp_path, verse):
    path = tmp_path / "odd.txt"
    path.write_text(verse.read_text() + "mmmmmm wwww\n" + verse.read_text(), encoding="utf-8")
    return path


def test_in_a_pipe_the_text_has_marks(charlm, runs, odd):
    done = charlm("eval", "surprise", "tiny", odd, env=runs)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "\n".join(lines[::2]) + "\n" == odd.read_text()
    assert set("".join(lines[1::2])) <= set(" .:+#@")
    assert "bits: 0 to 1" in done.stderr


def test_the_worst_passage_is_the_odd_one(charlm, runs, odd):
    """It may begin with the end of the line before it."""
    line = odd.read_text().splitlines().index("mmmmmm wwww")
    done = charlm("eval", "surprise", "tiny", odd, "--spans", 1, env=runs)
    assert int(done.stdout.splitlines()[1].split()[0]) in (line, line + 1)
    assert "mmmm" in done.stdout
    result = json.loads(charlm("eval", "surprise", "tiny", odd, "--json", env=runs).stdout)
    assert result["spans"][0]["line"] in (line, line + 1)
    assert odd.read_text()[result["spans"][0]["start"] : result["spans"][0]["stop"]] == result["spans"][0]["text"]
    expected = json.loads(charlm("eval", "perplexity", "tiny", odd, "--json", env=runs).stdout)
    assert result["bits_per_character"] == pytest.approx(expected["bits_per_character"], rel=1e-9)


def test_a_page_is_written_whole_and_not_over_another_one(charlm, runs, odd, tmp_path):
    done = charlm("eval", "surprise", "tiny", odd, "--html", "page.html", env=runs)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "tiny, step" in page
    again = charlm("eval", "surprise", "tiny", odd, "--html", "page.html", env=runs)
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    assert charlm("eval", "surprise", "tiny", odd, "--html", "page.html", "--force", env=runs).returncode == 0
    assert charlm("eval", "surprise", "tiny", odd, "--html", "-", env=runs).stdout == page


@pytest.mark.parametrize("records", [False, True])
def test_the_likeliest_are_those_of_a_model_that_reads_in_order(charlm, tmp_path, records):
    """Also of records, in which each place has its own characters before it."""
    from charlm.checkpoint import load_checkpoint
    from charlm.evaluation.characters import score_places, with_end
    from charlm.evaluation.likeliest import PlaceScorer
    from charlm.evaluation.predicting import ModelPredictor
    from charlm.runs import find_checkpoint

    text = tmp_path / "names.txt"
    text.write_text("".join(f"ada{number % 9}\n\nbob\n" for number in range(80)))
    options = ["--records"] if records else []
    made = charlm("train", text, *options, "--run", "n", "--steps", 3, "-s", "model.hidden_size=16")
    assert made.returncode == 0, made.stderr
    checkpoint = load_checkpoint(find_checkpoint(tmp_path / "runs", "n"))
    vocabulary = checkpoint.vocabulary
    end = vocabulary.newline if records else None
    ids = with_end(vocabulary.encode(text.read_text()[:-1]).ids, end)
    scorer = PlaceScorer(checkpoint.model, ids)
    found = score_places(scorer, ids, vocabulary, end)
    expected = ModelPredictor(checkpoint.model, end).read(ids)
    places = np.flatnonzero(np.isfinite(found.nats))
    assert len(places) > 400
    assert np.allclose(found.nats[places], -expected[places, ids[places]], atol=1e-4)
    best = np.sort(expected[places], axis=1)[:, ::-1][:, :5]
    assert np.allclose(scorer.likeliest.logs[places], best, atol=1e-4)
    assert np.allclose(np.take_along_axis(expected[places], scorer.likeliest.ids[places], axis=1), best, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--json", "--html", "x.html"], 2, "cannot go together"),
        (["--margin", "nan"], 2, "--margin"),
        (["--spans", "0"], 2, "spans"),
        (["--html", "no/folder/x.html"], 3, "cannot be written"),
    ],
)
def test_bad_input(charlm, runs, odd, arguments, code, words):
    done = charlm("eval", "surprise", "tiny", odd, *arguments, env=runs)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert done.stdout == ""

"""`charlm.sample` by likelihood, with several models, and after a text: what the command writes, and the same laws."""

from __future__ import annotations

import json

import pytest

import charlm
from charlm.errors import CheckpointError, TextError, UsageError

USUAL = {"length": 60, "seed": 3}


@pytest.fixture
def written(charlm, tiny_run, monkeypatch):
    """What the command writes with the same options; the library finds the same runs."""
    monkeypatch.setenv("CHARLM_RUNS", str(tiny_run))

    def written(*options):
        given = ("sample", "tiny", "-n", 60, "--seed", 3, *options, "--json")
        done = charlm(*given, env={"CHARLM_RUNS": str(tiny_run)})
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["samples"][0]["text"]

    return written


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "other.txt"
    path.write_text("eeee tttt " * 200)
    return path


@pytest.mark.parametrize(
    ("keywords", "options"),
    [
        ({"best_of": 3}, ("--best-of", 3)),
        ({"beam": 4}, ("--beam", 4)),
        ({"ensemble": ["tiny"]}, ("--ensemble", "tiny")),
        ({"best_of": 2, "only": "a-z ", "top_k": 5}, ("--best-of", 2, "--only", "a-z ", "--top-k", 5)),
    ],
    ids=["best of", "beam", "ensemble", "rules too"],
)
def test_it_is_what_the_command_writes(written, keywords, options):
    assert charlm.sample("tiny", **USUAL, **keywords) == written(*options)


def test_it_adapts_as_the_command_does(written, other):
    adapted = charlm.sample("tiny", **USUAL, adapt=other, adapt_rate=0.01)
    assert adapted == written("--adapt", other, "--adapt-rate", 0.01)
    assert adapted != charlm.sample("tiny", **USUAL) == charlm.sample("tiny", **USUAL, adapt=other, adapt_rate=0)


def test_law_the_best_of_one_and_an_ensemble_of_oneself_are_the_model(written):
    plain = charlm.sample("tiny", **USUAL)
    assert charlm.sample("tiny", **USUAL, best_of=1) == plain
    # an ensemble is never drawn by the kernels, whose last bits are others
    assert charlm.sample("tiny", **USUAL, ensemble=[charlm.load("tiny")]) == charlm.sample("tiny", **USUAL, top_p=1)


def test_law_a_beam_of_one_is_greedy(written):
    greedy = charlm.sample("tiny", **USUAL, temperature=0)
    line = charlm.sample("tiny", **USUAL, beam=1)
    assert greedy.startswith(line)
    assert line


@pytest.mark.parametrize(
    ("keywords", "error", "what"),
    [
        ({"beam": 2, "best_of": 2}, UsageError, "beam and best_of cannot go together"),
        ({"beam": 2, "only": "a"}, UsageError, "beam and only cannot go together"),
        ({"beam": 0}, UsageError, "beam cannot be 0"),
        ({"best_of": -1}, UsageError, "best_of cannot be -1"),
        ({"adapt_rate": 0.1}, UsageError, "adapt_rate cannot be 0.1"),
        ({"adapt": "nowhere.txt"}, TextError, "nowhere.txt"),
        ({"adapt": "nowhere.txt", "adapt_rate": float("nan")}, UsageError, "adapt_rate cannot be nan"),
        ({"ensemble": ["no such run"]}, CheckpointError, "There is no run"),
        ({"text": "here.txt"}, UsageError, "nothing here reads it"),
    ],
)
def test_what_cannot_be_is_refused_in_the_words_of_the_library(written, keywords, error, what):
    with pytest.raises(error) as refused:
        charlm.sample("tiny", **USUAL, **keywords)
    assert what in str(refused.value)
    assert "--" not in refused.value.remedy.partition("charlm ")[0]

"""`charlm eval perplexity --adapt`, through the real command line."""

from __future__ import annotations

import json

import pytest

from charlm.runs import find_checkpoint


@pytest.fixture
def evaluate(charlm, tiny_run):
    def evaluate(*options, code=0):
        done = charlm("eval", "perplexity", "tiny", *options, env={"CHARLM_RUNS": str(tiny_run)})
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return evaluate


@pytest.fixture
def scored(evaluate):
    return lambda *options: json.loads(evaluate(*options, "--json").stdout)


def test_with_rate_0_it_is_the_static_score(scored):
    static, still = scored(), scored("--adapt", "--adapt-rate", "0")
    assert still["nats_per_character"] == pytest.approx(static["nats_per_character"], abs=1e-5)
    assert still["protocol"]["adapted"] == {"rate": 0, "decay": 0.003, "segment": 48, "weights": "all"}


def test_it_learns_and_says_how_and_leaves_the_checkpoint(scored, evaluate, tiny_run):
    folder = find_checkpoint(tiny_run, "tiny")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    static, adapted = scored("--split", "train"), scored("--split", "train", "--adapt")
    assert adapted["nats_per_character"] < static["nats_per_character"]
    quick = evaluate("--split", "train", "--adapt", "--adapt-quick").stdout
    assert "adapted             recurrent and output weights, rate 0.001, decay 0.003, segments of 48" in quick
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_divergence_is_said_and_the_static_score_is_given(evaluate):
    static = json.loads(evaluate("--split", "train", "--json").stdout)
    done = evaluate("--split", "train", "--adapt", "--adapt-rate", "99", "--json")
    found = json.loads(done.stdout)
    assert found["nats_per_character"] == static["nats_per_character"]
    assert found["protocol"]["adapted"] is None
    assert "worse than guessing" in found["protocol"]["diverged"]
    assert "lower rate" in done.stderr


@pytest.mark.parametrize(
    "options",
    [["--adapt-rate", "0.1"], ["--adapt-quick"], ["--adapt", "--adapt-rate", "-1"], ["--adapt", "--device", "cuda"]],
)
def test_options_that_mean_nothing_are_refused(evaluate, options):
    assert not evaluate(*options, code=2).stdout


def test_a_stream_prints_the_score_so_far_and_ends_with_the_same_score(evaluate, scored):
    static = scored("--split", "train")
    lines = evaluate("--split", "train", "--stream", "--json").stdout.splitlines()
    *running, last = map(json.loads, lines)
    assert last["nats_per_character"] == pytest.approx(static["nats_per_character"], abs=1e-6)
    assert all(set(each) == {"characters_read", "bits_per_character"} for each in running)

"""What a study measures of models that are no language models: exact conversions of pairs, and bounds of lines."""

from __future__ import annotations

import json

import pytest

from charlm.config.stored import from_yaml
from charlm.pairs.pair_text import open_pairs

NAMES = "".join(f"{first}{last}\n" for first in ("ann", "bel", "cor", "dan", "eve") for last in ("a", "is", "o", "ne"))
TRAINING = {"batch_size": 8, "validations": 1, "sample_length": 0, "device": "cpu", "learning_rate": 0.01}
PAIRS = {
    "base": {
        "model": {"hidden_size": 16, "num_layers": 1}, "training": TRAINING,
        "synthetic": {"reverse": {"length": 3, "lines": 300}},
    },
    "variants": {kind: {"model": {"pairs": {"kind": kind}}} for kind in ("encoder", "attending")},
    "baseline": "encoder", "measure": "pairs",
}  # fmt: skip
LATENT = {"kind": "line", "size": 2, "encoder_size": 8}
BOUND = {
    "base": {"model": {"hidden_size": 16, "num_layers": 1}, "training": TRAINING, "text": {"records": True}},
    "variants": {"lstm": None, "line": {"model": {"latent": LATENT}}},
    "baseline": "lstm", "measure": "bound",
}  # fmt: skip


@pytest.fixture
def run(charlm, tmp_path):
    """Run a study of three updates, and give its report."""

    def ran(study, **changes):
        common = {"name": "kinds", "question": "?", "seeds": [1, 2, 3], "budget": {"steps": 3}}
        path = tmp_path / "kinds.yaml"
        path.write_text(json.dumps(common | study | changes))
        return charlm("study", "run", path, "--json")

    return ran


def test_conversions_of_unseen_sources_are_compared(run):
    done = run(PAIRS, parameters={"equal": "encoder"})
    assert done.returncode == 0, done.stderr
    (group,) = json.loads(done.stdout)["groups"]
    encoder, attending = group["rows"]
    assert group["value"] == "accuracy"
    assert abs(attending["parameters"] / encoder["parameters"] - 1) < 0.01
    for row in group["rows"]:
        assert 0 <= row["mean"]["mean"] < 0.5  # three updates teach nothing
        assert row["edits_per_character"] > 0.3


def test_a_value_is_chosen_for_pairs_within_the_sources_that_are_trained_on(run, tmp_path):
    choose = {"setting": "training.learning_rate", "values": [1e-5, 2e-2], "budget_share": 1.0}
    training = {name: value for name, value in TRAINING.items() if name != "learning_rate"}
    done = run(PAIRS, choose=choose, budget={"steps": 12}, base=PAIRS["base"] | {"training": training})
    assert done.returncode == 0, done.stderr
    home = tmp_path / "runs/studies/kinds"
    assert {row["chosen"] for row in json.loads(done.stdout)["groups"][0]["rows"]} == {2e-2}
    trained, tried = (
        from_yaml((home / name / "config.yaml").read_text()) for name in ("encoder.s1", "encoder.choose-1")
    )
    outer, inner = open_pairs(trained.text), open_pairs(tried.text)
    held_out = set(outer.split("valid").texts(outer.corpus.vocabulary))
    for part in ("train", "valid"):
        assert not held_out & set(inner.split(part).texts(inner.corpus.vocabulary))


def test_bounds_are_measured_of_latents_and_scores_of_the_rest(run, tmp_path):
    (tmp_path / "names.txt").write_text(NAMES * 3)
    base = BOUND["base"] | {"text": {"records": True, "sources": [str(tmp_path / "names.txt")]}}
    done = run(BOUND, base=base)
    assert done.returncode == 0, done.stderr
    (group,) = json.loads(done.stdout)["groups"]
    assert group["value"] == "bits"
    lstm, line = group["rows"]
    assert "divergence_bits" not in lstm
    assert line["divergence_bits"] >= 0
    assert line["mean"]["mean"] <= line["draw_bits"]  # more draws are never a looser bound


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"variants": {"a": None, "b": {"model": {"cell": "gru"}}}, "baseline": "a"}, "measured of models of pairs"),
        ({"measure": "answers"}, "measured on a task"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_is_trained(run, tmp_path, changes, what):
    done = run(PAIRS, **changes)
    assert done.returncode == 2
    assert what in done.stderr
    assert not list((tmp_path / "runs").rglob("step-*"))


def test_bounds_are_of_lines(run):
    done = run(BOUND, base=BOUND["base"] | {"text": {"records": False}}, variants={"a": None, "b": None}, baseline="a")
    assert done.returncode == 2
    assert "measured of lines" in done.stderr

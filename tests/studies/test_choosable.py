"""What a study may choose, and what is refused before anything is trained."""

from __future__ import annotations

import json

import pytest

CHOOSE = {"setting": "training.learning_rate", "values": [1e-3, 1e-2]}


def refused(charlm, tmp_path, choose, **changes):
    study = {
        "name": "s", "question": "q", "base": {"text": {"sources": ["alice"]}},
        "variants": {"lstm": {}, "rnn": {"model": {"cell": "rnn"}}}, "baseline": "lstm", "seeds": [1, 2, 3],
        "budget": {"steps": 5}, "choose": choose, **changes,
    }  # fmt: skip
    (tmp_path / "s.yaml").write_text(json.dumps(study))
    done = charlm("study", "run", "s.yaml")
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").rglob("run.json"))
    return done.stderr


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        ({"setting": "training.learning_rat"}, "Did you mean training.learning_rate?"),
        ({"setting": "learning_rate"}, "Did you mean training.learning_rate?"),
        ({"setting": "training", "values": [{"seed": 1}, {"seed": 2}]}, '"training" is not one setting'),
        ({"setting": "training.seed", "values": [1, 2]}, "training.seed cannot be chosen"),
        ({"setting": "training.steps", "values": [1, 2]}, "`budget` is the length of all runs"),
        ({"setting": "text.unit", "values": ["byte", "character"]}, "different texts"),
        ({"setting": "training.valid_characters", "values": [10, 20]}, "different texts"),
        ({"setting": "training.seq_len", "values": [64, 63]}, "lstm with 64 reads"),
        ({"values": [1e-2]}, "choose.values"),
        ({"values": [1e-2, 1e-2]}, "given twice"),
        ({"values": [1e-2, "fast"]}, "training.learning_rate"),
        ({"budget_share": 0}, "choose.budget_share"),
        ({"share": 0.5}, "A study has no choose.share"),
    ],
)
def test_what_cannot_be_chosen_is_refused(charlm, tmp_path, choose, message):
    assert message in refused(charlm, tmp_path, {**CHOOSE, **choose})


def test_a_setting_that_is_set_elsewhere_is_refused(charlm, tmp_path):
    variants = {"lstm": {}, "rnn": {"model": {"cell": "rnn"}, "training": {"learning_rate": 1e-3}}}
    said = refused(charlm, tmp_path, CHOOSE, variants=variants)
    assert "is to be chosen, and is set too" in said
    assert "variants.rnn" in said


def test_a_size_that_is_solved_for_is_refused(charlm, tmp_path):
    choose = {"setting": "model.hidden_size", "values": [8, 16]}
    assert "`parameters` solves" in refused(charlm, tmp_path, choose, parameters={"equal": "lstm"})


def test_a_study_of_cost_chooses_nothing(charlm, tmp_path):
    assert "trains nothing" in refused(charlm, tmp_path, CHOOSE, measure="cost")


def test_a_text_that_is_too_short_to_divide_is_refused(charlm, tmp_path):
    (tmp_path / "short.txt").write_text("abcdefghi\n")
    base = {"text": {"sources": [str(tmp_path / "short.txt")]}}
    assert "too short to choose" in refused(charlm, tmp_path, CHOOSE, base=base)

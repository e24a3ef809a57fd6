"""The cards of runs and models: what they tell, and that they never fail."""

from __future__ import annotations

import pytest
from small_training import TINY

import charlm
from charlm.notebook.about import checkpoint_card, run_card, short_sample


@pytest.fixture
def trained(verse):
    training = charlm.train(verse, run="tiny", steps=8, **TINY)
    list(training)
    return training


def test_a_run_shows_its_curve_its_scores_and_a_sample(trained, runs):
    card = run_card(trained.run, trained.settings)
    rows = dict(card.rows)
    assert (card.title, card.about) == ("tiny", "lstm 1 x 8")
    assert rows["text"].startswith("verse, ")
    assert "bits per character" in rows["valid"]
    assert rows["trained"].startswith("8 steps, ")
    assert len(card.train) == 8
    assert len(card.valid) >= 1
    assert "model.hidden_size=8" in card.settings
    assert len(card.sample) == 200
    assert trained._repr_html_() == card._repr_html_()


def test_a_run_that_has_not_begun_has_no_curve_and_no_sample(verse):
    with charlm.train(verse, run="tiny", steps=8, **TINY) as training:
        card = run_card(training.run, training.settings)
    assert (list(card.train), card.sample, list(card.code)) == ([], None, [])
    assert dict(card.rows)["trained"] == "not yet"
    assert "tiny" in training._repr_html_()


def test_a_model_shows_what_it_is(trained):
    model = charlm.load("tiny")
    card = checkpoint_card(model)
    rows = dict(card.rows)
    assert rows["model"] == f"{model.parameter_count:,} parameters, {model.vocabulary.size} symbols"
    assert rows["step"] == str(model.step)
    assert len(card.train) == 8
    assert card.sample == short_sample(model)
    assert card._repr_html_() == model._repr_html_()


def test_a_model_outside_of_a_run_has_no_curve(trained, tmp_path):
    charlm.load("tiny").folder.rename(tmp_path / "alone")
    card = checkpoint_card(charlm.load(tmp_path / "alone"))
    assert card.title == "alone"
    assert list(card.train) == []
    assert card.sample


def test_a_damaged_record_of_the_training_costs_only_the_curve(trained):
    trained.run.metrics.write_text('{"event": "updated", "nats": 1}\n{"event": "updated", "step": "x", "nats": 2}\n')
    assert list(run_card(trained.run, trained.settings).train) == []
    trained.run.metrics.unlink()
    assert list(run_card(trained.run, trained.settings).train) == []


def test_a_damaged_checkpoint_costs_only_the_sample(trained):
    (trained.run.pointed("best") / "model.safetensors").write_bytes(b"")
    card = run_card(trained.run, trained.settings)
    assert card.sample is None
    assert len(card.train) == 8


def test_a_model_that_has_only_a_bound_says_so(tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("Ada\nAlan\nEdsger\nGrace\nJohn\nKathleen\n" * 20)
    given = {"model__latent__kind": "line", "text__records": True}
    list(charlm.train(names, run="latent", steps=3, hidden_size=8, num_layers=1, device="cpu", **given))
    card = checkpoint_card(charlm.load("latent"))
    assert dict(card.rows)["train"].startswith("<= ")
    assert card.sample is None


def test_a_loaded_model_is_still_a_checkpoint(trained):
    from dataclasses import replace

    from charlm.checkpoint import Checkpoint

    model = charlm.load("tiny")
    assert isinstance(model, Checkpoint)
    assert replace(model, step=9).step == 9
    assert charlm.sample(model, length=20, seed=1) == charlm.sample("tiny", length=20, seed=1)


def test_ipython_shows_no_thousands_of_weights(trained):
    written = []
    printer = type("Printer", (), {"text": lambda self, text: written.append(text)})()
    charlm.load("tiny")._repr_pretty_(printer, False)
    assert "array(" not in written[0]
    assert written[0].startswith("tiny lstm 1 x 8\n")

"""A training that starts from a model: with no new symbols and no updates, its scores are those of the model."""

from __future__ import annotations

import numpy as np
import pytest

import charlm
from charlm.cells.table import CELLS
from charlm.checkpoint import load_checkpoint
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import score_ids
from charlm.text.records.record_lanes import record_end_id
from charlm.training.events import Saved

SMALL = {
    "steps": 2, "batch_size": 4, "seq_len": 16, "hidden_size": 8, "num_layers": 1, "validations": 1,
    "sample_length": 0, "device": "cpu", "precision": "fp32",
}  # fmt: skip
MODELS = {
    **{cell: {"cell": cell} for cell in CELLS},
    "stack": {"layers": [{"cell": "lstm", "hidden_size": 8}, {"cell": "gru", "hidden_size": 6}], "num_layers": 2},
    "tied": {"tied": True},
    "attention": {"model__attention__window": 4},
    "average": {"average": 0.9},
    "records": {"records": True},
    "bytes": {"unit": "byte"},
}


@pytest.fixture(autouse=True)
def _runs(tmp_path, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))


def first_checkpoint(training):
    """The checkpoint that is written before the first update."""
    saved = next(event for event in training if isinstance(event, Saved))
    training.close()
    return load_checkpoint(saved.path)


def nats(checkpoint, text):
    ids = checkpoint.vocabulary.encode(text).ids
    end = record_end_id(checkpoint.settings.text, checkpoint.vocabulary)
    return score_ids(NumpyScorer(checkpoint.model), ids, end).nats_per_character


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_no_new_symbols_and_no_updates_are_the_same_scores(verse, tmp_path, model):
    list(charlm.train(verse, run="first", **{**SMALL, **model}))
    first = charlm.load("first/last")
    other = tmp_path / "other.txt"
    lines = verse.read_text().splitlines(keepends=True)
    other.write_text("".join(reversed(lines)))
    fewer = {key: value for key, value in SMALL.items() if key not in ("hidden_size", "num_layers")}
    second = first_checkpoint(charlm.train(other, run="second", start_from="first/last", **fewer))
    assert second.step == 0
    assert second.settings.model == first.settings.model
    assert second.vocabulary.symbols == first.vocabulary.symbols
    assert nats(second, verse.read_text()) == nats(first, verse.read_text())


@pytest.mark.parametrize("model", [{}, {"tied": True}, {"unit": "byte"}], ids=["separate", "tied", "bytes"])
def test_a_new_symbol_begins_with_the_mean_and_the_others_are_kept(verse, tmp_path, model):
    list(charlm.train(verse, run="first", **{**SMALL, **model}))
    first = charlm.load("first/last")
    other = tmp_path / "other.txt"
    other.write_text(verse.read_text().replace("owl", "öwl").replace("moon", "Öl!"), encoding="utf-8")
    second = first_checkpoint(charlm.train(other, run="second", start_from=first, steps=2, device="cpu"))
    new = sorted(set(second.vocabulary.symbols) - set(first.vocabulary.symbols))
    assert new
    for name in ("embedding.weight", "head.weight", "head.bias"):
        if name in first.parameters:
            old = first.parameters[name]
            for number, symbol in enumerate(second.vocabulary.symbols):
                row = old.mean(axis=0) if symbol in new else old[first.vocabulary.symbols.index(symbol)]
                np.testing.assert_array_equal(second.parameters[name][number], row)
    kept = [name for name in first.parameters if name.startswith("recurrent.")]
    assert all((second.parameters[name] == first.parameters[name]).all() for name in kept)

"""Recorded values are those of the definition, for every cell of the table and every value that it has."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.errors import TextError
from charlm.evaluation.recording import record_values
from charlm.inspection.value_files import remove_all, values_folder
from charlm.inspection.value_names import OUTPUT, chosen_values, gate_names, value_names
from charlm.inspection.watching import watch_layer
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.randomness import named_stream
from charlm.text.vocabulary import Vocabulary

TEXT = "the owl went out to look for mice\n"
VOCABULARY = Vocabulary.of(TEXT)
ROUNDING = {"rtol": 2**-10, "atol": 3e-4}  # of float16, and of states that count as equal


def model_of(cell, seed=1, **named):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2, **named)
    parameters = initial_parameters(settings, VOCABULARY.size, named_stream(seed, "weights"))
    return LanguageModel(settings, parameters)


def ids_of(length, seed=2):
    return np.random.default_rng(seed).integers(0, VOCABULARY.size, length).astype(np.uint8)


def watched_values(model, ids):
    """All values over one stream, by layer and name, (N, H), as `watch_layer` and the states give them."""
    found = {}

    def watched(layer, weights, x, state, below):
        number = 1 + len({layer for layer, _ in found})
        inner, (outputs, memories, _) = watch_layer(layer, weights, x, state, below)
        found[number, "out"] = outputs[:, 0]
        for name in layer.cell.GATES:
            if name in inner:
                found[number, name] = inner[name][:, 0]
        if layer.cell.MEMORY:
            found[number, layer.cell.MEMORY] = np.stack(memories)[:, 0]
        return outputs, memories, _

    model.forward(ids[:, None].astype(np.int64), model.fresh_state(1), watched)
    return found


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_values_are_those_of_watching_a_layer(cell):
    model, ids = model_of(cell), ids_of(500)
    expected = watched_values(model, ids)
    compared = 0
    for name in dict.fromkeys(name for layer in model.layers for name in value_names(layer)):
        values = chosen_values(model, None, name)  # of each layer that has it
        read, recorded = record_values(model, ids, VOCABULARY, None, values)
        assert len(recorded) == len(read) == 500
        for value, array in zip(values, recorded.arrays, strict=True):
            key = (value.layer, "out" if name == OUTPUT or (name == "h" and cell != "grid") else name)
            if key in expected:
                np.testing.assert_allclose(array, expected[key], **ROUNDING)
                compared += 1
    assert all(set(gate_names(layer)) <= set(layer.cell.GATES) for layer in model.layers)
    assert compared >= 2


@pytest.mark.parametrize("cell", ["lstm", "grid", "mut1"])
def test_an_attention_and_residual_stack_is_recorded(cell):
    model = model_of(cell, residual=True, attention={"window": 3})
    ids = ids_of(700)
    expected = watched_values(model, ids)
    values = chosen_values(model, 2, model.layers[1].cell.GATES[0])
    _, recorded = record_values(model, ids, VOCABULARY, None, values)
    np.testing.assert_allclose(recorded.arrays[0], expected[2, values[0].name], **ROUNDING)


def test_records_are_read_from_a_fresh_state_each():
    model = model_of("lstm")
    ids = VOCABULARY.encode("the owl\nthe mice\nlook").ids
    values = chosen_values(model, 2, "h")
    end = VOCABULARY.newline
    read, recorded = record_values(model, ids, VOCABULARY, end, values)
    assert VOCABULARY.decode(read) == "the owl\nthe mice\nlook\n"
    for start, record in ((0, "the owl"), (8, "the mice"), (17, "look")):
        alone = watched_values(model, VOCABULARY.encode("\n" + record).ids)[2, "out"]
        np.testing.assert_allclose(recorded.arrays[0][start : start + len(record)], alone[1:], **ROUNDING)
        np.testing.assert_allclose(recorded.arrays[0][start - 1], alone[0], **ROUNDING)  # the end before it


def test_what_is_kept_is_not_computed_again(monkeypatch):
    model, ids = model_of("gru", seed=5), ids_of(300)
    values = chosen_values(model, None, None)
    _, first = record_values(model, ids, VOCABULARY, None, values)
    monkeypatch.setattr("charlm.evaluation.recording.window_values", None)
    _, again = record_values(model, ids, VOCABULARY, None, values)
    for one, other in zip(first.arrays, again.arrays, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(TypeError):
        record_values(model_of("gru", seed=6), ids, VOCABULARY, None, values)
    assert not list(values_folder().glob("*.part"))
    assert remove_all() > 0
    assert not list(values_folder().glob("*"))


def test_the_oldest_are_removed_when_all_are_too_large(monkeypatch):
    remove_all()
    monkeypatch.setenv("CHARLM_VALUES", "20000")
    ids = ids_of(500)
    for seed in (1, 2, 3):
        model = model_of("rnn", seed=seed)
        record_values(model, ids, VOCABULARY, None, chosen_values(model, 1, None))
    assert len(list(values_folder().glob("*.f16"))) == 20000 // (500 * 8 * 2)
    big = ids_of(3000)
    _, recorded = record_values(model, big, VOCABULARY, None, chosen_values(model, 1, None))
    assert len(recorded) == 3000  # larger than the bound, and alone


def test_a_cache_that_cannot_be_written_is_an_error_with_its_size(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CHARLM_CACHE", str(tmp_path / "file"))
    model = model_of("rnn")
    with pytest.raises(TextError) as raised:
        record_values(model, ids_of(100), VOCABULARY, None, chosen_values(model, 1, None))
    assert "1,600 bytes" in raised.value.where


def test_a_long_text_is_as_exact_as_a_short_one():
    """Lanes start from a guess and are read again."""
    model, ids = model_of("lstm", seed=9), ids_of(10_000)
    expected = watched_values(model, ids)
    values = chosen_values(model, 2, "c")
    _, recorded = record_values(model, ids, VOCABULARY, None, values)
    np.testing.assert_allclose(recorded.arrays[0], expected[2, "c"], **ROUNDING)

"""A model that learns while it reads: predictions come before learning, and the checkpoint stays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.adaptation.adapting import AdaptingModel
from charlm.adaptation.rule import Rule
from charlm.adaptation.scales import gradient_scales
from charlm.benchmark.workload import definition_stepper, random_ids, random_model
from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.errors import DivergedError

SETTINGS = ModelSettings(cell="lstm", num_layers=2, hidden_size=16)
MODEL = random_model(SETTINGS)
TRAIN, TEXT = random_ids(900).astype(np.int64)[:400], random_ids(900).astype(np.int64)[400:]
SCALES = gradient_scales(MODEL, TRAIN, 20, segments=20)


RULE = Rule(segment=20)


def adapting(rule=RULE, end=None):
    return AdaptingModel(MODEL, SCALES, rule, end)


def nats(found, ids):
    return -found[np.arange(len(ids)), ids]


def static(ids):
    stepper = definition_stepper(SETTINGS)
    state, rows = stepper.fresh(1), [np.full(65, -np.log(65))]
    for symbol in ids[:-1]:
        logits, state = stepper.step(np.array([symbol]), state)
        rows.append(torch.log_softmax(torch.tensor(logits[0]).double(), 0).numpy())
    return np.stack(rows)


def test_with_rate_0_it_is_the_static_model():
    still = adapting(Rule(rate=0, decay=0.002, segment=20)).read(TEXT)
    assert np.allclose(still, static(TEXT), atol=1e-5)


def test_probabilities_sum_to_1_at_every_place():
    assert abs(np.exp(adapting().read(TEXT)).sum(axis=1) - 1).max() < 1e-9


def test_the_same_bits_twice_and_the_checkpoint_stays():
    before = {name: value.copy() for name, value in MODEL.parameters.items()}
    assert adapting().read(TEXT).tobytes() == adapting().read(TEXT).tobytes()
    assert all(np.array_equal(value, before[name]) for name, value in MODEL.parameters.items())


@pytest.mark.parametrize("block", [1, 7, 20, 33])
def test_blocks_of_any_length_give_the_same_predictions(block):
    model = adapting()
    parts = [model.read(TEXT[start : start + block]) for start in range(0, len(TEXT), block)]
    assert np.allclose(np.concatenate(parts), adapting().read(TEXT), atol=1e-4)


def test_a_symbol_is_predicted_before_it_is_learned():
    other = TEXT.copy()
    other[100:] = 3
    assert np.array_equal(adapting().read(TEXT)[:100], adapting().read(other)[:100])


def test_a_text_that_repeats_itself_is_learned():
    text = np.tile(TEXT[:50], 40)
    found = nats(adapting(Rule(rate=0.01, segment=20)).read(text), text)
    assert found[-200:].mean() < 0.5 * found[:200].mean()


def test_a_divergence_is_an_error_that_says_what_to_do():
    with pytest.raises(DivergedError, match="adapt-rate"):
        adapting(Rule(rate=50, decay=0, segment=20)).read(np.tile(TEXT, 4))


@pytest.mark.parametrize("end", [None, 0], ids=["running text", "records"])
def test_symbols_taken_one_by_one_are_predicted_and_learned_as_those_that_are_read(end):
    ids, one, other = np.where(TEXT % 7 == 0, 0, TEXT), adapting(end=end), adapting(end=end)
    found = np.empty((len(ids), 65))
    for at, symbol in enumerate(ids.tolist()):
        found[at] = torch.log_softmax(torch.tensor(one.next_logits()).double(), 0).numpy()
        one.take(symbol)
    assert np.allclose(found, other.read(ids), atol=1e-4)
    for name, value in one.parameters().items():
        assert np.allclose(value, other.parameters()[name], atol=1e-6), name
        assert name not in SCALES or not np.array_equal(value, MODEL.parameters[name])


def test_reading_and_taking_may_take_turns():
    model = adapting()
    for start in range(0, 200, 9):
        model.read(TEXT[start : start + 6])
        for symbol in TEXT[start + 6 : start + 9].tolist():
            model.next_logits()
            model.take(symbol)
    other = adapting()
    other.read(TEXT[:207])
    assert np.allclose(model.next_logits(), other.next_logits(), atol=1e-4)


def test_each_record_is_read_from_a_fresh_state_and_what_was_learned_stays():
    records = np.array([5, 6, 7, 0] * 8)
    still = adapting(Rule(rate=0, decay=0, segment=20), end=0).read(records)
    assert np.allclose(still[:4], still[-4:], atol=1e-6)
    learned = nats(adapting(Rule(rate=0.005, segment=20), end=0).read(records), records)
    assert learned[-4:].sum() < learned[:4].sum()


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_adapts_with_and_without_attention(cell):
    for window in (0, 8):
        settings = ModelSettings(cell=cell, num_layers=2, hidden_size=16, attention={"window": window})
        model = random_model(settings)
        scales = gradient_scales(model, TRAIN, 10, segments=3)
        # Of an untrained model, heads have read little, and what divides by its size has gradients that jump.
        rate = 0.0002 if cell in ("matrix_lstm", "gated_delta", "highway") else 0.002
        found = AdaptingModel(model, scales, Rule(rate=rate, segment=10)).read(np.tile(TEXT[:10], 20))
        ids = np.tile(TEXT[:10], 20)
        assert nats(found, ids)[-50:].mean() < nats(found, ids)[:50].mean()

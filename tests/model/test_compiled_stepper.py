"""The compiled engine of sampling says what the definition says, within the width of its weights."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.config.settings import AttentionSettings, LayerSettings, ModelSettings
from charlm.kernels import library
from charlm.model.compiled_stepper import CompiledStepper, fits
from charlm.model.parameters import initial
from charlm.model.state import take_rows
from charlm.model.stepping import Stepper, stepper

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

STACKS = [
    ModelSettings(num_layers=1, hidden_size=16),
    ModelSettings(num_layers=2, hidden_size=64, embedding_dim=10),
    ModelSettings(num_layers=3, hidden_size=48, tied=True),
    ModelSettings(layers=(LayerSettings(hidden_size=32), LayerSettings(hidden_size=80)), num_layers=2),
]


def both(settings: ModelSettings, vocab_size: int) -> tuple[Stepper, CompiledStepper]:
    parameters = initial(settings, vocab_size, np.random.default_rng(3))
    return Stepper(parameters, settings), CompiledStepper(parameters, settings)


@pytest.mark.parametrize("vocab_size", [2, 65, 200])
@pytest.mark.parametrize("settings", STACKS, ids=lambda each: each.in_short())
def test_scores_and_states_are_the_definitions(settings: ModelSettings, vocab_size: int) -> None:
    theirs, mine = both(settings, vocab_size)
    expected, state = theirs.fresh(7), mine.fresh(7)
    rng = np.random.default_rng(4)
    for _ in range(20):
        ids = rng.integers(0, vocab_size, 7)
        scores, expected = theirs.step(ids, expected)
        logits, state = mine.step(ids, state)
        assert logits.shape == scores.shape
        np.testing.assert_allclose(logits, scores, atol=0.01 * max(1.0, float(abs(scores).max())))
    for layer, other in zip(state, expected, strict=True):
        for part, wanted in zip(layer, other, strict=True):
            np.testing.assert_allclose(part, wanted, atol=0.02)


@pytest.mark.parametrize("rows", [2, 6, 7, 13, 64, 65])
def test_a_row_is_the_same_to_the_last_bit_alone_and_among_others(rows: int) -> None:
    _, mine = both(STACKS[1], 65)
    ids = np.random.default_rng(5).integers(0, 65, (6, rows))
    together, alone = mine.fresh(rows), mine.fresh(1)
    for now in ids:
        logits, together = mine.step(now, together)
        one, alone = mine.step(now[-1:], alone)
        assert np.array_equal(logits[-1], one[0])
    assert all(
        np.array_equal(a, b) for a, b in zip(take_rows(together, np.array([rows - 1]))[0], alone[0], strict=True)
    )


def test_a_state_is_a_value() -> None:
    _, mine = both(STACKS[1], 65)
    _, state = mine.step(np.array([1, 2]), mine.fresh(2))
    before = [part.copy() for layer in state for part in layer]
    first, _ = mine.step(np.array([3, 4]), state)
    kept = first.copy()
    second, _ = mine.step(np.array([3, 4]), state)
    mine.step(np.array([5, 6, 7]), mine.fresh(3))
    assert all(np.array_equal(a, b) for a, b in zip(before, (part for layer in state for part in layer), strict=True))
    assert np.array_equal(first, kept)
    assert np.array_equal(first, second)


def test_states_of_any_layout_are_read() -> None:
    _, mine = both(STACKS[1], 65)
    _, state = mine.step(np.arange(8), mine.fresh(8))
    every_other = tuple(type(layer)(*(part[::2] for part in layer)) for layer in state)
    for layer in every_other:
        for part in layer:
            part.flags.writeable = False
    logits, _ = mine.step(np.arange(4), every_other)
    wanted, _ = mine.step(np.arange(4), take_rows(state, np.arange(0, 8, 2)))
    assert np.array_equal(logits, wanted)


def test_only_what_the_kernel_has_goes_through_it() -> None:
    assert fits(ModelSettings())
    assert not fits(ModelSettings(cell="gru"))
    assert not fits(ModelSettings(hidden_size=100))
    assert not fits(ModelSettings(residual=True))
    assert not fits(ModelSettings(attention=AttentionSettings(window=4)))
    gru = ModelSettings(cell="gru", hidden_size=16)
    assert type(stepper(initial(gru, 5, np.random.default_rng(1)), gru)) is Stepper

"""The compiled stepper gives the results of the definition, within the precision of its bf16 weights."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import AttentionSettings, LayerSettings, ModelSettings
from charlm.engines import compiled_stepper
from charlm.engines.choosing import stepper
from charlm.engines.compiled_stepper import CompiledStepper, can_run
from charlm.engines.layered_stepper import LayeredStepper
from charlm.kernels import library
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import State, take_rows
from charlm.model.stepping import DefinitionStepper
from charlm.randomness import sample_stream
from charlm.sampling.loop.generation import Model, generate, read
from charlm.sampling.rules.decoding import Decoding

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

STACKS = [
    ModelSettings(num_layers=1, hidden_size=16),
    ModelSettings(num_layers=2, hidden_size=64, embedding_dim=10),
    ModelSettings(num_layers=3, hidden_size=48, tied=True),
    ModelSettings(layers=(LayerSettings(hidden_size=32), LayerSettings(hidden_size=80)), num_layers=2),
    ModelSettings(num_layers=2, hidden_size=20, residual=True),
    ModelSettings(
        layers=(LayerSettings(cell="mut1", hidden_size=48), LayerSettings(cell="gru", hidden_size=32)), num_layers=2
    ),
    ModelSettings(layers=(LayerSettings(hidden_size=24), LayerSettings(cell="grid", hidden_size=24)), num_layers=2),
    *(ModelSettings(cell=name, num_layers=2, hidden_size=64) for name in CELLS if name != "lstm"),
    ModelSettings(cell="gru", cell_options={"first_form": True}, num_layers=1, hidden_size=32),
]


def both(settings: ModelSettings, vocab_size: int) -> tuple[DefinitionStepper, CompiledStepper]:
    parameters = initial_parameters(settings, vocab_size, np.random.default_rng(3))
    return DefinitionStepper(LanguageModel(settings, parameters)), CompiledStepper(LanguageModel(settings, parameters))


@pytest.mark.parametrize("vocab_size", [2, 200])
@pytest.mark.parametrize("settings", STACKS, ids=lambda each: each.in_short())
def test_logits_and_states_are_those_of_the_definition(settings: ModelSettings, vocab_size: int) -> None:
    theirs, mine = both(settings, vocab_size)
    expected, state = theirs.fresh(7), mine.fresh(7)
    rng = np.random.default_rng(4)
    for _ in range(20):
        ids = rng.integers(0, vocab_size, 7)
        scores, expected = theirs.step(ids, expected)
        logits, state = mine.step(ids, state)
        assert logits.shape == scores.shape
        near = 0.02 if settings.cell == "matrix_lstm" else 0.01  # it divides by numbers that may be small
        np.testing.assert_allclose(logits, scores, atol=near * max(1.0, float(abs(scores).max())))
    for layer, other in zip(state, expected, strict=True):
        for part, wanted in zip(layer, other, strict=True):
            np.testing.assert_allclose(part, wanted, atol=0.02 * max(1.0, float(abs(wanted).max())))


@pytest.mark.parametrize("rows", [2, 6, 7, 13, 64, 65])
def test_it_is_batch_invariant(rows: int) -> None:
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


def test_a_step_changes_neither_its_state_nor_earlier_results() -> None:
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


def test_states_of_any_memory_layout_are_read() -> None:
    _, mine = both(STACKS[1], 65)
    _, state = mine.step(np.arange(8), mine.fresh(8))
    every_other = tuple(type(layer)(*(part[::2] for part in layer)) for layer in state)
    for layer in every_other:
        for part in layer:
            part.flags.writeable = False
    logits, _ = mine.step(np.arange(4), every_other)
    wanted, _ = mine.step(np.arange(4), take_rows(state, np.arange(0, 8, 2)))
    assert np.array_equal(logits, wanted)


def test_the_stacks_that_it_can_run() -> None:
    assert can_run(LanguageModel(ModelSettings(), {}))
    assert all(can_run(LanguageModel(ModelSettings(cell=name, hidden_size=100), {})) for name in CELLS)
    attentive = ModelSettings(attention=AttentionSettings(window=4), hidden_size=16)
    model = LanguageModel(attentive, initial_parameters(attentive, 5, np.random.default_rng(1)))
    assert not can_run(model)
    assert type(stepper(model)) is LayeredStepper


class Stepwise:
    """The stepper without `generate_next`."""

    def __init__(self, engine: CompiledStepper) -> None:
        self.fresh, self.step = engine.fresh, engine.step


@pytest.fixture(params=[1, 2, 3, 5])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many threads draw together; PAIRS_FOR_A_THREAD would give small stacks one."""
    monkeypatch.setattr(compiled_stepper, "usable_threads", lambda: request.param)
    monkeypatch.setattr("charlm.kernels.threads.PAIRS_FOR_A_THREAD", 1)


def draw_all(
    mine: CompiledStepper, logits: np.ndarray, state: State, us: np.ndarray
) -> tuple[np.ndarray, np.ndarray, State]:
    """All symbols, in as many calls as that takes."""
    drawn: list[np.ndarray] = []
    while len(us):
        ids, logits, state = mine.generate_next(logits, state, (("temperature", 0.8),), us)
        drawn.append(ids)
        us = us[len(ids) :]
    return np.concatenate(drawn), logits, state


def drawn(engine: Model[State], temperature: float) -> list[int]:
    rounds = generate(engine, read(engine, [3]), Decoding(temperature=temperature), 120, [sample_stream(1, 0)])
    return [symbol for round_ in rounds for symbol in round_.ids[0]]


@cache
def drawn_step_by_step(number: int, temperature: float) -> list[int]:
    """The same however many threads draw together. `number` is that of the stack."""
    return drawn(Stepwise(both(STACKS[number], 65)[1]), temperature)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("temperature", [1e-300, 0.8, 5.0])
@pytest.mark.parametrize("number", range(len(STACKS)), ids=lambda each: STACKS[each].in_short())
def test_it_draws_what_decoding_draws_step_by_step(number: int, temperature: float) -> None:
    _, mine = both(STACKS[number], 65)
    expected = drawn_step_by_step(number, temperature)
    assert drawn(mine, temperature) == expected
    assert temperature < 0.1 or len(set(expected)) > 10


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("rows", [1, 2, 7, 64])
def test_drawing_is_batch_invariant(rows: int) -> None:
    _, mine = both(STACKS[3], 200)
    logits, state = mine.step(np.arange(rows), mine.fresh(rows))
    us = np.random.default_rng(6).random((30, rows)).T.copy().T  # not contiguous, as after some rows were removed
    ids, then, after = draw_all(mine, logits, state, us)
    for row in {0, rows - 1}:
        one = take_rows(state, np.array([row]))
        alone, scores, last = draw_all(mine, logits[[row]], one, us[:, [row]])
        assert np.array_equal(alone[:, 0], ids[:, row])
        assert np.array_equal(scores[0], then[row])
        for layer, whole in zip(last, take_rows(after, np.array([row])), strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(layer, whole, strict=True))


@pytest.mark.usefixtures("threads")
def test_drawing_does_not_change_its_arguments_and_gives_the_state_after_it() -> None:
    _, mine = both(STACKS[1], 65)
    logits, state = mine.step(np.array([3]), mine.fresh(1))
    before = [np.array(part) for layer in state for part in layer]
    ids, then, after = draw_all(mine, logits, state, np.full((5, 1), 0.5))
    assert all(np.array_equal(a, b) for a, b in zip(before, (part for layer in state for part in layer), strict=True))
    for symbol in ids:
        logits, state = mine.step(symbol, state)
    assert np.array_equal(then, logits)
    for layer, wanted in zip(after, state, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(layer, wanted, strict=True))


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_it_stops_when_logits_are_not_finite(bad: float) -> None:
    settings = ModelSettings(num_layers=1, hidden_size=16, embedding_dim=3)
    parameters = initial_parameters(settings, 65, np.random.default_rng(3))
    parameters["embedding.weight"][7] = bad  # a row that reads it is not finite from then on
    with np.errstate(invalid="ignore"):
        mine = CompiledStepper(LanguageModel(settings, parameters))
    logits, state = mine.step(np.arange(10, 40), mine.fresh(30))
    us, then = np.random.default_rng(1).random((64, 30)), logits
    while np.isfinite(then).all():
        ids, then, state = mine.generate_next(then, state, (), us)
        us = us[len(ids) :]
        assert not (ids[:-1] == 7).any()
    assert np.array_equal(~np.isfinite(then).all(axis=1), ids[-1] == 7)
    assert (ids[-1] == 7).any()

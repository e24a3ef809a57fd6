"""What the kernel draws is what the rules of decoding draw, in numpy, and what a constraint allows."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from charlm.config.settings import ModelSettings
from charlm.engines import compiled_stepper
from charlm.engines.compiled_stepper import CompiledStepper
from charlm.kernels import library
from charlm.model.drawing import Walk
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.randomness import sample_stream
from charlm.sampling.constraints.automaton import NEVER, Automaton, distances
from charlm.sampling.constraints.constraint import Constraint
from charlm.sampling.constraints.costs import cost
from charlm.sampling.loop.generation import Model, generate, read
from charlm.sampling.loop.masks import NO_MASKS, Masks
from charlm.sampling.rules.decoding import SAMPLERS, Decoding
from charlm.sampling.rules.drawing import draw_rows

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

ROWS = 4


@cache
def engine(symbols: int) -> CompiledStepper:
    settings = ModelSettings(num_layers=2, hidden_size=24, embedding_dim=8)
    parameters = initial_parameters(settings, symbols, np.random.default_rng(symbols))
    parameters["head.weight"] *= 20  # some symbols are likelier than others
    return CompiledStepper(LanguageModel(settings, parameters))


class Stepwise:
    """The engine without `generate_next`, for numpy to draw."""

    batch_invariant = True

    def __init__(self, engine: CompiledStepper) -> None:
        self.fresh, self.step = engine.fresh, engine.step


fractions = some.floats(0, 1, exclude_min=True) | some.sampled_from([0.01, 0.25, 0.5, 0.9, 1.0])
decodings = some.builds(
    Decoding,
    temperature=some.sampled_from([0.0, 1e-300, 0.3, 1.0, 1e6]) | some.floats(0, 5),
    top_k=some.none() | some.integers(1, 70),
    top_p=some.none() | fractions,
    min_p=some.none() | fractions | some.just(0.0),
    typical=some.none() | fractions,
    samplers=some.permutations(SAMPLERS),
)


@some.composite
def scores(draw: some.DrawFn) -> np.ndarray:
    """Logits (B, V), more or less uneven, with or without ties, and with symbols that are never written."""
    symbols = draw(some.sampled_from([2, 3, 9, 64, 65, 200, 700]))
    random = np.random.default_rng(draw(some.integers(0, 2**32)))
    logits = random.normal(size=(ROWS, symbols)) * draw(some.sampled_from([0.0, 0.3, 3.0, 300.0]))
    logits = np.round(logits, draw(some.sampled_from([0, 1, 9])))
    logits[:, random.random(symbols) < draw(some.sampled_from([0.0, 0.3]))] = draw(some.sampled_from([-1e30, -3e38]))
    logits[:, random.integers(symbols)] = 0
    return logits.astype(np.float32)


@given(scores(), decodings, some.lists(some.floats(0, math.nextafter(1, 0)), min_size=ROWS, max_size=ROWS))
@settings(deadline=None, max_examples=400)
def test_law_it_draws_what_the_rules_draw(logits: np.ndarray, decoding: Decoding, drawn: list[float]) -> None:
    kernel, uniforms, rules = engine(logits.shape[1]), np.array(drawn), decoding.of_logits
    assert rules is not None
    ids, _, _ = kernel.generate_next(logits, kernel.fresh(ROWS), rules, uniforms[None])
    assert ids.tolist() == [draw_rows(logits, decoding, [()] * ROWS, uniforms)]


@given(scores(), decodings, some.integers(0, 2**32), some.integers(1, 4))
@settings(deadline=None, max_examples=200)
def test_law_it_draws_what_a_walk_allows(logits: np.ndarray, decoding: Decoding, seed: int, left: int) -> None:
    kernel, random, rules = engine(logits.shape[1]), np.random.default_rng(seed), decoding.of_logits
    assert rules is not None
    needed = random.choice(np.array([0, 1, 3, NEVER], np.int32), (3, logits.shape[1]))
    needed[:, random.integers(logits.shape[1])] = 0  # something has to be allowed
    states, steps = random.integers(0, 3, ROWS), random.integers(-2, 3, needed.shape)
    walk = Walk(needed, steps, states.copy(), left)
    uniforms, allowed = random.random(ROWS), needed[states] < left
    ids, _, _ = kernel.generate_next(logits, kernel.fresh(ROWS), rules, uniforms[None], walk)
    assert ids.tolist() == [draw_rows(logits, decoding, [()] * ROWS, uniforms, allowed)]
    assert walk.states.tolist() == steps[states, ids[0]].tolist()
    assert (walk.left, walk.written.tolist()) == (left - 1, [1] * ROWS)
    np.testing.assert_allclose(walk.bits, cost(logits, allowed)[None], rtol=1e-4, atol=1e-4)


def test_a_walk_goes_no_further_than_the_step_whose_logits_are_not_finite() -> None:
    kernel = engine(9)
    logits = np.zeros((2, 9), np.float32)
    logits[1, 3] = np.nan
    walk = Walk(np.zeros((1, 9), np.int32), np.zeros((1, 9), np.int64), np.zeros(2, np.int64), 5)
    ids, _, _ = kernel.generate_next(logits, kernel.fresh(2), (), np.full((3, 2), 0.5), walk)
    assert (ids.shape, walk.left, walk.written.tolist(), walk.bits.shape) == ((0, 2), 5, [0, 0], (0, 2))


# --- whole texts ---

CHAIN = np.full((7, 65), -1, np.int32)
CHAIN[np.arange(6), :40] = np.arange(1, 7)[:, None]  # six of the first forty symbols at most ...
CHAIN[2:5, 40:50] = 0  # ... unless some of the next ten begin anew
ACCEPTING = np.array([False, False, True, False, True, False, True])
WITHIN = Masks(Constraint(Automaton(CHAIN, ACCEPTING, distances(CHAIN, ACCEPTING)), np.arange(65) > 55))


Texts = tuple[dict[int, list[int]], dict[int, object], list[float]]


def texts(model: Model, decoding: Decoding, masks: Masks) -> Texts:
    """The ids of each of some samples, how they ended, and what a constraint cost them."""
    written: dict[int, list[int]] = {}
    ends: dict[int, object] = {}
    streams = [sample_stream(1, number) for number in range(ROWS)]
    for round_ in generate(model, read(model, [3]), decoding, 150, streams, masks=masks):
        for sample, ids in round_.ids.items():
            written.setdefault(sample, []).extend(ids)
        ends |= round_.ends
    return written, ends, [round_.bits(sample) for sample in range(ROWS)] if round_.bits else []


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("masks", [NO_MASKS, WITHIN], ids=["free", "within"])
@pytest.mark.parametrize(
    "decoding",
    [Decoding(), Decoding(0.0), Decoding(2.0, top_k=7), Decoding(2.0, typical=0.7), Decoding(2.0, 40, 0.9, 0.01)],
    ids=["temperature", "greedy", "top_k", "typical", "several"],
)
def test_a_text_is_the_one_that_numpy_draws(
    decoding: Decoding, masks: Masks, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_stepper, "usable_threads", lambda: threads)
    monkeypatch.setattr("charlm.kernels.threads.PAIRS_FOR_A_THREAD", 1)
    mine, expected = (texts(each, decoding, masks) for each in (engine(65), Stepwise(engine(65))))
    assert mine[:2] == expected[:2]
    assert mine[2] == pytest.approx(expected[2], rel=1e-5)
    assert decoding.temperature < 0.1 or len({*map(tuple, mine[0].values())}) == ROWS

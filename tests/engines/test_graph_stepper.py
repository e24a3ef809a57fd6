"""The stepper for many streams on a GPU gives the definition's results, up to float32 rounding. Here a replay runs the
work again without a graph; tests/gpu has CUDA graphs."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.engines.cuda_graph import CaptureFailed
from charlm.engines.graph_stepper import GraphStepper
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import take_rows
from charlm.model.stepping import DefinitionStepper
from charlm.randomness import named_stream, sample_stream
from charlm.sampling.loop.generation import generate, read
from charlm.sampling.rules.decoding import Decoding

V, ROWS = 9, 4
STACKS = {name: {"cell": name, "num_layers": 2} for name in CELLS} | {
    "mixed": {"layers": [{"cell": "lstm"}, {"cell": "depth_gated"}, {"cell": "rnn"}]},
    "residual, tied": {"num_layers": 2, "residual": True, "tied": True},
    "attention": {"attention": {"window": 3}},
}


class Rerun:
    """A Capturer without graphs: a replay runs the work again."""

    def warm_up(self, work):
        work()

    def capture(self, work, generator=None):
        return work


class Refusing(Rerun):
    def capture(self, work, generator=None):
        raise CaptureFailed("operation not permitted")


def both(model, capturer=None):
    settings = ModelSettings.model_validate({"hidden_size": 8, **model})
    parameters = initial_parameters(settings, V, named_stream(3, "weights"))
    fast = GraphStepper(LanguageModel(settings, parameters), torch.device("cpu"), ROWS, capturer or Rerun())
    return DefinitionStepper(LanguageModel(settings, parameters)), fast


def ids(rows, steps=5):
    return np.random.default_rng(rows).integers(0, V, (steps, rows))


@pytest.mark.parametrize("rows", [1, 3, 4, 10])
@pytest.mark.parametrize("stack", STACKS)
def test_it_equals_the_definition(stack, rows):
    plain, fast = both(STACKS[stack])
    state, other = plain.fresh(rows), fast.fresh(rows)
    for now in ids(rows):
        wanted, state = plain.step(now, state)
        found, other = fast.step(now, other)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    for layer, same in zip(other, state, strict=True):
        assert type(layer) is type(same)
        for one, two in zip(layer, same, strict=True):
            np.testing.assert_allclose(one.numpy(), two, rtol=1e-4, atol=1e-5)


def test_it_is_batch_invariant():
    _, fast = both({"cell": "gru"})
    together, alone = fast.fresh(6), fast.fresh(1)
    for now in ids(6):
        many, together = fast.step(now, together)
        one, alone = fast.step(now[5:], alone)
        np.testing.assert_array_equal(one[0], many[5])


def test_a_step_changes_neither_its_state_nor_earlier_results():
    _, fast = both({})
    first = fast.step(ids(2)[0], fast.fresh(2))
    kept = first[0].copy(), take_rows(first[1], np.arange(2))
    again = fast.step(ids(2)[1], first[1])
    np.testing.assert_array_equal(first[0], kept[0])
    repeated = fast.step(ids(2)[1], first[1])
    np.testing.assert_array_equal(again[0], repeated[0])
    pairs = [pair for one, two in zip(first[1], kept[1], strict=True) for pair in zip(one, two, strict=True)]
    assert all(torch.equal(one, other) for one, other in pairs)


def test_without_a_graph_a_note_gives_the_reason():
    plain, fast = both({}, Refusing())
    assert fast.notes == ("no CUDA graph, which takes much longer: operation not permitted",)
    wanted, _ = plain.step(ids(2)[0], plain.fresh(2))
    np.testing.assert_allclose(fast.step(ids(2)[0], fast.fresh(2))[0], wanted, rtol=1e-4, atol=1e-5)


def test_it_can_be_sampled_from():
    """Draws are made from the same stream of numbers; here no two scores are near enough for rounding to matter."""
    texts = [list(generate(engine, read(engine, [0]), Decoding(), 40, [sample_stream(1, 0)])) for engine in both({})]
    assert texts[0] == texts[1]


def test_threads_that_share_it_take_turns():
    _, fast = both(STACKS["lstm"])
    given = [ids(rows)[0] for rows in (1, 3, 4, 10)] * 20
    alone = [fast.step(each, fast.fresh(len(each)))[0].tobytes() for each in given]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda each: fast.step(each, fast.fresh(len(each)))[0].tobytes(), given)) == alone


def test_it_is_pickled_as_its_model_and_captured_again():
    _, fast = both(STACKS["lstm"])
    make, parts = fast.__reduce__()
    model, device, rows = pickle.loads(pickle.dumps(parts))
    again = make(model, device, rows, Rerun())
    assert np.array_equal(again.step(ids(3)[0], again.fresh(3))[0], fast.step(ids(3)[0], fast.fresh(3))[0])

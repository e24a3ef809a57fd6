"""Recordings on a CUDA card: what they replay, and what is left in order where one is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.engines.cuda_graph import CaptureFailed, CudaCapturer
from charlm.engines.graph_stepper import ROWS, GraphStepper
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stepping import DefinitionStepper
from charlm.randomness import stream

pytestmark = pytest.mark.gpu

V = 65
STACKS = {name: {"cell": name, "num_layers": 2} for name in CELLS} | {
    "mixed": {"layers": [{"cell": "lstm"}, {"cell": "depth_gated"}, {"cell": "rnn"}]},
    "attention": {"attention": {"window": 16}},
}


@pytest.fixture
def place():
    return torch.device("cuda")


def test_a_recording_does_its_work_when_it_is_replayed_and_not_before(place):
    counter = torch.zeros((), device=place)
    capturer = CudaCapturer(place)
    capturer.warm_up(lambda: None)
    replay = capturer.record(lambda: counter.add_(1))
    assert counter.item() == 0
    for _ in range(3):
        replay()
    assert counter.item() == 3


def test_replays_draw_what_would_have_been_drawn(place):
    generator = torch.Generator(place).manual_seed(1)
    numbers = torch.zeros(1000, device=place)

    def work():
        numbers.copy_(torch.empty_like(numbers).bernoulli_(0.5, generator=generator))

    wanted = [torch.empty_like(numbers).bernoulli_(0.5, generator=generator) for _ in range(3)]
    generator.manual_seed(1)
    replay = CudaCapturer(place).record(work, generator)
    for each in wanted:
        replay()
        assert torch.equal(numbers, each)


def test_a_recording_that_is_refused_leaves_everything_in_order(place):
    generator = torch.Generator(place).manual_seed(1)
    wanted = torch.empty(9, device=place).uniform_(generator=generator)
    generator.manual_seed(1)
    stream_before = torch.cuda.current_stream()

    def work():
        torch.empty(9, device=place).uniform_(generator=generator)
        torch.zeros(1, device=place).item()

    capturer = CudaCapturer(place)
    with pytest.raises(CaptureFailed, match=r"\S"):
        capturer.record(work, generator)
    assert torch.cuda.current_stream() == stream_before
    generator.manual_seed(1)
    assert torch.equal(torch.empty(9, device=place).uniform_(generator=generator), wanted)
    torch.rand(9, device=place)
    test_a_recording_does_its_work_when_it_is_replayed_and_not_before(place)


@pytest.mark.parametrize("rows", [1, ROWS, ROWS + 5])
@pytest.mark.parametrize("stack", STACKS)
def test_steps_on_the_card_are_the_numpy_engine_s(place, stack, rows):
    settings = ModelSettings.model_validate({"hidden_size": 48, **STACKS[stack]})
    parameters = initial_parameters(settings, V, stream(3, "weights"))
    plain, quick = (
        DefinitionStepper(LanguageModel(settings, parameters)),
        GraphStepper(LanguageModel(settings, parameters), place),
    )
    assert quick.notes == ()
    state, other = plain.fresh(rows), quick.fresh(rows)
    for now in np.random.default_rng(0).integers(0, V, (20, rows)):
        wanted, state = plain.step(now, state)
        found, other = quick.step(now, other)
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-4)


def test_a_row_is_the_same_alone_and_among_others(place):
    settings = ModelSettings(cell="gru", hidden_size=48)
    quick = GraphStepper(LanguageModel(settings, initial_parameters(settings, V, stream(3, "weights"))), place)
    together, alone = quick.fresh(ROWS), quick.fresh(1)
    for now in np.random.default_rng(0).integers(0, V, (20, ROWS)):
        many, together = quick.step(now, together)
        one, alone = quick.step(now[:1], alone)
        np.testing.assert_array_equal(one[0], many[0])

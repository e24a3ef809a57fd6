"""CUDA graphs: what they replay, and what a capture that fails leaves as it was."""

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
from charlm.randomness import named_stream

pytestmark = pytest.mark.gpu

V = 65
STACKS = {name: {"cell": name, "num_layers": 2} for name in CELLS} | {
    "mixed": {"layers": [{"cell": "lstm"}, {"cell": "depth_gated"}, {"cell": "rnn"}]},
    "attention": {"attention": {"window": 16}},
}


@pytest.fixture
def device():
    return torch.device("cuda")


def test_captured_work_is_done_by_replays_and_not_by_the_capture(device):
    counter = torch.zeros((), device=device)
    capturer = CudaCapturer(device)
    capturer.warm_up(lambda: None)

    def work():
        counter.add_(1)

    replay = capturer.capture(work)
    assert counter.item() == 0
    for _ in range(3):
        replay()
    assert counter.item() == 3


def test_replays_draw_the_random_numbers_that_eager_work_would(device):
    generator = torch.Generator(device).manual_seed(1)
    numbers = torch.zeros(1000, device=device)

    def work():
        numbers.copy_(torch.empty_like(numbers).bernoulli_(0.5, generator=generator))

    wanted = [torch.empty_like(numbers).bernoulli_(0.5, generator=generator) for _ in range(3)]
    generator.manual_seed(1)
    replay = CudaCapturer(device).capture(work, generator)
    for each in wanted:
        replay()
        assert torch.equal(numbers, each)


def test_a_failed_capture_leaves_stream_and_generator_as_they_were(device):
    generator = torch.Generator(device).manual_seed(1)
    wanted = torch.empty(9, device=device).uniform_(generator=generator)
    generator.manual_seed(1)
    stream_before = torch.cuda.current_stream()

    def work():
        torch.empty(9, device=device).uniform_(generator=generator)
        torch.zeros(1, device=device).item()

    capturer = CudaCapturer(device)
    with pytest.raises(CaptureFailed, match=r"\S"):
        capturer.capture(work, generator)
    assert torch.cuda.current_stream() == stream_before
    generator.manual_seed(1)
    assert torch.equal(torch.empty(9, device=device).uniform_(generator=generator), wanted)
    torch.rand(9, device=device)
    test_captured_work_is_done_by_replays_and_not_by_the_capture(device)


@pytest.mark.parametrize("rows", [1, ROWS, ROWS + 5])
@pytest.mark.parametrize("stack", STACKS)
def test_steps_on_a_gpu_equal_the_definition_s(device, stack, rows):
    settings = ModelSettings.model_validate({"hidden_size": 48, **STACKS[stack]})
    parameters = initial_parameters(settings, V, named_stream(3, "weights"))
    plain, fast = (
        DefinitionStepper(LanguageModel(settings, parameters)),
        GraphStepper(LanguageModel(settings, parameters), device),
    )
    assert fast.notes == ()
    state, other = plain.fresh(rows), fast.fresh(rows)
    for now in np.random.default_rng(0).integers(0, V, (20, rows)):
        wanted, state = plain.step(now, state)
        found, other = fast.step(now, other)
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-4)


def test_the_graph_stepper_is_batch_invariant(device):
    settings = ModelSettings(cell="gru", hidden_size=48)
    fast = GraphStepper(LanguageModel(settings, initial_parameters(settings, V, named_stream(3, "weights"))), device)
    together, alone = fast.fresh(ROWS), fast.fresh(1)
    for now in np.random.default_rng(0).integers(0, V, (20, ROWS)):
        many, together = fast.step(now, together)
        one, alone = fast.step(now[:1], alone)
        np.testing.assert_array_equal(one[0], many[0])

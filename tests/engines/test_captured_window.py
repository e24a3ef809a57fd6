"""A replayed window gives the results of one that is not captured. Here a replay runs the work again without a graph;
tests/gpu has CUDA graphs."""

from __future__ import annotations

import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.engines.captured_window import CapturedWindow, prepare_window
from charlm.engines.choosing import run_with_torch
from charlm.engines.cuda_graph import CaptureFailed
from charlm.model.dropout import Dropout
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import map_state
from charlm.randomness import named_stream

T, B, V = 6, 3, 11
MIXED = {"layers": [{"cell": "lstm"}, {"cell": "depth_gated"}, {"cell": "rnn"}]}
STACKS = {name: {"cell": name, "num_layers": 2} for name in CELLS} | {"mixed": MIXED}


class Rerun:
    """A Capturer without graphs: a replay runs the work again."""

    def __init__(self):
        self.warm_ups = 0

    def warm_up(self, work):
        work()
        self.warm_ups += 1

    def capture(self, work, generator=None):
        return work


class Refusing(Rerun):
    def capture(self, work, generator=None):
        raise CaptureFailed("operation not permitted")


class Model:
    """A model in training, as far as a window needs it."""

    def __init__(self, model, dropout=0.0):
        self.settings = ModelSettings.model_validate({"hidden_size": 8, "dropout": dropout, **model})
        values = initial_parameters(self.settings, V, named_stream(3, "weights"))
        self.weights = {name: torch.from_numpy(value).requires_grad_() for name, value in values.items()}
        self.generator = torch.Generator().manual_seed(5)
        self.dropout = Dropout(self.settings, self.generator)
        self.scaler = torch.amp.GradScaler("cpu", enabled=False)
        self.state = LanguageModel(self.settings, self.weights).fresh_state(B)

    def loss(self, recurrence, inputs, targets, state):
        logits, after = LanguageModel(self.settings, self.weights).forward(inputs, state, recurrence, self.dropout)
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=-1, reduction="sum"
        )
        return loss, after

    def window(self):
        return CapturedWindow(self.loss, self.weights, self.state, T, self.scaler)

    def prepared(self, capturer=None, compiling=lambda recurrence: recurrence):
        return prepare_window(self.window(), run_with_torch, self.generator, capturer or Rerun(), compiling)

    def eager(self, inputs, targets, state, factor):
        loss, after = self.loss(run_with_torch, inputs, targets, state)
        torch.autograd.backward(loss * factor)
        return float(loss.detach()), map_state(after, lambda part: part.detach())


def text(number):
    ids = torch.randint(V, (T + 1, B), generator=torch.Generator().manual_seed(number))
    targets = ids[1:].clone()
    targets[-1, :number] = -1
    return ids[:-1], targets


def same(state, other):
    return all(torch.equal(a, b) for one, two in zip(state, other, strict=True) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("stack", STACKS)
def test_replayed_windows_equal_eager_ones(stack, dropout):
    """Nats, states and gradients of three consecutive windows; the last two are of one update."""
    plain, model = Model(STACKS[stack], dropout), Model(STACKS[stack], dropout)
    window = model.prepared().window
    state = other = plain.state
    for number, factor in enumerate([0.1, 0.02, 0.05]):
        inputs, targets = text(number)
        nats, state = plain.eager(inputs, targets, state, factor)
        assert window.accepts(inputs)
        replayed, other = window.replay(inputs, targets, other, factor)
        assert replayed == nats
        assert same(other, state)
        for name, weight in plain.weights.items():
            torch.testing.assert_close(model.weights[name].grad, weight.grad, rtol=1e-6, atol=1e-7)
        if number == 0:  # the end of an update, where an optimizer clears the gradients
            for weight in (*plain.weights.values(), *model.weights.values()):
                weight.grad = None


@pytest.mark.parametrize("replayed_first", [True, False])
def test_windows_of_an_update_may_be_replayed_or_not(replayed_first):
    plain, model = Model({}), Model({})
    window = model.prepared().window
    state = other = plain.state
    for number in range(2):
        inputs, targets = text(number)
        _, state = plain.eager(inputs, targets, state, 0.5)
        other = (window.replay if (number == 0) == replayed_first else model.eager)(inputs, targets, other, 0.5)[1]
    for name, weight in plain.weights.items():
        torch.testing.assert_close(model.weights[name].grad, weight.grad)


def test_a_later_replay_does_not_change_a_state():
    """The trainer keeps the old state if a window's nats are not finite."""
    model = Model({})
    window = model.prepared().window
    _, state = window.replay(*text(0), model.state, 1.0)
    kept = map_state(state, torch.clone)
    window.replay(*text(1), state, 1.0)
    assert same(state, kept)
    assert same(model.state, map_state(model.state, torch.zeros_like))


def test_preparing_changes_neither_gradients_nor_random_numbers():
    model = Model({"cell": "peephole"}, dropout=0.5)
    random = model.generator.get_state()
    assert model.prepared().window
    assert torch.equal(model.generator.get_state(), random)
    assert all(weight.grad is None for weight in model.weights.values())


def test_only_the_captured_shape_is_accepted():
    window = Model({}).window()
    assert window.accepts(torch.zeros(T, B))
    assert not window.accepts(torch.zeros(T - 1, B))
    assert not window.accepts(torch.zeros(T, B + 1))


def test_replaying_a_window_that_was_not_captured_is_an_error():
    model = Model({})
    with pytest.raises(RuntimeError, match="before it was captured"):
        model.window().replay(*text(0), model.state, 1.0)


def test_without_a_graph_a_note_gives_the_reason():
    model = Model({}, dropout=0.5)
    random = model.generator.get_state()
    prepared = model.prepared(Refusing())
    assert prepared.window is None
    assert prepared.recurrence is run_with_torch
    assert prepared.notes == ("no CUDA graph, which takes much longer: operation not permitted",)
    assert torch.equal(model.generator.get_state(), random)


def test_without_a_compiler_the_steps_are_not_compiled_and_a_note_gives_the_reason():
    def no_compiler(recurrence):
        def run(*given):
            raise RuntimeError("Failed to find C compiler\nand more")

        return run

    model, capturer = Model({}), Rerun()
    prepared = model.prepared(capturer, no_compiler)
    assert prepared.recurrence is run_with_torch
    assert prepared.notes == ("time steps are not compiled: Failed to find C compiler",)
    assert prepared.window.replay(*text(0), model.state, 1.0)[0] > 0
    assert capturer.warm_ups == 1


def test_only_captured_steps_are_compiled():
    """To compile for the other windows, of a length that comes once an epoch, would take longer than to read them."""
    calls = []

    def compiling(recurrence):
        def run(*given):
            calls.append(1)
            return recurrence(*given)

        return run

    model = Model({"num_layers": 2})
    prepared = model.prepared(compiling=compiling)
    assert prepared.recurrence is run_with_torch
    before = len(calls)
    prepared.window.replay(*text(0), model.state, 1.0)
    assert len(calls) == before + 2

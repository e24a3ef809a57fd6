"""A window that is replayed: the same numbers as one that is not. Here a recording is the work itself, done again on
each replay, which proves all but the card's part of it; tests/gpu has that."""

from __future__ import annotations

import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.engines.captured_window import CapturedWindow, prepare
from charlm.engines.choosing import run_with_torch, worth_capturing
from charlm.engines.cuda_graph import CaptureFailed
from charlm.model.dropout import Dropout
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stack import build_layers
from charlm.model.state import map_state
from charlm.randomness import stream

T, B, V = 6, 3, 11
MIXED = {"layers": [{"cell": "lstm"}, {"cell": "depth_gated"}, {"cell": "rnn"}]}
STACKS = {name: {"cell": name, "num_layers": 2} for name in CELLS} | {"mixed": MIXED}


class Rerun:
    """A Capturer whose recordings are the work itself."""

    def __init__(self):
        self.rehearsals = 0

    def warm_up(self, work):
        work()
        self.rehearsals += 1

    def capture(self, work, generator=None):
        return work


class Refusing(Rerun):
    def capture(self, work, generator=None):
        raise CaptureFailed("operation not permitted")


class Model:
    """Weights and what a window needs of a training."""

    def __init__(self, model, dropout=0.0):
        self.settings = ModelSettings.model_validate({"hidden_size": 8, "dropout": dropout, **model})
        values = initial_parameters(self.settings, V, stream(3, "weights"))
        self.weights = {name: torch.from_numpy(value).requires_grad_() for name, value in values.items()}
        self.generator = torch.Generator().manual_seed(5)
        self.dropout = Dropout(self.settings, self.generator)
        self.scaler = torch.amp.GradScaler("cpu", enabled=False)
        self.state = LanguageModel(self.settings, self.weights).fresh_state(B)

    def losses(self, recurrence, inputs, targets, state):
        logits, after = LanguageModel(self.settings, self.weights).forward(inputs, state, recurrence, self.dropout)
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=-1, reduction="sum"
        )
        return loss, after

    def window(self):
        return CapturedWindow(self.losses, self.weights, self.state, T, self.scaler)

    def prepared(self, capturer=None, compiling=lambda recurrence: recurrence):
        return prepare(self.window(), run_with_torch, self.generator, capturer or Rerun(), compiling)

    def eager(self, inputs, targets, state, share):
        loss, after = self.losses(run_with_torch, inputs, targets, state)
        torch.autograd.backward(loss * share)
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
def test_replayed_windows_are_what_windows_are(stack, dropout):
    """Nats, states and gradients of three windows whose state goes on, the last two of them in one update."""
    plain, model = Model(STACKS[stack], dropout), Model(STACKS[stack], dropout)
    window = model.prepared().window
    state = other = plain.state
    for number, share in enumerate([0.1, 0.02, 0.05]):
        inputs, targets = text(number)
        nats, state = plain.eager(inputs, targets, state, share)
        assert window.fits(inputs)
        replayed, other = window.replay(inputs, targets, other, share)
        assert replayed == nats
        assert same(other, state)
        for name, weight in plain.weights.items():
            torch.testing.assert_close(model.weights[name].grad, weight.grad, rtol=1e-6, atol=1e-7)
        if number == 0:  # an update is made here, as an optimizer ends it
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


def test_a_state_that_came_out_is_a_value():
    """The loop keeps the old state where a window's nats are not finite."""
    model = Model({})
    window = model.prepared().window
    _, state = window.replay(*text(0), model.state, 1.0)
    kept = map_state(state, torch.clone)
    window.replay(*text(1), state, 1.0)
    assert same(state, kept)
    assert same(model.state, map_state(model.state, torch.zeros_like))


def test_preparing_leaves_no_trace():
    model = Model({"cell": "peephole"}, dropout=0.5)
    random = model.generator.get_state()
    assert model.prepared().window
    assert torch.equal(model.generator.get_state(), random)
    assert all(weight.grad is None for weight in model.weights.values())


def test_other_shapes_do_not_fit():
    window = Model({}).window()
    assert window.fits(torch.zeros(T, B))
    assert not window.fits(torch.zeros(T - 1, B))
    assert not window.fits(torch.zeros(T, B + 1))


def test_a_window_is_not_replayed_before_it_was_recorded():
    model = Model({})
    with pytest.raises(RuntimeError, match="before it was recorded"):
        model.window().replay(*text(0), model.state, 1.0)


def test_a_recording_that_is_refused_is_told_and_done_without():
    model = Model({}, dropout=0.5)
    random = model.generator.get_state()
    prepared = model.prepared(Refusing())
    assert prepared.window is None
    assert prepared.recurrence is run_with_torch
    assert prepared.notes == ("no CUDA graph, which takes much longer: operation not permitted",)
    assert torch.equal(model.generator.get_state(), random)


def test_a_machine_without_a_compiler_trains_without_one():
    def no_compiler(recurrence):
        def run(*given):
            raise RuntimeError("Failed to find C compiler\nand more")

        return run

    model, capturer = Model({}), Rerun()
    prepared = model.prepared(capturer, no_compiler)
    assert prepared.recurrence is run_with_torch
    assert prepared.notes == ("time steps are not compiled: Failed to find C compiler",)
    assert prepared.window.replay(*text(0), model.state, 1.0)[0] > 0
    assert capturer.rehearsals == 1


def test_what_runs_compiled_is_recorded_compiled():
    calls = []

    def compiling(recurrence):
        def run(*given):
            calls.append(1)
            return recurrence(*given)

        return run

    model = Model({"num_layers": 2})
    prepared = model.prepared(compiling=compiling)
    assert prepared.recurrence is not run_with_torch
    before = len(calls)
    prepared.window.replay(*text(0), model.state, 1.0)
    assert len(calls) == before + 2


@pytest.mark.parametrize(
    ("model", "kind", "worth"),
    [
        ({"cell": "peephole"}, "cuda", True),
        ({"cell": "peephole"}, "cpu", False),
        ({"cell": "lstm"}, "cuda", False),  # cuDNN's kernels are a call a layer
        ({"cell": "gru"}, "cuda", False),
        ({"cell": "gru", "cell_options": {"first_form": True}}, "cuda", True),
        (MIXED, "cuda", True),
        ({"layers": [{"cell": "lstm"}, {"cell": "rnn"}]}, "cuda", False),
    ],
)
def test_when_capturing_is_worth_it(model, kind, worth):
    assert worth_capturing(build_layers(ModelSettings.model_validate(model)), kind) is worth

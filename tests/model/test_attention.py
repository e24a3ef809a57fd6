"""Attention over past outputs. Shape letters: T time, B rows, H hidden, A window."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.model.attention import attend, attention_shapes, initial_attention, no_past_outputs

T, B, H, A = 9, 3, 4, 5


def weights_of(seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape) for name, shape in attention_shapes(A, H).items()}


def outputs(seed=1):
    return np.random.default_rng(seed).standard_normal((T, B, H))


def no_past(like=None):
    return no_past_outputs(B, A, H, np.zeros(1) if like is None else like)


def equations(weights, y):
    """The equations for one query after another, without state and without masks."""
    read = np.zeros_like(y)
    for t in range(T):
        for b in range(B):
            query = weights["query"] @ y[t, b]
            powers, values = [1.0], [np.zeros(H)]
            for back in range(1, min(A, t) + 1):
                key = weights["key"] @ y[t - back, b]
                powers.append(np.exp(query @ key / H**0.5 + weights["distance"][back - 1]))
                values.append(y[t - back, b])
            attended = np.average(values, axis=0, weights=powers)
            read[t, b] = weights["out"] @ np.concatenate([y[t, b], attended])
    return read


def test_it_computes_its_equations():
    read, _ = attend(weights_of(), outputs(), no_past())
    np.testing.assert_allclose(read, equations(weights_of(), outputs()), atol=1e-12)


def test_numpy_equals_torch():
    ours, past = attend(weights_of(), outputs(), no_past())
    weights = {name: torch.tensor(value) for name, value in weights_of().items()}
    theirs, other = attend(weights, torch.tensor(outputs()), no_past(torch.zeros(1, dtype=torch.float64)))
    np.testing.assert_allclose(theirs.numpy(), ours, atol=1e-12)
    for one, two in zip(past, other, strict=True):
        np.testing.assert_allclose(two.numpy(), one, atol=1e-12)


@pytest.mark.parametrize("cut", range(1, T))
def test_one_run_equals_two_chunks_with_the_past_outputs_carried(cut):
    whole, end = attend(weights_of(), outputs(), no_past())
    first, middle = attend(weights_of(), outputs()[:cut], no_past())
    second, last = attend(weights_of(), outputs()[cut:], middle)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, atol=1e-12)
    for one, two in zip(last, end, strict=True):
        np.testing.assert_array_equal(one, two)


def test_an_output_affects_the_next_a_steps_and_no_others():
    before, _ = attend(weights_of(), outputs(), no_past())
    y = outputs()
    y[2] += 1
    after, _ = attend(weights_of(), y, no_past())
    changed = (before != after).any((1, 2))
    assert changed.tolist() == [2 <= t <= 2 + A for t in range(T)]


def test_initial_weights_pass_the_outputs_through():
    weights = initial_attention(np.random.default_rng(0), A, H)
    assert {name: value.shape for name, value in weights.items()} == attention_shapes(A, H)
    read, _ = attend(weights, outputs(), no_past())
    np.testing.assert_allclose(read, outputs(), atol=1e-12)


def test_gradients_equal_finite_differences():
    names = list(weights_of())

    def read(y, *values):
        past = no_past(torch.zeros(1, dtype=torch.float64))
        return attend(dict(zip(names, values, strict=True)), y, past)[0]

    given = [torch.tensor(value, requires_grad=True) for value in (outputs(), *weights_of().values())]
    assert torch.autograd.gradcheck(read, given)

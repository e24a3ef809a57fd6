"""The look back: Shape letters: T time, B rows, H hidden, A window."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.model import attention

T, B, H, A = 9, 3, 4, 5


def weights_of(seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape) for name, shape in attention.attention_shapes(A, H).items()}


def outputs(seed=1):
    return np.random.default_rng(seed).standard_normal((T, B, H))


def fresh(like=None):
    return attention.no_past_outputs(B, A, H, np.zeros(1) if like is None else like)


def by_hand(weights, y):
    """The equations, one question after the other, with no ring and no mask."""
    read = np.zeros_like(y)
    for t in range(T):
        for b in range(B):
            question = weights["query"] @ y[t, b]
            powers, answers = [1.0], [np.zeros(H)]
            for back in range(1, min(A, t) + 1):
                key = weights["key"] @ y[t - back, b]
                powers.append(np.exp(question @ key / H**0.5 + weights["distance"][back - 1]))
                answers.append(y[t - back, b])
            answer = np.average(answers, axis=0, weights=powers)
            read[t, b] = weights["out"] @ np.concatenate([y[t, b], answer])
    return read


def test_it_is_its_equations():
    read, _ = attention.attend(weights_of(), outputs(), fresh())
    np.testing.assert_allclose(read, by_hand(weights_of(), outputs()), atol=1e-12)


def test_numpy_equals_torch():
    ours, ring = attention.attend(weights_of(), outputs(), fresh())
    weights = {name: torch.tensor(value) for name, value in weights_of().items()}
    theirs, other = attention.attend(weights, torch.tensor(outputs()), fresh(torch.zeros(1, dtype=torch.float64)))
    np.testing.assert_allclose(theirs.numpy(), ours, atol=1e-12)
    for one, two in zip(ring, other, strict=True):
        np.testing.assert_allclose(two.numpy(), one, atol=1e-12)


@pytest.mark.parametrize("cut", range(1, T))
def test_one_run_equals_two_chunks_with_the_ring_carried(cut):
    whole, end = attention.attend(weights_of(), outputs(), fresh())
    first, middle = attention.attend(weights_of(), outputs()[:cut], fresh())
    second, last = attention.attend(weights_of(), outputs()[cut:], middle)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, atol=1e-12)
    for one, two in zip(last, end, strict=True):
        np.testing.assert_array_equal(one, two)


def test_it_sees_so_many_outputs_back_and_no_further_and_none_ahead():
    before, _ = attention.attend(weights_of(), outputs(), fresh())
    y = outputs()
    y[2] += 1
    after, _ = attention.attend(weights_of(), y, fresh())
    changed = (before != after).any((1, 2))
    assert changed.tolist() == [2 <= t <= 2 + A for t in range(T)]


def test_at_the_start_the_model_is_the_one_without_attention():
    weights = attention.initial_attention(np.random.default_rng(0), A, H)
    assert {name: value.shape for name, value in weights.items()} == attention.attention_shapes(A, H)
    read, _ = attention.attend(weights, outputs(), fresh())
    np.testing.assert_allclose(read, outputs(), atol=1e-12)


def test_gradients_are_those_of_finite_differences():
    names = list(weights_of())

    def read(y, *values):
        ring = fresh(torch.zeros(1, dtype=torch.float64))
        return attention.attend(dict(zip(names, values, strict=True)), y, ring)[0]

    given = [torch.tensor(value, requires_grad=True) for value in (outputs(), *weights_of().values())]
    assert torch.autograd.gradcheck(read, given)

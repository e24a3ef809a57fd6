"""The rule of dynamic evaluation, by hand on a few numbers."""

from __future__ import annotations

import random

import pytest
import torch

from charlm.adaptation.rule import Rule, Weights


def test_a_weight_moves_by_its_gradient_and_towards_the_checkpoint():
    original = {"a": torch.tensor([1.0, 2.0]), "still": torch.tensor([5.0])}
    weights = Weights(original, {"a": torch.tensor([0.1, 0.3])}, Rule(rate=0.01, decay=0.02))
    expected, mean = torch.tensor([1.0, 2.0]), 0.2
    scales = torch.tensor([0.1, 0.3])
    for gradient in (torch.tensor([0.5, -0.2]), torch.tensor([-0.1, 0.4])):
        weights.values["a"].grad = gradient.clone()
        weights.learn()
        expected = expected + 0.02 * scales / mean * (original["a"] - expected) - 0.01 * gradient / (scales + mean / 2)
        assert torch.allclose(weights.values["a"], expected, atol=1e-7)
        assert weights.values["a"].grad is None
    assert torch.equal(original["a"], torch.tensor([1.0, 2.0]))
    assert torch.equal(weights.values["still"], original["still"])
    assert not weights.values["still"].requires_grad


def test_the_order_of_the_weights_changes_no_bit():
    original = {name: torch.randn(7) for name in "abcdefg"}
    scales = {name: torch.rand(7) * 10.0**-place for place, name in enumerate(original)}
    learned = []
    for order in ("abcdefg", "gfedcba", "dgbafce"):
        weights = Weights(original, {name: scales[name] for name in order}, Rule())
        for value in weights.values.values():
            value.grad = torch.ones(7)
        weights.learn()
        learned.append({name: value.tolist() for name, value in weights.values.items()})
    assert learned[0] == learned[1] == learned[2]


def test_no_weight_is_drawn_back_by_more_than_half():
    weights = Weights({"a": torch.zeros(2)}, {"a": torch.tensor([0.0, 2.0])}, Rule(rate=0, decay=100))
    with torch.no_grad():
        weights.values["a"].fill_(1)
    weights.learn()
    assert weights.values["a"].tolist() == pytest.approx([1.0, 0.5])


def test_weights_that_never_have_a_gradient_stay():
    weights = Weights({"a": torch.ones(3)}, {"a": torch.zeros(3)}, Rule())
    weights.values["a"].grad = torch.zeros(3)
    weights.learn()
    assert weights.values["a"].tolist() == [1, 1, 1]


def test_the_order_in_which_weights_are_named_changes_no_bit():
    draw, shuffle = torch.Generator().manual_seed(1), random.Random(1)
    names = [f"weight {n}" for n in range(40)]
    original, scales, gradients = ({name: torch.rand(50, generator=draw) for name in names} for _ in range(3))
    found = []
    for _ in range(6):
        weights = Weights({name: original[name] for name in names}, {name: scales[name] for name in names}, Rule())
        for name in names:
            weights.values[name].grad = gradients[name].clone()
        weights.learn()
        found.append([weights.values[name].detach() for name in sorted(names)])
        shuffle.shuffle(names)
    assert all(torch.equal(one, other) for each in found for one, other in zip(found[0], each, strict=True))

"""How the gradients of an update are added up: over groups of lanes, and over processes. Knows no model.

One buffer holds all: the gradients one after the other, the sum of nats, and what the processes decide together
(charlm/processes/agreement.py). It is summed once an update.

The fast sum leaves the order to torch.distributed; for two processes there is only one. The ordered sum adds the
gradients of PARTS groups of lanes as a tree, neighbours first, which is the same tree for 1, 2, 4 or 8 processes: each
adds up the branch of its own lanes, and all add up the branches. So the bits do not depend on the number of processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from charlm.processes.group import Group
from charlm.training.optimization import gradients_of


class Exchange(Protocol):
    """Adds up an update: `put` takes a group of lanes at a time, `total` gives the sum of all."""

    def put(self, weights: Mapping[str, Tensor], nats: Tensor) -> None:
        """Add a group of lanes: the gradients that the weights have now, and its sum of nats, a number."""
        ...

    def total(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Give the weights the gradients of all groups in all processes; returns the sum of all nats."""
        ...


class NoExchange:
    """One process and one group of lanes: the gradients are where they belong."""

    _nats: Tensor

    def put(self, weights: Mapping[str, Tensor], nats: Tensor) -> None:
        self._nats = nats

    def total(self, weights: Mapping[str, Tensor]) -> Tensor:
        return self._nats


class FlatExchange:
    """Several processes or groups of lanes, through one buffer."""

    def __init__(self, group: Group, ordered: bool) -> None:
        self._group, self._ordered = group, ordered
        self._parts: list[Tensor] = []

    def put(self, weights: Mapping[str, Tensor], nats: Tensor) -> None:
        gradients = gradients_of(weights)
        self._parts.append(torch.cat([each.flatten() for each in (*gradients, nats.to(gradients[0].dtype))]))

    def total(self, weights: Mapping[str, Tensor]) -> Tensor:
        own, self._parts = tree_sum(self._parts), []
        decisions = self._group.said()
        buffer, said = torch.cat([own, own.new_tensor(decisions)]), len(decisions)
        if self._ordered:
            buffer = tree_sum(self._group.gather(buffer))
        else:
            self._group.sum(buffer)
        gradients = gradients_of(weights)
        *found, rest = torch.split_with_sizes(buffer, [*(each.numel() for each in gradients), said + 1])
        torch._foreach_copy_(gradients, [new.view_as(each) for new, each in zip(found, gradients, strict=True)])
        nats, decided = rest[0], rest[1:]
        self._group.heard(decided.tolist())
        return nats


def exchange_for(group: Group, ordered: bool) -> Exchange:
    """The exchange of a training."""
    return FlatExchange(group, ordered) if ordered or group.size > 1 else NoExchange()


def tree_sum(parts: Sequence[Tensor]) -> Tensor:
    """The sum of some tensors: neighbours are added, then neighbours of those sums."""
    while len(parts) > 1:
        pairs = [first + second for first, second in zip(parts[::2], parts[1::2], strict=False)]
        parts = [*pairs, *parts[len(parts) - len(parts) % 2 :]]
    return parts[0]

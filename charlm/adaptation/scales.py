"""How large the gradient of each weight is on the training text, segment by segment: the s of the rule.

Shape letters: T time, B rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from charlm.engines.choosing import run_with_torch
from charlm.engines.torch_threads import one_thread
from charlm.model.language_model import LanguageModel
from charlm.model.state import take_rows

Scales = Mapping[str, Tensor]

SEGMENTS = 400
READ_BEFORE = 64  # characters that are read before a segment, for its state


def gradient_scales(
    model: LanguageModel, train: np.ndarray, segment: int, quick: bool = False, segments: int = SEGMENTS
) -> Scales:
    """For each weight that adapts, by name, the root of the mean square of its gradient of a segment's mean nats.

    The segments are spread evenly over the training text, ids (N,), N >= 2; a short text has fewer of them. With
    `quick`, only the recurrent matrices and the output layer adapt.
    """
    values = {name: torch.tensor(value) for name, value in model.parameters.items()}
    leaves = {name: value.requires_grad_() for name, value in values.items() if not quick or _is_quick(name)}
    model = LanguageModel(model.settings, values)
    before = min(READ_BEFORE, max(0, len(train) - segment - 1))
    segment = min(segment, len(train) - 1)
    last = len(train) - before - segment - 1
    starts = np.unique(np.linspace(0, last, min(segments, last + 1)).astype(np.int64))
    rows = train[starts[:, None] + np.arange(before + segment + 1)].astype(np.int64)  # (B, before + T + 1)
    ids = torch.from_numpy(rows.T.copy())
    state = model.fresh_state(len(starts))
    with torch.no_grad(), one_thread():
        if before:
            _, state = model.forward(ids[:before], state, run_with_torch)
    sums = {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
    with one_thread():
        for row in range(len(starts)):
            own = ids[before:, row : row + 1]
            logits, _ = model.forward(own[:-1], take_rows(state, np.array([row])), run_with_torch)
            nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), own[1:].flatten())
            gradients = torch.autograd.grad(nats, list(leaves.values()), allow_unused=True)
            for name, gradient in zip(leaves, gradients, strict=True):
                if gradient is not None:
                    sums[name].addcmul_(gradient, gradient)
    return {name: (total / len(starts)).sqrt() for name, total in sums.items()}


def _is_quick(name: str) -> bool:
    return "weight_hh" in name or name.startswith("head.")

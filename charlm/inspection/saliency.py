"""Which characters a prediction rests on: attributions of a log-probability to the characters before it.

With x_t the embedding of the character at t and f the natural log-probability of one next character:

    gradient times input    a_t = x_t . df/dx_t                             the first order of f, cheap and rough
    integrated gradients    a_t = x_t . (integral of df/dx_t at s x, s from 0 to 1)     exact in sum

Both compare with inputs of zero, which no character has. The second adds up to f(x) - f(0) (Sundararajan, Taly and Yan
2017, who call it completeness). The integral is computed by Gauss and Legendre's rule with 16 points, then with twice
as many, until the sum fits to 1 %. The state before the characters that are looked at stays as it is.

A map that stays the same when the recurrent weights are shuffled shows the text, and not the model (Adebayo et al.
2018; randomising.py). Knows no files. Shape letters: T time, B rows, E embedding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charlm.engines.torch_threads import one_thread
from charlm.inspection.inputs import in_float64, log_probability
from charlm.inspection.places import Place
from charlm.model.language_model import LanguageModel

if TYPE_CHECKING:
    from torch import Tensor

    from charlm.model.state import State

FEWEST_POINTS, MOST_POINTS = 16, 2048
TOLERANCE = 0.01  # of the difference, for the sum
SMALL = 1e-6  # nats; a difference below it is not compared in proportion
CHARACTERS_AT_ONCE = 4096  # in one backward pass; bounds the memory


@dataclass(frozen=True, eq=False)
class Saliency:
    """Attributions (T,) in nats, float64: above zero a character speaks for the target, below against it."""

    ids: np.ndarray  # (T,)
    target: int
    log_probability: float  # f(x)
    of_nothing: float  # f(0)
    gradient_input: np.ndarray  # (T,)
    integrated: np.ndarray  # (T,)
    points: int  # of the integral

    @property
    def difference(self) -> float:
        """f(x) - f(0), which the integrated gradients add up to."""
        return self.log_probability - self.of_nothing

    @property
    def gap(self) -> float:
        """By how much their sum misses it, in proportion."""
        missed = abs(float(self.integrated.sum()) - self.difference)
        return missed / max(abs(self.difference), SMALL / TOLERANCE)

    @property
    def complete(self) -> bool:
        return self.gap <= TOLERANCE


def likeliest_after(model: LanguageModel, place: Place) -> int:
    """The id that the model finds likeliest in the place."""
    from charlm.engines.choosing import run_with_numpy

    read = np.concatenate([place.before, place.inside])[:, None]
    logits, _ = model.forward(read, model.fresh_state(1), run_with_numpy)
    return int(logits[-1, 0].argmax())


def saliency(model: LanguageModel, place: Place, target: int) -> Saliency:
    """The maps of one prediction. The model has numpy arrays."""
    exact = in_float64(model)
    with one_thread():
        inputs, state = _inputs_and_state(exact, place)
        reached, nothing = _log_probabilities(exact, inputs, state, target)
        rough = _gradients(exact, inputs, state, target) * inputs
        points = FEWEST_POINTS
        while True:
            integrated = _integrated(exact, inputs, state, target, points)
            rough_map = rough.sum((-1, -2)).numpy()
            found = Saliency(place.inside, target, reached, nothing, rough_map, integrated, points)
            if found.complete or points >= MOST_POINTS:
                return found
            points *= 2


def _log_probabilities(model: LanguageModel, inputs: Tensor, state: State, target: int) -> tuple[float, float]:
    """f(x) and f(0)."""
    import torch

    with torch.no_grad():
        reached, nothing = log_probability(model, torch.cat([inputs, 0 * inputs], 1), state, target).tolist()
    return reached, nothing


def _inputs_and_state(model: LanguageModel, place: Place) -> tuple[Tensor, State]:
    """The embeddings (T, 1, E) of what is looked at, and the state before it."""
    import torch

    state = model.fresh_state(1)
    if place.before.size:
        with torch.no_grad():
            _, state = model.forward(torch.from_numpy(place.before)[:, None], state)
    return model.parameters["embedding.weight"][torch.from_numpy(place.inside)][:, None], state


def _integrated(model: LanguageModel, inputs: Tensor, state: State, target: int, points: int) -> np.ndarray:
    import torch

    nodes, weights = np.polynomial.legendre.leggauss(points)
    rows = max(1, CHARACTERS_AT_ONCE // len(inputs))
    total = torch.zeros_like(inputs)
    for first in range(0, points, rows):
        shares = torch.from_numpy((nodes[first : first + rows] + 1) / 2)[:, None]
        weigh = torch.from_numpy(weights[first : first + rows] / 2)[:, None]
        total += (_gradients(model, inputs * shares, state, target) * weigh).sum(1, keepdim=True)
    return np.asarray((total * inputs).sum((-1, -2)).numpy())


def _gradients(model: LanguageModel, inputs: Tensor, state: State, target: int) -> Tensor:
    """(T, B, E): of each row's log-probability by its inputs."""
    import torch

    variable = inputs.detach().requires_grad_()
    return torch.autograd.grad(log_probability(model, variable, state, target).sum(), variable)[0]

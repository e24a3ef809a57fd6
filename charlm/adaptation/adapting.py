"""A model that learns while it reads a text: each segment is predicted first, and then learned from.

It is a Predictor (charlm/evaluation/predicting.py). The weights that it was given are never changed. Shape letters:
N symbols of a block, T time, V symbols of the vocabulary.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import torch
from torch import Tensor

from charlm.adaptation.ahead import Ahead
from charlm.adaptation.rule import Rule, Weights
from charlm.adaptation.scales import Scales
from charlm.engines.choosing import run_with_torch
from charlm.engines.torch_threads import one_thread
from charlm.errors import DivergedError
from charlm.model.language_model import LanguageModel
from charlm.model.state import State, map_state

WATCHED = 20  # segments in which a divergence is noticed ...
WORST = 2.0  # ... by a mean of so many times the nats of a uniform guess


class AdaptingModel:
    """Reads one stream of text, in blocks of any length. With `end`, the text has records, each ended by this id, and
    each is read from a fresh state; what was learned stays."""

    def __init__(self, model: LanguageModel, scales: Scales, rule: Rule, end: int | None = None) -> None:
        """`model` has numpy arrays or tensors as its parameters; `scales` are those of its training text."""
        original = {name: torch.as_tensor(value) for name, value in model.parameters.items()}
        self._weights, self._rule, self._end = Weights(original, scales, rule), rule, end
        self.model = LanguageModel(model.settings, self._weights.values)
        self._fresh: State = self.model.fresh_state(1)
        self._state = self._fresh  # before the segment
        self._held: list[int] = [] if end is None else [end]  # what was read since: the inputs of the segment
        self._recent: deque[float] = deque(maxlen=WATCHED)
        self._ahead: Ahead | None = None  # beyond `_state`, for `next_logits`

    def read(self, ids: np.ndarray) -> np.ndarray:
        """The next symbols of the text, ids (N,) -> their log-probabilities (N, V), float64, before each was read.

        Raises DivergedError if the model has become worse than guessing.
        """
        found = np.empty((len(ids), self.model.vocab_size))
        done = 0
        if len(ids) and not self._held:  # nothing was read before the first symbol of a text
            found[0] = -math.log(self.model.vocab_size)
            self._held, done = [int(ids[0])], 1
        with one_thread():
            while done < len(ids):
                taken = self._segment_of(ids[done:])
                found[done : done + len(taken)] = self._predict(taken)
                done += len(taken)
        return found

    def next_logits(self) -> np.ndarray:
        """(V,) float32: the logits of the next symbol, after all that was read or taken; nothing is learned by it.

        The last bits depend on the number of threads of numpy's BLAS. Raises DivergedError if some are not finite.
        """
        if not self._held:
            return np.zeros(self.model.vocab_size, np.float32)
        if self._ahead is None:
            self._ahead = Ahead(self.model, self._state)
        logits = self._ahead.after(self._held)
        if not np.isfinite(logits).all():
            raise self._diverged(math.inf)
        return logits

    def take(self, symbol: int) -> None:
        """The next symbol is this one. Taken one by one, symbols are learned from as `read` learns from them."""
        if self._held and (len(self._held) == self._rule.segment or symbol == self._end):
            with one_thread():
                self._predict(np.array([symbol]))
        else:
            self._held.append(symbol)

    def parameters(self) -> dict[str, np.ndarray]:
        """The weights as they are now, float32: a copy."""
        return {name: value.detach().numpy().copy() for name, value in self._weights.values.items()}

    def _segment_of(self, ids: np.ndarray) -> np.ndarray:
        """Those of the next symbols that belong to the segment that has begun: a record's end is its last."""
        taken = ids[: self._rule.segment + 1 - len(self._held)]
        ends = np.flatnonzero(taken == self._end) if self._end is not None else np.zeros(0, np.intp)
        return taken[: int(ends[0]) + 1] if ends.size else taken

    def _predict(self, taken: np.ndarray) -> np.ndarray:
        """The log-probabilities of symbols of the segment; if it is whole with them, the model learns from it."""
        before, symbols = len(self._held) - 1, [int(each) for each in taken]
        inputs = torch.tensor([*self._held, *symbols[:-1]])[:, None]
        ended = symbols[-1] == self._end
        whole = ended or len(inputs) == self._rule.segment
        with torch.set_grad_enabled(whole):
            logits, after = self.model.forward(inputs, self._state, run_with_torch)
        scores = torch.log_softmax(logits[:, 0].double(), 1)
        if whole:
            self._learn(scores, torch.tensor([*self._held[1:], *symbols]))
            self._state = self._fresh if ended else map_state(after, Tensor.detach)
            self._held = symbols[-1:]
            self._ahead = None
        else:
            self._held += symbols
        return np.asarray(scores[before:].detach().numpy())

    def _learn(self, scores: Tensor, targets: Tensor) -> None:
        nats = torch.nn.functional.nll_loss(scores, targets)
        nats.backward()  # type: ignore[no-untyped-call]
        self._weights.learn()
        self._recent.append(float(nats.detach()))
        uniform = math.log(self.model.vocab_size)
        recent = sum(self._recent) / len(self._recent)
        if not math.isfinite(recent) or (len(self._recent) == WATCHED and recent > WORST * uniform):
            raise self._diverged(recent)

    def _diverged(self, recent: float) -> DivergedError:
        return DivergedError(
            "The model became worse than guessing while it adapted",
            f"{recent:.2f} nats a character over the last {max(1, len(self._recent)) * self._rule.segment}; "
            f"guessing costs {math.log(self.model.vocab_size):.2f}",
            "Adapt at a lower rate, such as --adapt-rate 0.0002, or not at all.",
        )

"""The model of pairs: from a source, and the target so far, to logits for its next character. For numpy and torch.

Three kinds (Sutskever, Vinyals and Le 2014; Cho et al. 2014; Bahdanau, Cho and Bengio 2015):

    joined      one stack reads <end>, the source and <start>, and writes on: a language model of whole lines
    encoder     a second stack reads the source; its last state starts the stack that writes:
                s_0 = tanh(W s + b), or s itself where cells and sizes agree; both ways: s is both states, joined
    attending   before each step (additive), or after it (general), the source is looked at (attention.py), and
                logits = W_out tanh(W [h; z; embedding] + b) + b_out

The stack that writes reads <start>, y_1, y_2, ... and predicts y_1, y_2, ..., <end>. <start> is the tab, <end> the end
of the line. Knows no text, no engine and no torch.

Shape letters: J characters of a source, T steps of a target, B rows, V symbols, H hidden, A annotation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from charlm.cells.arrays import Array, concatenate, integers, linear, stack, tanh, transpose, zeros
from charlm.cells.cell import Weights
from charlm.cells.symbols import Symbols, embed
from charlm.config.settings import ModelSettings
from charlm.model.language_model import NEVER, Parameters, no_dropout
from charlm.model.parameters import part_of, weights_of_layer
from charlm.model.stack import Connections, Layer, Recurrence, run_stack, unroll_layer
from charlm.model.state import State, fresh_state, take_rows
from charlm.pairs.attention import MASKED, Source, look_after, look_before, source_of
from charlm.pairs.lengths import backwards, gather_steps, run_to_lengths
from charlm.pairs.shapes import (
    STARTED,
    decoder_layers,
    encoder_layers,
    encoder_parts,
    looks_before,
    starts_from_mean,
    takes_state,
)

Dropout = Callable[[Array], Array]


class Said(NamedTuple):
    """The output of the step before, (B, H), which a model reads that looks before each step: a part of its state."""

    h: Array


class Read(NamedTuple):
    """Sources that were read: the state that a target starts from, and what can be looked at (None: nothing)."""

    state: State
    source: Source | None

    def rows(self, numbers: np.ndarray) -> Read:
        """These rows, in this order."""
        source = self.source and Source(*(part[integers(numbers, part)] for part in self.source))
        return Read(take_rows(self.state, numbers), source)


@dataclass(frozen=True, eq=False)
class PairModel:
    """A model that reads sources and writes targets. `parameters` are arrays by name (shapes.py)."""

    settings: ModelSettings
    parameters: Parameters

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that write, the lowest first."""
        return decoder_layers(self.settings)

    @cached_property
    def readers(self) -> tuple[Layer, ...]:
        """The layers that read, the lowest first."""
        return encoder_layers(self.settings)

    @property
    def vocab_size(self) -> int:
        return len(self.parameters["head.bias"])

    @property
    def attends(self) -> bool:
        """Whether it looks at the source while it writes."""
        return self.settings.pairs.kind == "attending"

    def without_writing(self, symbols: list[int]) -> PairModel:
        """The same model of numpy arrays, but for the logits of these symbols, which are too low to be chosen."""
        bias = self.parameters["head.bias"].copy()
        bias[symbols] = NEVER
        return PairModel(self.settings, {**self.parameters, "head.bias": bias})

    def read(
        self,
        source: np.ndarray,
        lengths: np.ndarray,
        end: int,
        recurrence: Recurrence = unroll_layer,
        dropout: Dropout = no_dropout,
    ) -> Read:
        """Sources (J, B), ids of a numpy array, and their lengths (B,), from 1 on. `end` is the id that ends a line."""
        model, like = self.settings, self.parameters["head.bias"]
        if model.pairs.kind == "joined":
            line = np.concatenate([np.full((1, source.shape[1]), end, source.dtype), source])
            table = self.parameters["embedding.weight"]
            _, state = self._run(self.layers, self._writing, table, line, lengths + 1, recurrence, dropout)
            return Read(state, None)
        table = self.parameters["encoder.embedding.weight"]
        turned = backwards(lengths, len(source))
        states, outputs = [], []
        for part in encoder_parts(model):
            from_end = part == "backwards" or (model.pairs.reversed and not model.pairs.both_ways)
            ids = np.take_along_axis(source, turned, axis=0) if from_end else source
            weights = self._reading[part]
            output, state = self._run(self.readers, weights, table, ids, lengths, recurrence, dropout)
            states.append(state)
            outputs.append(gather_steps(output, turned) if from_end else output)
        annotations = outputs[0] if len(outputs) == 1 else concatenate(outputs)
        there = integers((np.arange(len(source)) < lengths[:, None]).astype(np.float32), like)
        start = self._start(states, annotations, there)
        if not self.attends:
            return Read(start, None)
        if looks_before(model):
            start = (*start, Said(self._said_at_first(start[-1])))
        by_row = transpose(annotations, (1, 0, 2))
        return Read(start, source_of(self._attention, by_row, MASKED * (1 - there)))

    def write(
        self,
        read: Read,
        inputs: np.ndarray,
        state: State,
        recurrence: Recurrence = unroll_layer,
        dropout: Dropout = no_dropout,
    ) -> tuple[Array, State, Array | None]:
        """Inputs (T, B), <start> or characters of targets -> logits (T, B, V), the state after them, alpha (T, B, J).

        The first state is that of `read`. alpha is None if the model does not attend.
        """
        symbols = Symbols(self.parameters["embedding.weight"], integers(inputs, self.parameters["head.bias"]))
        alpha = None
        if read.source is not None and looks_before(self.settings):
            h, z, state, alpha = self._look_and_step(read.source, embed(symbols), state, recurrence, dropout)
        else:
            h, after = self._run_window(symbols, state, recurrence, dropout)
            state = tuple(after)
            if read.source is not None:
                z, alpha = look_after(self._attention, read.source, h)
        if read.source is not None:
            joined = concatenate([h, z, embed(symbols)])
            h = dropout(tanh(linear(joined, self.parameters["output.weight"], self.parameters["output.bias"])))
        return linear(h, self.parameters["head.weight"], self.parameters["head.bias"]), state, alpha

    def _look_and_step(
        self, source: Source, embedded: Array, state: State, recurrence: Recurrence, dropout: Dropout
    ) -> tuple[Array, Array, State, Array]:
        """Look with the output before each step: h (T, B, H), z (T, B, A), state, alpha (T, B, J)."""
        outputs, looks, alphas = [], [], []
        *layers, (said,) = state
        for embedding in embedded:
            z, alpha = look_before(self._attention, source, said)
            x = concatenate([embedding, z])
            output, layers = self._run_window(x[None], layers, recurrence, dropout)
            said = output[0]
            outputs.append(said)
            looks.append(z)
            alphas.append(alpha)
        return stack(outputs), stack(looks), (*layers, Said(said)), stack(alphas)

    def _run_window(
        self, x: Any, state: Sequence[Any], recurrence: Recurrence, dropout: Dropout
    ) -> tuple[Array, list[Any]]:
        def run_layer(number: int, inputs: Any, layer_state: Any, below: Any) -> tuple[Array, Any, Any]:
            return recurrence(self.layers[number], self._writing[number], inputs, layer_state, below)

        return run_stack(self.layers, self._connections, x, state, run_layer, dropout)

    def _run(
        self,
        layers: tuple[Layer, ...],
        weights: list[Weights],
        table: Array,
        ids: np.ndarray,
        lengths: np.ndarray,
        recurrence: Recurrence,
        dropout: Dropout,
    ) -> tuple[Array, State]:
        symbols = Symbols(table, integers(ids, table))
        return run_to_lengths(layers, weights, self._connections, symbols, lengths, recurrence, dropout)

    def _start(self, states: list[State], annotations: Array, there: Array) -> State:
        """The state that a target starts from."""
        rows = there.shape[0]
        fresh = fresh_state(self.layers, (), 0, rows, like=there)
        started = []
        for number, layer in enumerate(fresh):
            if self._taken[number]:
                started.append(states[0][number])
                continue
            if self._from_mean:
                known = annotations.sum(0) / there.sum(1)[:, None]  # outputs are 0 on padding
            else:
                read = [state[min(number, len(state) - 1)] for state in states]
                known = concatenate([part for one in read for name, part in one._asdict().items() if name in STARTED])
            fields = {
                name: self._started(f"start.{name}_l{number}", known, part) for name, part in layer._asdict().items()
            }
            started.append(type(layer)(**fields))
        return tuple(started)

    def _said_at_first(self, top: Any) -> Array:
        """The h of the top layer, if its output is one; otherwise zeros."""
        rows, width = top[0].shape[0], self.layers[-1].hidden_size
        h = getattr(top, "h", None)
        return h if h is not None and h.shape[1] == width else zeros((rows, width), top[0])

    def _started(self, name: str, known: Array, otherwise: Array) -> Array:
        weight = self.parameters.get(f"{name}.weight")
        return otherwise if weight is None else tanh(linear(known, weight, self.parameters[f"{name}.bias"]))

    @cached_property
    def _taken(self) -> tuple[bool, ...]:
        """Whether each layer that writes starts with the state of the one that reads."""
        return tuple(takes_state(self.settings, number) for number in range(len(self.layers)))

    @cached_property
    def _from_mean(self) -> bool:
        return starts_from_mean(self.settings)

    @property
    def _connections(self) -> Connections:
        return Connections(self.settings.residual)

    @cached_property
    def _writing(self) -> list[Weights]:
        return [weights_of_layer(self.parameters, number) for number in range(len(self.layers))]

    @cached_property
    def _reading(self) -> dict[str, list[Weights]]:
        parts = {part: part_of(self.parameters, part) for part in encoder_parts(self.settings)}
        return {
            part: [weights_of_layer(own, number) for number in range(len(self.readers))] for part, own in parts.items()
        }

    @cached_property
    def _attention(self) -> Weights:
        return part_of(self.parameters, "attention")

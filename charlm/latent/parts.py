"""The parts that the networks of a latent model are made of: their weights by name, and what they compute.

Each part knows the shapes of its weights and their initial values. Knows no model. Shape letters: T time, B rows, I
input, H hidden, O output, E embedding, V symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from charlm.cells.arrays import Array, linear, tanh, zeros
from charlm.cells.initial import uniform
from charlm.config.settings import ModelSettings
from charlm.model.parameters import Shapes, initial_stack, stack_shapes, weights_of_layer
from charlm.model.stack import Connections, Layer, Recurrence, build_layers, run_stack
from charlm.model.state import State, fresh_state
from charlm.model.stepping import DefinitionLayer

Parameters = Mapping[str, Array]
Step = Callable[[Array, State], tuple[Array, State]]  # (B, I) and a state -> the output (B, H) and the new state
SMALL = 0.01  # of the weights that describe a normal: at first it is nearly N(0, 1), so q = p and no KL is paid


class Part(Protocol):
    """Weights with names, and how they begin."""

    def shapes(self) -> Shapes: ...

    def initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]: ...


@dataclass(frozen=True)
class Table:
    """A vector (E,) for each symbol."""

    name: str
    rows: int
    width: int

    def shapes(self) -> Shapes:
        return {f"{self.name}.weight": (self.rows, self.width)}

    def initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in self.shapes().items()}


@dataclass(frozen=True)
class Affine:
    """W x + b: (..., I) -> (..., O). `scale` multiplies the initial W."""

    name: str
    inputs: int
    outputs: int
    scale: float = 1.0

    def shapes(self) -> Shapes:
        return {f"{self.name}.weight": (self.outputs, self.inputs), f"{self.name}.bias": (self.outputs,)}

    def initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        weight = uniform(rng, (self.outputs, self.inputs), self.inputs) * np.float32(self.scale)
        return {f"{self.name}.weight": weight, f"{self.name}.bias": np.zeros(self.outputs, np.float32)}

    def __call__(self, parameters: Parameters, x: Array) -> Array:
        return linear(x, parameters[f"{self.name}.weight"], parameters[f"{self.name}.bias"])


@dataclass(frozen=True)
class Bias:
    """A vector (O,) that is added."""

    name: str
    outputs: int

    def shapes(self) -> Shapes:
        return {f"{self.name}.bias": (self.outputs,)}

    def initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {f"{self.name}.bias": np.zeros(self.outputs, np.float32)}


@dataclass(frozen=True)
class Hidden:
    """One hidden layer: W_out tanh(W x + b) + b_out, (..., I) -> (..., O)."""

    name: str
    inputs: int
    hidden: int
    outputs: int
    scale: float = 1.0

    @property
    def _layers(self) -> tuple[Affine, Affine]:
        return (
            Affine(f"{self.name}.hidden", self.inputs, self.hidden),
            Affine(f"{self.name}.out", self.hidden, self.outputs, self.scale),
        )

    def shapes(self) -> Shapes:
        hidden, out = self._layers
        return hidden.shapes() | out.shapes()

    def initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        hidden, out = self._layers
        return hidden.initial(rng) | out.initial(rng)

    def __call__(self, parameters: Parameters, x: Array) -> Array:
        hidden, out = self._layers
        return out(parameters, tanh(hidden(parameters, x)))


@dataclass(frozen=True)
class Stack:
    """Recurrent layers, named as in torch: NAME.weight_ih_l0."""

    name: str
    layers: tuple[Layer, ...]
    residual: bool = False

    @property
    def width(self) -> int:
        """H of the top layer."""
        return self.layers[-1].hidden_size

    def shapes(self) -> Shapes:
        return stack_shapes(self.layers, self.name)

    def initial(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return initial_stack(rng, self.layers, self.name)

    def fresh(self, parameters: Parameters, rows: int) -> State:
        """The state before the first symbol."""
        return fresh_state(self.layers, (), 0, rows, like=parameters["head.bias"])

    def run(
        self,
        parameters: Parameters,
        x: Array,
        state: State,
        recurrence: Recurrence,
        dropout: Callable[[Array], Array],
    ) -> Array:
        """Inputs (T, B, I) and the state before them -> outputs (T, B, H), by whole windows."""
        weights = self._weights(parameters)

        def run_layer(number: int, x: Any, layer_state: Any, below: Any) -> Any:
            return recurrence(self.layers[number], weights[number], x, layer_state, below)

        return run_stack(self.layers, Connections(self.residual), x, state, run_layer, dropout)[0]

    def stepper(self, parameters: Parameters, dropout: Callable[[Array], Array]) -> Step:
        """A function of one time step, for as long as the parameters stay as they are."""
        steps = [
            DefinitionLayer(layer.cell, weights, None)
            for layer, weights in zip(self.layers, self._weights(parameters), strict=True)
        ]

        def step_layer(number: int, x: Any, layer_state: Any, below: Any) -> Any:
            return steps[number].step(x, layer_state, below)

        def step(x: Array, state: State) -> tuple[Array, State]:
            output, after = run_stack(self.layers, Connections(self.residual), x, state, step_layer, dropout)
            return output, tuple(after)

        return step

    def _weights(self, parameters: Parameters) -> list[dict[str, Array]]:
        return [weights_of_layer(parameters, number, self.name) for number in range(len(self.layers))]


def stack_of(name: str, settings: ModelSettings, inputs: int) -> Stack:
    """The layers of the settings, with a lowest one that reads vectors of this width."""
    return Stack(name, build_layers(settings.model_copy(update={"embedding_dim": inputs})), settings.residual)


def guesser_of(name: str, settings: ModelSettings, inputs: int) -> Stack:
    """One layer of the lowest cell of the settings, to read a line and guess its latents."""
    lowest = settings.stack()[0]
    update: dict[str, object] = {
        "cell": lowest.cell,
        "cell_options": lowest.cell_options,
        "layers": None,
        "num_layers": 1,
    }
    update |= {"hidden_size": settings.encoder_width, "residual": False}
    return stack_of(name, settings.model_copy(update=update), inputs)


def shapes_of(parts: Sequence[Part]) -> Shapes:
    """The shape of each weight of the parts, by name."""
    return {name: shape for part in parts for name, shape in part.shapes().items()}


def initial_of(parts: Sequence[Part], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Initial weights of the parts, float32."""
    return {name: value for part in parts for name, value in part.initial(rng).items()}


def repeated(x: Array, steps: int) -> Array:
    """(B, I) as (T, B, I): the same at each step."""
    return x[None] + zeros((steps, 1, 1), x)

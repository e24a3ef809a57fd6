"""The state dict of an embedding, nn.LSTM, nn.GRU or nn.RNN, and a linear layer, as a model of charlm. Knows no file.

Modules may have any names: `weight_ih_l0` says which one is recurrent, and its shapes say which cell. Without an
embedding the recurrent module read one-hot vectors; its embedding is then the identity.

Shape letters: V symbols, E embedding, H hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from charlm.config.settings import ModelSettings

NAME = re.compile(r"(?P<prefix>.*?)(?P<kind>weight_ih|weight_hh|bias_ih|bias_hh)_l(?P<layer>\d{1,3})")
CELLS = {4: "lstm", 3: "gru", 1: "rnn"}  # by the number of blocks of H rows
OUTPUT = ("head", "out", "fc", "decoder", "linear", "proj")  # in the names of output layers
RELU = "whether torch.nn.RNN had tanh or relu cannot be seen from its weights: it is taken for tanh"


@dataclass(frozen=True, eq=False)
class TorchStack:
    """`parameters` are by charlm's names."""

    model: ModelSettings
    parameters: dict[str, np.ndarray]
    notes: tuple[str, ...]


def torch_stack(weights: Mapping[str, np.ndarray], symbols: int) -> TorchStack:
    """The model of a state dict. Raises ValueError, which says what does not fit."""
    recurrent, others = _parted(weights)
    first, hidden = recurrent["weight_ih_l0"], recurrent["weight_hh_l0"]
    if hidden.ndim != 2 or first.ndim != 2 or hidden.shape[0] % hidden.shape[1]:
        raise ValueError(f"weight_hh_l0 has the shape {hidden.shape}, which is no whole number of square blocks")
    blocks, layers = hidden.shape[0] // hidden.shape[1], len({name.rpartition("_l")[2] for name in recurrent})
    if blocks not in CELLS:
        raise ValueError(f"a cell with {blocks} blocks of recurrent weights is no LSTM (4), GRU (3) or RNN (1)")
    H, E = hidden.shape[1], first.shape[1]
    matrix, bias, rest = _head(others, symbols, H)
    embedding, notes = _embedding(rest, symbols, E)
    parameters = {"embedding.weight": embedding}
    parameters |= {f"recurrent.{name}": value for name, value in recurrent.items()}
    for layer in range(layers):
        for kind in ("bias_ih", "bias_hh"):  # a module may have been built without biases
            parameters.setdefault(f"recurrent.{kind}_l{layer}", np.zeros(blocks * H, np.float32))
    parameters |= {"head.weight": matrix, "head.bias": bias}
    model = ModelSettings(cell=CELLS[blocks], hidden_size=H, num_layers=layers, embedding_dim=E)
    return TorchStack(model, parameters, (*notes, *((RELU,) if blocks == 1 else ())))


def _parted(weights: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The recurrent weights without the name of their module, and all others."""
    recurrent: dict[str, np.ndarray] = {}
    others: dict[str, np.ndarray] = {}
    prefixes: set[str] = set()
    for name, value in weights.items():
        if match := NAME.fullmatch(name):
            prefixes.add(match["prefix"])
            recurrent[f"{match['kind']}_l{match['layer']}"] = value
        else:
            others[name] = value
    if unfit := next((name for name in others if "_reverse" in name or "weight_hr" in name), None):
        raise ValueError(f"{unfit}: a model that reads backwards, or projects its output, has no counterpart")
    if not {"weight_ih_l0", "weight_hh_l0"} <= set(recurrent):
        raise ValueError("there is no weight_ih_l0 with its weight_hh_l0, as torch.nn.LSTM, GRU and RNN have them")
    if len(prefixes) > 1:
        raise ValueError(f"there are {len(prefixes)} recurrent modules: {', '.join(sorted(prefixes))}")
    return recurrent, others


def _head(
    others: Mapping[str, np.ndarray], symbols: int, hidden: int
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """The matrix (V, H) and the bias of the output layer, and what is left."""
    for name, value in others.items():
        if value.shape == (symbols,) and name.endswith("bias"):
            matrix = name.removesuffix("bias") + "weight"
            if matrix in others and others[matrix].shape == (symbols, hidden):
                rest = {key: kept for key, kept in others.items() if key not in (name, matrix)}
                return others[matrix], value, rest
    fitting = [name for name, value in others.items() if value.shape == (symbols, hidden)]
    if len(fitting) > 1:  # without a bias, the name alone tells the output layer from an embedding as wide
        fitting = [name for name in fitting if any(word in name.lower() for word in OUTPUT)]
    if len(fitting) == 1:
        rest = {key: kept for key, kept in others.items() if key != fitting[0]}
        return others[fitting[0]], np.zeros(symbols, np.float32), rest
    raise ValueError(f"there is no output layer with a weight ({symbols}, {hidden}) and a bias ({symbols},)")


def _embedding(rest: Mapping[str, np.ndarray], symbols: int, width: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """The embedding (V, E), and what is said of it."""
    if not rest and width == symbols:
        return np.eye(symbols, dtype=np.float32), ("the model reads one-hot vectors: its embedding is the identity",)
    found = [name for name, value in rest.items() if value.shape == (symbols, width)]
    if len(found) != 1:
        raise ValueError(f"there is no embedding ({symbols}, {width}) among {', '.join(rest) or 'the other weights'}")
    if more := [name for name in rest if name not in found]:
        raise ValueError(f"{', '.join(more)} belongs to no embedding, recurrent module or output layer")
    return rest[found[0]], ()

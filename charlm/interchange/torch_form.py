"""A model as the state dict of torch's own modules: an embedding, nn.LSTM, nn.GRU or nn.RNN, and a linear layer.

Knows no file. Shape letters: V symbols, E embedding, H hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.errors import UsageError
from charlm.model.language_model import LanguageModel

MODULES = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNN"}
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
REMEDY = "`charlm export onnx` takes every model whose cells are made of plain operations."

EXAMPLE = """\
import json

import torch
from safetensors.torch import load_file


class Model(torch.nn.Module):
    def __init__(self, symbols={symbols}, embedding={embedding}, hidden={hidden}, layers={layers}):
        super().__init__()
        self.embedding = torch.nn.Embedding(symbols, embedding)
        self.recurrent = torch.nn.{module}(embedding, hidden, layers)  # time comes first: (T, B)
        self.head = torch.nn.Linear(hidden, symbols)

    def forward(self, ids, state=None):
        outputs, state = self.recurrent(self.embedding(ids), state)
        return self.head(outputs), state


if __name__ == "__main__":
    model, symbols = Model(), json.load(open("vocabulary.json", encoding="utf-8"))["symbols"]
    model.load_state_dict(load_file("model.safetensors"))
    ids, state = torch.tensor([[{first}]]), None
    for _ in range(200):
        with torch.no_grad():
            logits, state = model(ids, state)
        ids = torch.multinomial(logits[-1].softmax(-1), 1)
        print(symbols[int(ids)], end="")
    print()
"""


@dataclass(frozen=True, eq=False)
class TorchForm:
    """`arrays` are by the names of the state dict, float32; `example` is a program that loads and samples it."""

    module: str
    arrays: dict[str, np.ndarray]
    example: str


def torch_form(model: LanguageModel, first: int) -> TorchForm:
    """The model for torch's modules; the example begins with the symbol of id `first`.

    Raises UsageError if no module of torch computes this stack.
    """
    settings, layers = model.settings, model.layers
    kernels = {layer.cell.torch_kernel for layer in layers}
    kernel = kernels.pop() if len(kernels) == 1 else None
    if kernel is None:
        names = ", ".join(dict.fromkeys(type(layer.cell).__name__ for layer in layers))
        raise UsageError("torch has no module that computes this stack", f"its cells: {names}", REMEDY)
    lacks = [
        (settings.residual, "residual connections"),
        (settings.attention.window, "attention"),
        (settings.block.there, "block around its cells (model.block)"),
        (len({layer.hidden_size for layer in layers}) > 1, "layers of different widths"),
    ]
    if problem := next((what for has, what in lacks if has), None):
        raise UsageError(f"torch.nn.{MODULES[kernel]} has no {problem}", "the stack of the model", REMEDY)
    arrays = {"embedding.weight": model.parameters["embedding.weight"]}
    for number, (layer, weights) in enumerate(zip(layers, model.layer_weights, strict=True)):
        given = layer.cell.kernel_weights(layer.cell.step_weights(weights))
        arrays |= {f"recurrent.{name}_l{number}": np.asarray(given[name]) for name in NAMES}
    matrix, bias = model.head
    arrays |= {"head.weight": np.array(matrix), "head.bias": bias}
    width = layers[0]
    example = EXAMPLE.format(
        symbols=model.vocab_size,
        embedding=width.input_size,
        hidden=width.hidden_size,
        layers=len(layers),
        module=MODULES[kernel],
        first=first,
    )
    return TorchForm(MODULES[kernel], arrays, example)

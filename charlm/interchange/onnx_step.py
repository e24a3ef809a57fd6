"""A model as an ONNX graph of one step: ids and states in, logits and states out. Needs the extra `onnx`.

The graph is exported by torch from the definitions of the cells, so every cell of plain operations has one. Each part
of the state is an input and an output of its own: `h_1_after` is `h_1` of the next step; before the first are zeros.

Shape letters: B rows, any number of them; V symbols.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.errors import UsageError
from charlm.model.language_model import LanguageModel
from charlm.model.state import State
from charlm.version import install_extra

if TYPE_CHECKING:
    from torch import Tensor

IDS, LOGITS, AFTER = "ids", "logits", "_after"
TOLERANCE = 1e-4  # between logits of the graph and of the model: float32, in another order of sums
CHECKED = (1, 3), (7, 1), (20, 4)  # steps and rows


def state_names(state: State) -> list[str]:
    """The names of the parts of a state, in order: part and layer, the lowest being 1. Attention's is the last."""
    return [f"{part}_{number}" for number, layer in enumerate(state, 1) for part in layer._fields]


def onnx_step(model: LanguageModel) -> bytes:
    """The graph as a file. The model has arrays of numpy.

    Raises UsageError if the extra is not installed, or if an operation of a cell has no counterpart in ONNX.
    """
    try:
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise _missing(error) from None
    import torch

    parameters = {name: torch.tensor(value) for name, value in model.parameters.items()}
    held = LanguageModel(model.settings, parameters)
    fresh = held.fresh_state(2)
    names = state_names(fresh)

    class Step(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = torch.nn.ParameterList(parameters.values())

        def forward(self, ids: Tensor, *parts: Tensor) -> tuple[Tensor, ...]:
            weights = dict(zip(parameters, self.weights, strict=True))
            given = iter(parts)
            state = tuple(type(layer)(*(next(given) for _ in layer)) for layer in fresh)
            logits, after = LanguageModel(model.settings, weights).forward(ids[None], state)
            return (logits[0], *(part for layer in after for part in layer))

    parts = tuple(part for layer in fresh for part in layer)
    rows = torch.export.Dim("rows", min=1)
    try:
        with _quietly():
            program = torch.onnx.export(
                Step().eval(),
                (torch.zeros(2, dtype=torch.int64), *parts),
                input_names=[IDS, *names],
                output_names=[LOGITS, *(name + AFTER for name in names)],
                dynamic_shapes=({0: rows}, tuple({0: rows} for _ in parts)),
                dynamo=True,
                verbose=False,
            )
            assert program is not None
            return bytes(program.model_proto.SerializeToString())
    except (RuntimeError, TypeError, NotImplementedError, AssertionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(
            f"The model cannot be written as ONNX: {reason}",
            ", ".join(dict.fromkeys(type(layer.cell).__name__ for layer in model.layers)),
            "`charlm export torch` and `charlm export html` may take it.",
        ) from error


def largest_difference(model: LanguageModel, content: bytes, seed: int = 0) -> float:
    """How far the graph's logits are from the model's, at most, in several lengths and numbers of rows.

    Raises UsageError if onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise _missing(error) from None
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(seed)
    found = 0.0
    for steps, rows in CHECKED:
        ids = rng.integers(0, model.vocab_size, (steps, rows))
        state = model.fresh_state(rows)
        names = state_names(state)
        parts: list[Any] = [np.asarray(part, np.float32) for layer in state for part in layer]
        wanted, _ = model.forward(ids, state)
        for now, right in zip(ids, wanted, strict=True):
            logits, *parts = session.run(None, {IDS: now, **dict(zip(names, parts, strict=True))})
            found = max(found, float(np.abs(logits - right).max()))
    return found


def _missing(error: ImportError) -> UsageError:
    return UsageError(f"{error.name} is not installed", "export onnx", install_extra("onnx"))


@contextmanager
def _quietly() -> Iterator[None]:
    """torch's exporter warns of what does not concern this graph, and logs."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)

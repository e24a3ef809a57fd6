"""A folder with weights and a vocabulary as a model of charlm: its own hub folders, and models of torch's modules.

Weights are read from safetensors only: a pickled file runs code when it is opened. Knows no run.
Shape letters: V symbols, E embedding, H hidden.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as from_safetensors

from charlm.cells.stacks import stack_problems
from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings, Settings, TextSettings
from charlm.errors import CheckpointError
from charlm.interchange.hub import MODEL_TYPE
from charlm.interchange.torch_weights import torch_stack
from charlm.interchange.vocabulary_file import read_symbols
from charlm.model.parameters import parameter_shapes
from charlm.text.vocabulary import Vocabulary

LARGEST = 4 * 2**30  # bytes of weights
REMEDY = "The folder needs model.safetensors and vocabulary.json; docs/interchange.md says what may be in them."
CUT = re.compile(r"[\r\n]+")


@dataclass(frozen=True, eq=False)
class Imported:
    """What a run needs: settings of the model and of texts for it, weights by charlm's names, symbols in its order."""

    model: ModelSettings
    text: TextSettings
    vocabulary: Vocabulary
    parameters: dict[str, np.ndarray]
    step: int
    notes: tuple[str, ...]


def read_folder(folder: Path) -> Imported:
    """The model of a folder. Raises CheckpointError, which says what does not fit, if it is none."""
    weights = _weights(folder / "model.safetensors")
    symbols, unit = read_symbols(_content(folder / "vocabulary.json", LARGEST), str(folder / "vocabulary.json"))
    origin = f"imported:{folder.resolve().name}"  # the name of no file: the text is not known
    path = folder / "config.json"
    config = _config(path) if path.exists() else {}
    try:
        vocabulary = Vocabulary(tuple(sorted(symbols)), unit)
        order = [symbols.index(symbol) for symbol in vocabulary.symbols]
        if config.get("model_type") == MODEL_TYPE:
            model = ModelSettings.model_validate(config["model"])
            text = TextSettings.model_validate({**config["text"], "sources": [origin]})
            parameters, step = weights, int(config.get("step", 0))
            notes: tuple[str, ...] = ()
        else:
            found = torch_stack(weights, len(symbols))
            model, parameters, notes, step = found.model, found.parameters, found.notes, 0
            text = TextSettings(sources=(origin,), unit=unit)
        if own := next((layer.cell for layer in model.stack() if layer.cell not in CELLS), None):
            raise ValueError(f"its cell {own!r} is not one of charlm's")  # a file with code is never run from here
        if problems := stack_problems(Settings(text=text, model=model)):
            raise ValueError("; ".join(problem.what for problem in problems))
        _require_shapes(parameters, parameter_shapes(model, len(symbols)))
    except (ValueError, KeyError, TypeError) as error:
        _refuse(f"The model cannot be imported: {_first_line(error)}", folder)
    for name in ("embedding.weight", "head.weight", "head.bias"):
        if name in parameters:
            parameters[name] = np.ascontiguousarray(parameters[name][order])
    return Imported(model, text, vocabulary, parameters, step, notes)


def _weights(path: Path) -> dict[str, np.ndarray]:
    """float32 arrays by name."""
    content = _content(path, LARGEST)
    try:
        arrays = from_safetensors(content)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError) as error:
        _refuse(f"{path.name} is no safetensors file that can be read: {_first_line(error)}", path.parent)
    for name, value in arrays.items():
        if value.dtype.kind != "f" or not np.isfinite(value).all():
            _refuse(
                f"{name} has numbers that are not finite, or no floating-point numbers ({value.dtype})", path.parent
            )
    return {name: value.astype(np.float32) for name, value in arrays.items()}


def _content(path: Path, limit: int) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > limit:
            _refuse(f"{path.name} has more than {limit:,} bytes", path.parent)
        return path.read_bytes()
    except OSError as error:
        _refuse(f"{path.name} cannot be read: {error.strerror}", path.parent)


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(_content(path, 2**20))
    except (ValueError, RecursionError) as error:
        _refuse(f"config.json is not JSON: {_first_line(error)}", path.parent)
    return config if isinstance(config, dict) else {}


def _require_shapes(parameters: Mapping[str, np.ndarray], wanted: Mapping[str, tuple[int, ...]]) -> None:
    found = {name: value.shape for name, value in parameters.items()}
    if found == dict(wanted):
        return
    for name, shape in wanted.items():
        if name not in found:
            raise ValueError(f"{name} {shape} is missing")
        if found[name] != shape:
            raise ValueError(f"{name} has the shape {found[name]}, and not {shape}")
    raise ValueError(f"{', '.join(sorted(set(found) - set(wanted)))} belongs to no part of the model")


def _first_line(error: Exception) -> str:
    return CUT.split(str(error).strip())[0][:300] or type(error).__name__


def _refuse(what: str, folder: Path) -> NoReturn:
    raise CheckpointError(what, str(folder), REMEDY) from None

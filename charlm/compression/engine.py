"""Which arithmetic computes the probabilities: the engine, the level of its kernels, and checksums. Knows no file.

The file that one engine wrote can only be decoded by one that computes the same to the last bit. What the engine is
called says why it may not; whether it does, a checksum of the first probabilities says.
"""

from __future__ import annotations

import hashlib
import json
from typing import Literal

import numpy as np

from charlm.compression.forecasting import Forecasting
from charlm.compression.learning import Learning
from charlm.compression.portable import PortableStepper
from charlm.engines.choosing import stepper
from charlm.kernels.choosing import choice
from charlm.model.language_model import LanguageModel
from charlm.model.stepping import DefinitionStepper, Stepper
from charlm.text.vocabulary import Vocabulary

Name = Literal["portable", "definition", "stream kernels"]
ENGINES: tuple[Name, ...] = ("portable", "definition", "stream kernels")  # by their number in a file; only appended to
LEVELS = ("", "baseline", "avx2", "avx512", "avx512_bf16", "neon", "neon_bf16", "amx_bf16")  # in the same way
PROBED = 4096  # probabilities whose checksum is taken ...
LEAST_STEPS, MOST_STEPS = 64, 512  # ... and bounds of the steps that give them
LEARNED = 150  # steps of a model that adapts: it learns three times in them


def build_stepper(model: LanguageModel, portable: bool) -> Stepper:
    """The stepper that codes with this model of numpy arrays; portable: the same on every machine."""
    return PortableStepper(model) if portable else stepper(model)


def engine_number(used: Stepper) -> int:
    """Engine and level in one number, for the file."""
    if isinstance(used, PortableStepper):
        return 0
    if type(used) is DefinitionStepper:
        return ENGINES.index("definition") << 4
    level = choice().level
    return ENGINES.index("stream kernels") << 4 | (LEVELS.index(level.name) if level else 0)


def is_portable(number: int) -> bool:
    return number == 0


def engine_name(number: int) -> str:
    """What that number says, for a person."""
    engine, level = divmod(number, 16)
    if engine >= len(ENGINES) or level >= len(LEVELS):
        return f"an engine that this charlm does not know ({number})"
    return f"{ENGINES[engine]} of level {LEVELS[level]}" if level else ENGINES[engine]


def level_of(number: int) -> str | None:
    """The value of CHARLM_KERNELS that calls for the level of that number; None if no value does."""
    engine, level = divmod(number, 16)
    if engine >= len(ENGINES) or level >= len(LEVELS) or ENGINES[engine] == "portable":
        return None
    return LEVELS[level] or "0"


def model_checksum(model: LanguageModel, vocabulary: Vocabulary, record_end: int | None) -> bytes:
    """A sha256 over all that decides about the probabilities but the engine."""
    digest = hashlib.sha256()
    about = [model.settings.model_dump(mode="json"), vocabulary.fingerprint, record_end]
    digest.update(json.dumps(about, sort_keys=True).encode())
    for name in sorted(model.parameters):
        value = np.ascontiguousarray(model.parameters[name], "<f4")
        digest.update(f"\n{name} {value.shape}\n".encode())
        digest.update(value.tobytes())
    return digest.digest()


def first_checksum(forecasting: Forecasting, steps: int = 0) -> bytes:
    """A sha256 over the first probabilities of one row that reads the symbols of the vocabulary in turn."""
    forecast, symbols = forecasting.begin(1), forecasting.symbols
    found = []
    for step in range(max(steps, min(MOST_STEPS, max(LEAST_STEPS, -(-PROBED // symbols))))):
        forecast.advance(np.array([step % symbols]))
        found.append(forecast.probabilities)
    return hashlib.sha256(np.concatenate(found, axis=1).astype("<f8").tobytes()).digest()


def learning_checksum(forecasting: Forecasting, learning: Learning) -> bytes:
    """The same for what learns, which must be new; over the version of torch too, if that computes what is learned."""
    if learning.rate is None:
        return first_checksum(forecasting)
    first = first_checksum(forecasting, LEARNED)
    return hashlib.sha256(first + torch_version().encode()).digest()


def torch_version() -> str:
    import torch

    return str(torch.__version__)

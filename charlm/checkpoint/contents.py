"""What a checkpoint is, and how its description is written as JSON. Knows no files.

checkpoint.json holds a `body` and the sha256 of the body's canonical form, so that a flipped bit in it is found; the
body holds the size and sha256 of every other file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from charlm.checkpoint.bounded_json import parse_bounded_json
from charlm.config.settings import Settings
from charlm.errors import IntegrityError
from charlm.model.language_model import LanguageModel
from charlm.runs.folder import DESCRIPTION
from charlm.text.vocabulary import Vocabulary

FORMAT = 1


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Scores(Strict):
    """What is known of the model's quality: mean nats per character, None where it was not measured."""

    train_nats: float | None = None
    valid_nats: float | None = None  # at the newest validation, which may have been some steps before


class FileRecord(Strict):
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"[0-9a-f]{64}")


class TextIdentity(Strict):
    """Which text the model was trained on; the text itself may be gone."""

    name: str
    sha256: str
    characters: int


class Description(Strict):
    """Everything in checkpoint.json, but for its checksum."""

    format: int = Field(ge=FORMAT, le=FORMAT)
    charlm: str
    step: int = Field(ge=0)
    settings: Settings
    vocabulary: dict[str, Any]
    text: TextIdentity
    scores: Scores
    training: dict[str, Any]  # where training stands; empty in a checkpoint that is only for use
    files: dict[str, FileRecord]


@dataclass(frozen=True)
class Checkpoint:
    """A model as it stood after `step` updates. `parameters` are float32 arrays by name (see model.parameters)."""

    folder: Path
    step: int
    settings: Settings
    vocabulary: Vocabulary
    text: TextIdentity
    scores: Scores
    training: Mapping[str, Any]
    parameters: Mapping[str, np.ndarray]

    @property
    def run_name(self) -> str:
        """The run's name: that of the folder which holds step-N; of a checkpoint on its own, its folder's."""
        folder = self.folder.resolve()
        return folder.parent.name if folder.name.startswith("step-") else folder.name

    @cached_property
    def model(self) -> LanguageModel:
        return LanguageModel(self.settings.model, self.parameters)


def _checksum(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _written(outer: Any) -> bytes:
    return json.dumps(outer, indent=1).encode()


def encode_description(body: Description) -> bytes:
    plain = body.model_dump(mode="json")
    return _written({"sha256": _checksum(plain), "body": plain})


def decode_description(content: bytes, where: str) -> Description:
    """Raises IntegrityError where the description is not what was written."""
    try:
        outer = parse_bounded_json(content)
        body, checksum = outer["body"], outer["sha256"]
        if set(outer) != {"body", "sha256"} or _checksum(body) != checksum:
            raise ValueError("its checksum does not match")
        if _written(outer) != content:  # JSON can say the same in other bytes: \u00e9 is \u00E9
            raise ValueError("it was written in another way")
        return Description.model_validate(body)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise IntegrityError(
            f"{DESCRIPTION} is not as charlm wrote it: {reason}",
            where,
            "Use another checkpoint of the run (`charlm runs show` lists them), or train again.",
        ) from error

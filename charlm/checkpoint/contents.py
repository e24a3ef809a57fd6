"""The parts of a checkpoint, and its description as JSON. Reads and writes no files.

checkpoint.json holds a `body` and the sha256 of the body's canonical form, so that a flipped bit is detected. The body
holds the size and sha256 of every other file.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from charlm.checkpoint.bounded_json import parse_bounded_json
from charlm.config.history import older_values
from charlm.config.settings import Settings
from charlm.errors import IntegrityError, UsageError
from charlm.model.language_model import LanguageModel
from charlm.runs.folder import DESCRIPTION
from charlm.text.records.answers import Scored, scored_part
from charlm.text.records.record_lanes import record_end_id
from charlm.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from charlm.latent.model import LatentModel
    from charlm.pairs.model import PairModel

FORMAT = 1


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Scores(Strict):
    """Scores of the model in mean nats per character; None if not measured."""

    train_nats: float | None = None
    valid_nats: float | None = None  # at the latest validation, which may be some steps before this one


class FileRecord(Strict):
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"[0-9a-f]{64}")


class TextIdentity(Strict):
    """Identifies the text that the model was trained on; the text itself may be gone."""

    name: str
    sha256: str
    characters: int
    labels: tuple[str, ...] = Field(default=(), strict=False)  # of records (text.label), the most frequent first
    longest_source: int | None = None  # characters of the longest source of train, in a text of pairs


class Description(Strict):
    """The body of checkpoint.json."""

    format: int = Field(ge=FORMAT, le=FORMAT)
    charlm: str
    step: int = Field(ge=0)
    settings: Settings
    vocabulary: dict[str, Any]
    text: TextIdentity
    scores: Scores
    training: dict[str, Any]  # the progress of the training; empty in a checkpoint that cannot be resumed
    files: dict[str, FileRecord]

    @field_validator("settings", mode="before")
    @classmethod
    def _of_its_time(cls, given: Any) -> Any:
        """The settings of an older charlm, with the values that mean what it did."""
        text = given.get("text") if isinstance(given, dict) else None
        return {**given, "text": {**older_values("text"), **text}} if isinstance(text, dict) else given


@dataclass(frozen=True)
class Checkpoint:
    """A model after `step` updates. `parameters` are float32 arrays by name (model/parameters.py)."""

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
        """The name of the folder that holds step-N; of a checkpoint outside of a run, the name of its own folder."""
        folder = self.folder.resolve()
        return folder.parent.name if folder.name.startswith("step-") else folder.name

    @property
    def parameter_count(self) -> int:
        """The number of learned values."""
        return sum(value.size for value in self.parameters.values())

    @property
    def latent_kind(self) -> str | None:
        """The kind of its latent variables; None for another model."""
        return self.settings.model.latent.kind

    @property
    def pair_kind(self) -> str | None:
        """The kind of a model of pairs; None for another model."""
        return self.settings.model.pairs.kind

    @cached_property
    def model(self) -> LanguageModel:
        """The language model. Raises UsageError for another one: it has only a bound, or needs a source."""
        require_language_model(self)
        return LanguageModel(self.settings.model, self.parameters)

    @cached_property
    def latent_model(self) -> LatentModel:
        """The model with latent variables. Raises UsageError for one that has none."""
        if self.latent_kind is None:
            require_language_model(self)
            raise no_latents(self.run_name)
        from charlm.latent.table import latent_model

        return latent_model(self.settings.model, self.parameters)

    @cached_property
    def pair_model(self) -> PairModel:
        """The model of pairs. Raises UsageError for another one, which converts nothing."""
        if self.pair_kind is None:
            raise converts_nothing(self.run_name)
        from charlm.pairs.model import PairModel

        return PairModel(self.settings.model, self.parameters)

    @cached_property
    def record_end(self) -> int | None:
        """The id that ends a record, in a model of records."""
        return record_end_id(self.settings.text, self.vocabulary)

    @cached_property
    def scored(self) -> Scored:
        """What of a record counts in the scores of the model."""
        return scored_part(self.settings.text, self.vocabulary)

    @cached_property
    def writer(self) -> LanguageModel:
        """The model to sample from: it never writes the unknown symbol."""
        return self.model.without_writing(self.vocabulary.unknown_id)


def require_language_model(checkpoint: Checkpoint) -> None:
    """Raise UsageError, with the right commands, if the model is no language model."""
    if checkpoint.latent_kind is not None:
        raise no_exact_score(checkpoint.run_name, checkpoint.latent_kind)
    if checkpoint.pair_kind is not None:
        raise needs_a_source(checkpoint.run_name, checkpoint.pair_kind)


def needs_a_source(run: str, kind: str) -> UsageError:
    """The error for what is about a text alone, of a model of pairs."""
    name = shlex.quote(run)
    return UsageError(
        f"{run} writes targets for sources (pairs, {kind}): it is no language model, which this needs",
        f"run {run}",
        f"Convert sources, one a line: charlm convert {name} < sources.txt\nIts scores: charlm eval pairs {name}",
    )


def converts_nothing(run: str) -> UsageError:
    """The error for what is about pairs, of another model."""
    name = shlex.quote(run)
    return UsageError(
        f"{run} was not trained on pairs, and converts nothing",
        f"run {run}",
        f"Sample from it: charlm sample {name}\n"
        "Train on lines of a source, a tab and a target: charlm train pairs.tsv --pairs",
    )


def no_exact_score(run: str, kind: str) -> UsageError:
    """The error for what needs the exact probability of each next character, of a model that has only a bound."""
    name = shlex.quote(run)
    return UsageError(
        f"{run} has latent variables ({kind}): the probability of a character can only be bounded, and this needs it",
        f"run {run}",
        f"Its bound: charlm eval bound {name}\nLines that it writes: charlm sample {name} --count 10",
    )


def no_latents(run: str) -> UsageError:
    """The error for what is about latent variables, of a model that has none."""
    name = shlex.quote(run)
    return UsageError(
        f"{run} has no latent variables",
        f"run {run}",
        f"Its score is exact: charlm eval perplexity {name}\n"
        "To train one that has them: charlm train names.txt --latent line",
    )


def _checksum(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _to_bytes(outer: Any) -> bytes:
    return json.dumps(outer, indent=1).encode()


def encode_description(body: Description) -> bytes:
    plain = body.model_dump(mode="json")
    return _to_bytes({"sha256": _checksum(plain), "body": plain})


def decode_description(content: bytes, where: str) -> Description:
    """The body of checkpoint.json. Raises IntegrityError if the file is not what was written."""
    try:
        outer = parse_bounded_json(content)
        body, checksum = outer["body"], outer["sha256"]
        if set(outer) != {"body", "sha256"} or _checksum(body) != checksum:
            raise ValueError("its checksum does not match")
        if _to_bytes(outer) != content:  # other bytes can be the same JSON: \u00e9 is \u00E9
            raise ValueError("it is formatted in another way")
        return Description.model_validate(body)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise IntegrityError(
            f"{DESCRIPTION} is not as charlm wrote it: {reason}",
            where,
            "Use another checkpoint of the run (`charlm runs show` lists them), or train again.",
        ) from error

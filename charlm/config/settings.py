"""The settings of a run, typed and frozen. One name each, the same in YAML and after `-s` on the command line.

This file knows what a setting may be; it does not know where its value came from (resolving.py), nor what a cell is:
the names of cells and their options are checked against the table of cells by whoever holds both.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Section(BaseModel):
    """Unknown keys are errors, values never change, numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=False)


DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>s|m|h)")
SECONDS_IN = {"s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(value: Any) -> Any:
    """`90s`, `10m`, `2h` or a bare number of seconds, as seconds."""
    if isinstance(value, str):
        match = DURATION.fullmatch(value.strip())
        if match:
            return float(match["number"]) * SECONDS_IN[match["unit"]]
        try:
            return float(value)
        except ValueError:
            raise ValueError("a duration is written as 90s, 10m or 2h") from None
    return value


Seconds = Annotated[float, BeforeValidator(seconds), Field(gt=0, le=31_536_000)]
Fraction = Annotated[float, Field(ge=0, le=1)]
CellOption = bool | int | float | str


class TextSettings(Section):
    """What is read, and how it is cut."""

    sources: tuple[str, ...] = Field(("python-docs",), min_length=1, description="files, folders, globs, - or corpora")
    encoding: str = Field("utf-8", max_length=40, description="how bytes become characters; errors are never ignored")
    newlines: Literal["unix", "keep"] = Field("unix", description="unix: CRLF and CR become LF, and it is said")
    unit: Literal["character", "byte"] = Field("character", description="what the model reads one of at a time")
    records: bool = Field(False, description="one item a line: the state starts fresh at each, the order is shuffled")
    splits: tuple[Fraction, Fraction, Fraction] = Field(
        (0.9, 0.05, 0.05), description="shares of train, valid and test, contiguous in this order"
    )

    @model_validator(mode="after")
    def _shares_make_one(self) -> TextSettings:
        if abs(sum(self.splits) - 1) > 1e-6 or self.splits[0] == 0:
            raise ValueError("text.splits must add up to 1, with something to train on")
        return self


class ModelSettings(Section):
    """Sizes and shape of the network."""

    cell: str = Field("lstm", max_length=40, description="a name from `charlm cells list`")
    cell_options: dict[str, CellOption] = Field({}, max_length=16, description="options of that cell, as it lists them")
    hidden_size: int = Field(192, ge=1, le=16_384, description="H, units in each layer")
    num_layers: int = Field(2, ge=1, le=64, description="L, layers in the stack")
    embedding_dim: int | None = Field(None, ge=1, le=16_384, description="E, width of a character; none: hidden_size")
    dropout: Fraction = Field(0.0, description="share of inputs dropped between layers and before the head")
    dropout_kind: Literal["standard", "locked"] = Field("standard", description="locked: one mask for the whole window")
    tied: bool = Field(False, description="the head uses the embedding's matrix; needs embedding_dim = hidden_size")

    @model_validator(mode="after")
    def _can_be_tied(self) -> ModelSettings:
        if self.tied and self.embedding_dim not in (None, self.hidden_size):
            raise ValueError("model.tied needs model.embedding_dim to equal model.hidden_size, or to be left out")
        return self


class TrainingSettings(Section):
    """How the weights are found."""

    seed: int = Field(1, ge=0, lt=2**63, description="same seed, same command, same machine: same bits")
    batch_size: int = Field(32, ge=1, le=65_536, description="B, lanes read side by side")
    seq_len: int = Field(64, ge=1, le=65_536, description="T, characters between two updates (truncated BPTT)")
    accumulate: int = Field(1, ge=1, le=4096, description="windows whose gradients make one update")

    steps: int | None = Field(None, ge=1, le=10**9, description="length of the training, in updates ...")
    epochs: float | None = Field(None, gt=0, le=10**6, description="... or in readings of the training text ...")
    budget: Seconds | None = Field(None, description="... or in wall-clock time, validation and samples included")

    optimizer: Literal["adamw", "rmsprop"] = "adamw"
    learning_rate: float = Field(4e-3, gt=0, le=10, description="the peak")
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.9, 0.99)
    rms_decay: float = Field(0.95, ge=0, lt=1, description="smoothing of RMSProp's squared gradients")
    weight_decay: float = Field(0.0, ge=0, le=10, description="on matrices only, never on biases")
    schedule: Literal["cosine", "linear", "step", "constant"] = "cosine"
    warmup: Fraction = Field(0.02, description="share of the training that the learning rate takes to rise")
    final_rate: Fraction = Field(0.0, description="share of the peak that cosine and linear end with")
    decay: float = Field(0.97, gt=0, le=1, description="of the step schedule: factor of the rate, an epoch ...")
    decay_after: float = Field(10, ge=0, le=10**6, description="... after so many epochs")
    clip_norm: float | None = Field(1.0, gt=0, le=10**6, description="bound on the gradient's global norm")
    clip_value: float | None = Field(None, gt=0, le=10**6, description="bound on each element of the gradient")
    average: float = Field(0.0, ge=0, lt=1, description="decay of the running average of the weights; 0: none")

    validations: int = Field(10, ge=1, le=100_000, description="exact scores on the valid split, evenly spaced")
    patience: int | None = Field(None, ge=1, le=100_000, description="stop after so many without a better one")
    save_every: Seconds = Field(120.0, description="wall-clock time between checkpoints, beside those at validations")
    keep: int = Field(2, ge=1, le=100_000, description="newest checkpoints kept; the best one is always kept")
    sample_every: Seconds = Field(10.0, description="wall-clock time between samples shown while training")
    sample_length: int = Field(160, ge=0, le=100_000, description="characters in each; 0: none")

    device: str = Field("auto", pattern=r"auto|cpu|mps|cuda(:\d+)?", description="where the arithmetic is done")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field("auto", description="auto: bf16 where it is fast")
    threads: int | None = Field(None, ge=1, le=1024, description="processor threads; none: as many as there are cores")

    @model_validator(mode="after")
    def _one_length(self) -> TrainingSettings:
        given = [name for name in ("steps", "epochs", "budget") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"give one of steps, epochs and budget, not {' and '.join(given)}")
        return self


class Settings(Section):
    """Everything that a run is made from."""

    text: TextSettings = TextSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()

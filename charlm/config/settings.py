"""The settings of a run, typed and frozen. One name each, the same in YAML and after `-s` on the command line.

This file knows what a setting may be; it does not know where its value came from (resolving.py), nor what a cell is:
the names of cells and their options are checked against the table of cells by whoever holds both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from charlm.config.device_names import NAMES as DEVICE_NAMES
from charlm.config.device_names import is_device_name


class Section(BaseModel):
    """Unknown keys are errors, values never change, numbers are finite, and no type stands in for another."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


DURATION = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>s|m|h)")
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


def known_device_name(value: Any) -> Any:
    """Raises ValueError, in words, for a name that the pattern refuses."""
    if isinstance(value, str) and not is_device_name(value):
        raise ValueError(f"a device is {DEVICE_NAMES}, not {value[:40]!r}")
    return value


Seconds = Annotated[float, BeforeValidator(seconds, json_schema_input_type=float | str), Field(gt=0, le=31_536_000)]
Fraction = Annotated[float, Field(ge=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
Device = Annotated[str, BeforeValidator(known_device_name)]
CellOption = bool | int | float | str
Listed = Strict(False)  # YAML has lists, and settings are tuples; what is in them stays strict


class TextSettings(Section):
    """What is read, and how it is cut."""

    sources: Annotated[tuple[str, ...], Listed] = Field(
        default=("python-docs",), min_length=1, max_length=1000, description="files, folders, globs, - or corpora"
    )
    encoding: str = Field(
        default="utf-8", max_length=40, description="how bytes become characters; errors are never ignored"
    )
    newlines: Literal["unix", "keep"] = Field(default="unix", description="unix: CRLF and CR become LF, and it is said")
    unit: Literal["character", "byte"] = Field(default="character", description="what the model reads one of at a time")
    records: bool = Field(
        default=False, description="one item a line: the state starts fresh at each, the order is shuffled"
    )
    splits: Annotated[tuple[Fraction, Fraction, Fraction], Listed] = Field(
        default=(0.9, 0.05, 0.05), description="shares of train, valid and test, contiguous in this order"
    )

    @model_validator(mode="after")
    def _shares_make_one(self) -> TextSettings:
        if abs(sum(self.splits) - 1) > 1e-6 or self.splits[0] == 0:
            raise ValueError("text.splits must add up to 1, with something to train on in the first")
        return self


class LayerSettings(Section):
    """One layer of a stack; what it leaves out is the model's."""

    cell: str = Field(default="", max_length=40, description="a cell; none: model.cell")
    cell_options: dict[str, CellOption] = Field(default={}, max_length=16, description="options of that cell")
    hidden_size: int = Field(default=0, ge=0, le=16_384, description="units of this layer; 0: model.hidden_size")


class AttentionSettings(Section):
    """A look back from the top of the stack."""

    window: int = Field(default=0, ge=0, le=4096, description="past outputs of the stack to look at; 0: no attention")


class ModelSettings(Section):
    """Sizes and shape of the network."""

    cell: str = Field(default="lstm", max_length=40, description="a name from `charlm cells list`")
    cell_options: dict[str, CellOption] = Field(
        default={}, max_length=16, description="options of that cell, as it lists them"
    )
    hidden_size: int = Field(default=192, ge=1, le=16_384, description="H, units in each layer")
    num_layers: int = Field(default=2, ge=1, le=64, description="L, layers in the stack")
    layers: Annotated[tuple[LayerSettings, ...], Listed] | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="the layers one by one, such as [{cell: lstm}, {cell: gru}]",
    )
    residual: bool = Field(
        default=False, description="from the second layer up, add what a layer reads to what it gives"
    )
    attention: AttentionSettings = Field(default=AttentionSettings(), description="a look back over past outputs")
    embedding_dim: int | None = Field(
        default=None, ge=1, le=16_384, description="E, width of a character; none: hidden_size"
    )
    dropout: Fraction = Field(default=0.0, description="share of inputs dropped between layers and before the head")
    dropout_kind: Literal["standard", "locked"] = Field(
        default="standard", description="locked: one mask for the whole window"
    )
    weight_drop: BelowOne = Field(
        default=0.0, description="share of the recurrent weights left out while training, others in each window"
    )
    tied: bool = Field(
        default=False, description="the head uses the embedding's matrix; needs embedding_dim = hidden_size"
    )

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, given: Any) -> Any:
        """Layers that are given one by one say themselves how many they are."""
        if isinstance(given, Mapping) and isinstance(given.get("layers"), list | tuple) and "num_layers" not in given:
            return {**given, "num_layers": len(given["layers"])}
        return given

    @model_validator(mode="after")
    def _sizes_agree(self) -> ModelSettings:
        if self.layers is not None and len(self.layers) != self.num_layers:
            raise ValueError(f"model.layers has {len(self.layers)} layers, and model.num_layers says {self.num_layers}")
        widths = [layer.hidden_size for layer in self.stack()]
        if self.tied and (self.embedding_dim or self.hidden_size) != widths[-1]:
            raise ValueError(
                "model.tied needs model.embedding_dim to equal model.hidden_size of the top layer, or to be left out"
            )
        if self.residual and len(set(widths)) > 1:
            raise ValueError("model.residual needs layers of one width in model.layers")
        return self

    def in_short(self) -> str:
        """`lstm 2 x 192`; or each layer with its width, where they are given one by one."""
        if self.layers is None:
            shape = f"{self.cell} {self.num_layers} x {self.hidden_size}"
        else:
            shape = ", ".join(f"{layer.cell} {layer.hidden_size}" for layer in self.stack())
        extras = ", residual" * self.residual
        return shape + extras + (f", attention {self.attention.window}" if self.attention.window else "")

    def stack(self) -> tuple[LayerSettings, ...]:
        """Every layer, from the lowest up, with nothing left out."""
        whole = LayerSettings(cell=self.cell, cell_options=self.cell_options, hidden_size=self.hidden_size)
        if self.layers is None:
            return (whole,) * self.num_layers
        return tuple(
            LayerSettings(
                cell=layer.cell or self.cell,
                cell_options=layer.cell_options or (self.cell_options if layer.cell in ("", self.cell) else {}),
                hidden_size=layer.hidden_size or self.hidden_size,
            )
            for layer in self.layers
        )


class TrainingSettings(Section):
    """How the weights are found."""

    seed: int = Field(default=1, ge=0, lt=2**63, description="same seed, same command, same machine: same bits")
    batch_size: int = Field(default=32, ge=1, le=65_536, description="B, lanes read side by side")
    seq_len: int = Field(default=64, ge=1, le=65_536, description="T, characters between two updates (truncated BPTT)")
    accumulate: int = Field(default=1, ge=1, le=4096, description="windows whose gradients make one update")

    steps: int | None = Field(default=None, ge=1, le=10**9, description="length of the training, in updates ...")
    epochs: float | None = Field(
        default=None, gt=0, le=10**6, description="... or in readings of the training text ..."
    )
    budget: Seconds | None = Field(
        default=None, description="... or in wall-clock time, validation and samples included"
    )

    optimizer: Literal["adamw", "rmsprop"] = Field(default="adamw", description="how a gradient becomes an update")
    learning_rate: float = Field(default=4e-3, gt=0, le=10, description="the peak")
    betas: Annotated[tuple[BelowOne, BelowOne], Listed] = Field(
        default=(0.9, 0.99), description="smoothing of AdamW's gradients, and of their squares"
    )
    rms_decay: float = Field(default=0.95, ge=0, lt=1, description="smoothing of RMSProp's squared gradients")
    weight_decay: float = Field(default=0.0, ge=0, le=10, description="on matrices only, never on biases")
    schedule: Literal["cosine", "linear", "step", "constant"] = Field(
        default="cosine", description="course of the rate"
    )
    warmup: Fraction = Field(default=0.02, description="share of the training that the learning rate takes to rise")
    final_rate: Fraction = Field(default=0.0, description="share of the peak that cosine and linear end with")
    decay: float = Field(default=0.97, gt=0, le=1, description="of the step schedule: factor of the rate, an epoch ...")
    decay_after: float = Field(default=10.0, ge=0, le=10**6, description="... after so many epochs")
    clip_norm: float | None = Field(default=1.0, gt=0, le=10**6, description="bound on the gradient's global norm")
    clip_value: float | None = Field(default=None, gt=0, le=10**6, description="bound on each element of the gradient")
    average: float = Field(default=0.0, ge=0, lt=1, description="decay of the running average of the weights; 0: none")

    validations: int = Field(default=10, ge=1, le=100_000, description="exact scores on the valid split, evenly spaced")
    valid_characters: int | None = Field(
        default=1_000_000, ge=2, le=10**12, description="of the valid split, scored at each validation; none: all of it"
    )
    patience: int | None = Field(default=None, ge=1, le=100_000, description="stop after so many without a better one")
    save_every: Seconds = Field(
        default=120.0, description="wall-clock time between checkpoints, beside those at validations"
    )
    keep: int = Field(default=2, ge=1, le=100_000, description="newest checkpoints kept; the best one is always kept")
    milestones: int | None = Field(
        default=None, ge=1, le=10**9, description="updates between checkpoints that are kept for good; none: no such"
    )
    sample_every: Seconds = Field(default=10.0, description="wall-clock time between samples shown while training")
    sample_length: int = Field(default=160, ge=0, le=100_000, description="characters in each; 0: none")

    device: Device = Field(default="auto", description="where the arithmetic is done: auto, cpu, mps, cuda or cuda:1")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        default="auto", description="auto: bf16 where it is fast"
    )
    threads: int | None = Field(
        default=None, ge=1, le=1024, description="processor threads; none: as many as there are cores"
    )

    @model_validator(mode="after")
    def _one_length(self) -> TrainingSettings:
        given = [f"training.{name}" for name in ("steps", "epochs", "budget") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are given, and a training has one length")
        return self


class Settings(Section):
    """Everything that a run is made from."""

    text: TextSettings = TextSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()

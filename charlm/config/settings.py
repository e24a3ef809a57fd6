"""The settings of a run, typed and frozen. A setting has the same name in YAML and after `-s` on the command line.

Knows not where a value came from (resolving.py), and no cell: callers check the names of cells and their options
against the table of cells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from charlm.config.device_names import NAMES as DEVICE_NAMES
from charlm.config.device_names import is_device_name


class Section(BaseModel):
    """Frozen and strict: unknown keys are errors, numbers are finite, and no type is converted into another."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


DURATION = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>s|m|h)")
SECONDS_IN = {"s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(value: Any) -> Any:
    """Seconds, from `90s`, `10m`, `2h` or a plain number of seconds."""
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
    """The value. Raises ValueError if it is text and no device may be called so."""
    if isinstance(value, str) and not is_device_name(value):
        raise ValueError(f"a device is {DEVICE_NAMES}, not {value[:40]!r}")
    return value


def in_list(value: Any) -> Any:
    """A list of one, if the value is a single text."""
    return [value] if isinstance(value, str) else value


def without_none(value: Any) -> Any:
    """A list of what is not `none`."""
    listed = in_list(value)
    return [one for one in listed if one != "none"] if isinstance(listed, list | tuple) else listed


Seconds = Annotated[float, BeforeValidator(seconds, json_schema_input_type=float | str), Field(gt=0, le=31_536_000)]
Fraction = Annotated[float, Field(ge=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
Device = Annotated[str, BeforeValidator(known_device_name)]
CellOption = bool | int | float | str
Listed = Strict(False)  # a list from YAML becomes a tuple; its items stay strict
Patterns = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Listed, BeforeValidator(in_list)]


class TextSettings(Section):
    """The text, and how it is read and split."""

    sources: Annotated[tuple[str, ...], Listed] = Field(
        default=("python-docs",), min_length=1, max_length=1000, description="files, folders, globs, - or corpora"
    )
    include: Patterns = Field(default=(), max_length=100, description="files of folders and archives to read: *.txt")
    exclude: Patterns = Field(default=(), max_length=100, description="files of folders and archives to leave out")
    encoding: str = Field(default="utf-8", max_length=40, description="of the text; auto: decided for each file")
    decided: Annotated[tuple[str, ...], Listed] = Field(
        default=(), max_length=1001, description="what auto decided in this run: files that are not UTF-8, by sha256"
    )
    newlines: Literal["unix", "keep"] = Field(default="unix", description="unix: CRLF and CR become LF, with a note")
    strip: Literal["auto", "none", "gutenberg"] = Field(
        default="auto", description="auto, gutenberg: only what stands between Project Gutenberg's two marker lines"
    )
    normalize: Annotated[tuple[Literal["nfc", "nfkc", "lower"], ...], Listed, BeforeValidator(without_none)] = Field(
        default=(), max_length=4, description="forms that the text is brought into: none, nfc, nfkc, lower, or a list"
    )
    unit: Literal["character", "byte"] = Field(default="character", description="the symbols of the model")
    records: bool = Field(
        default=False, description="one item a line: each starts from a fresh state, and the order is shuffled"
    )
    splits: Annotated[tuple[Fraction, Fraction, Fraction], Listed] = Field(
        default=(0.9, 0.05, 0.05), description="shares of train, valid and test"
    )
    split: Literal["auto", "shuffled", "contiguous"] = Field(
        default="auto",
        description="shuffled: whole records or files at random, equal ones together; contiguous: train, valid and "
        "test in the order of the text; auto: shuffled for records and for a folder of many files",
    )
    split_seed: int | None = Field(
        default=None, ge=0, lt=2**63, description="seed of a shuffled split; none: training.seed"
    )

    @model_validator(mode="after")
    def _shares_make_one(self) -> TextSettings:
        if abs(sum(self.splits) - 1) > 1e-6 or self.splits[0] == 0:
            raise ValueError("text.splits must add up to 1, and the first share must be more than 0")
        return self


class LayerSettings(Section):
    """One layer of a stack. A setting that it leaves out is that of the model."""

    cell: str = Field(default="", max_length=40, description="name of a cell; empty: model.cell")
    cell_options: dict[str, CellOption] = Field(default={}, max_length=16, description="options of that cell")
    hidden_size: int = Field(default=0, ge=0, le=16_384, description="units of this layer; 0: model.hidden_size")


class AttentionSettings(Section):
    """Attention over the past outputs of the stack."""

    window: int = Field(default=0, ge=0, le=4096, description="past outputs that it covers; 0: no attention")


class ModelSettings(Section):
    """The architecture of the network."""

    cell: str = Field(default="lstm", max_length=40, description="a name from `charlm cells list`")
    cell_options: dict[str, CellOption] = Field(
        default={}, max_length=16, description="options of that cell; `charlm cells show` lists them"
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
        default=False, description="from the second layer up, add the input of a layer to its output"
    )
    attention: AttentionSettings = Field(default=AttentionSettings(), description="attention over past outputs")
    embedding_dim: int | None = Field(
        default=None, ge=1, le=16_384, description="E, width of the embedding; none: hidden_size"
    )
    dropout: Fraction = Field(default=0.0, description="share of inputs dropped between layers and before the head")
    dropout_kind: Literal["standard", "locked"] = Field(
        default="standard", description="locked: one mask for the whole window"
    )
    weight_drop: BelowOne = Field(
        default=0.0, description="share of the recurrent weights dropped while training, drawn anew for each window"
    )
    tied: bool = Field(
        default=False, description="the head shares the embedding's matrix; needs embedding_dim = hidden_size"
    )

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, given: Any) -> Any:
        """If the layers are given one by one, num_layers is their number."""
        if isinstance(given, Mapping) and isinstance(given.get("layers"), list | tuple) and "num_layers" not in given:
            return {**given, "num_layers": len(given["layers"])}
        return given

    @model_validator(mode="after")
    def _sizes_agree(self) -> ModelSettings:
        if self.layers is not None and len(self.layers) != self.num_layers:
            raise ValueError(f"model.layers has {len(self.layers)} layers, and model.num_layers is {self.num_layers}")
        widths = [layer.hidden_size for layer in self.stack()]
        if self.tied and (self.embedding_dim or self.hidden_size) != widths[-1]:
            raise ValueError(
                "model.tied needs model.embedding_dim to equal model.hidden_size of the top layer, or to be left out"
            )
        if self.residual and len(set(widths)) > 1:
            raise ValueError("model.residual needs layers of one width in model.layers")
        return self

    def in_short(self) -> str:
        """`lstm 2 x 192`; if the layers are given one by one, each with its width."""
        if self.layers is None:
            shape = f"{self.cell} {self.num_layers} x {self.hidden_size}"
        else:
            shape = ", ".join(f"{layer.cell} {layer.hidden_size}" for layer in self.stack())
        extras = ", residual" * self.residual
        return shape + extras + (f", attention {self.attention.window}" if self.attention.window else "")

    def stack(self) -> tuple[LayerSettings, ...]:
        """Every layer, from the lowest up, with every setting filled in."""
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
    """How the model is trained, where, and how it is watched."""

    seed: int = Field(default=1, ge=0, lt=2**63, description="same seed, same command, same machine: same bits")
    batch_size: int = Field(default=32, ge=1, le=65_536, description="B, lanes read in parallel")
    seq_len: int = Field(default=64, ge=1, le=65_536, description="T, characters between two updates (truncated BPTT)")
    accumulate: int = Field(default=1, ge=1, le=4096, description="windows whose gradients make one update")

    steps: int | None = Field(default=None, ge=1, le=10**9, description="length of the training in updates")
    epochs: float | None = Field(
        default=None, gt=0, le=10**6, description="length of the training in epochs of its text"
    )
    budget: Seconds | None = Field(
        default=None,
        description="length of the training in wall-clock time (90s, 10m, 2h), validation and samples included",
    )

    optimizer: Literal["adamw", "rmsprop"] = Field(default="adamw", description="how a gradient becomes an update")
    learning_rate: float = Field(default=4e-3, gt=0, le=10, description="the peak learning rate")
    betas: Annotated[tuple[BelowOne, BelowOne], Listed] = Field(
        default=(0.9, 0.99), description="smoothing of AdamW's gradients, and of their squares"
    )
    rms_decay: float = Field(default=0.95, ge=0, lt=1, description="smoothing of RMSProp's squared gradients")
    weight_decay: float = Field(default=0.0, ge=0, le=10, description="on matrices only, never on biases")
    schedule: Literal["cosine", "linear", "step", "constant"] = Field(
        default="cosine", description="how the learning rate falls after warmup"
    )
    warmup: Fraction = Field(default=0.02, description="share of the training that the learning rate takes to rise")
    final_rate: Fraction = Field(default=0.0, description="share of the peak that cosine and linear end with")
    decay: float = Field(default=0.97, gt=0, le=1, description="of the step schedule: factor of the rate per epoch")
    decay_after: float = Field(
        default=10.0, ge=0, le=10**6, description="of the step schedule: epochs before the rate falls"
    )
    clip_norm: float | None = Field(default=1.0, gt=0, le=10**6, description="bound on the gradient's global norm")
    clip_value: float | None = Field(default=None, gt=0, le=10**6, description="bound on each element of the gradient")
    average: float = Field(default=0.0, ge=0, lt=1, description="decay of the running average of the weights; 0: none")

    validations: int = Field(default=10, ge=1, le=100_000, description="exact scores on the valid split, evenly spaced")
    valid_characters: int | None = Field(
        default=1_000_000, ge=2, le=10**12, description="of the valid split, scored at each validation; none: all of it"
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="validations without a better score that end the training",
    )
    save_every: Seconds = Field(
        default=120.0, description="wall-clock time between checkpoints; each validation writes one too"
    )
    keep: int = Field(default=2, ge=1, le=100_000, description="newest checkpoints kept; the best one is always kept")
    milestones: int | None = Field(
        default=None,
        ge=1,
        le=10**9,
        description="updates between checkpoints that are never deleted",
    )
    sample_every: Seconds = Field(default=10.0, description="wall-clock time between samples shown while training")
    sample_length: int = Field(default=160, ge=0, le=100_000, description="characters of each sample; 0: no samples")

    device: Device = Field(default="auto", description=f"device that computes: {DEVICE_NAMES}")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        default="auto", description="auto: the fastest that the device supports"
    )
    threads: int | None = Field(default=None, ge=1, le=1024, description="processor threads; none: one for each core")

    @model_validator(mode="after")
    def _one_length(self) -> TrainingSettings:
        given = [f"training.{name}" for name in ("steps", "epochs", "budget") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are given, but a training has one length")
        return self


class Settings(Section):
    """All settings of a run."""

    text: TextSettings = TextSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()

    @model_validator(mode="after")
    def _split_by_the_seed(self) -> Settings:
        """The text settings name their seed, so that a text can be opened, and opened again, from them alone."""
        if self.text.split_seed is None:
            seeded = self.text.model_copy(update={"split_seed": self.training.seed})
            self.__dict__["text"] = seeded  # the section is frozen for callers; this is still its construction
        return self

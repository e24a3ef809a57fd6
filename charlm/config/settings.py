"""The settings of a run, typed and frozen. A setting has the same name in YAML and after `-s` on the command line.

Knows not where a value came from (resolving.py), and no cell: callers check the names of cells and their options
against the table of cells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from charlm.config.device_names import NAMES as DEVICE_NAMES
from charlm.config.device_names import is_device_name
from charlm.config.latent_settings import LatentSettings as LatentSettings
from charlm.config.model_settings import AttentionSettings as AttentionSettings
from charlm.config.model_settings import LayerSettings as LayerSettings
from charlm.config.model_settings import ModelSettings as ModelSettings
from charlm.config.pair_settings import PairSettings as PairSettings
from charlm.config.section import BelowOne, Fraction, Listed
from charlm.config.section import Section as Section
from charlm.config.text_form import form_problem, pairs_problem

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
PositiveInt = Annotated[int, Field(ge=1, le=10_000)]
Sources = Annotated[tuple[str, ...], Listed]
Device = Annotated[str, BeforeValidator(known_device_name)]
Patterns = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Listed, BeforeValidator(in_list)]


class TextSettings(Section):
    """The text, and how it is read and split."""

    sources: Annotated[tuple[str, ...], Listed] = Field(
        default=("alice",), min_length=1, max_length=1000, description="files, folders, globs, - or corpora"
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
    unit: Literal["character", "byte", "grapheme"] = Field(
        default="character",
        description="the symbols of the model; grapheme: what a reader takes for one character, such as an emoji of "
        "several code points or a syllable of Devanagari",
    )
    min_count: int = Field(
        default=1,
        ge=1,
        le=10**9,
        description="characters that occur less often in the whole text become one unknown symbol, which is read and "
        "scored but never written; 1: none",
    )
    records: bool = Field(
        default=False, description="one item a line: each starts from a fresh state, and the order is shuffled"
    )
    separator: str = Field(
        default="line",
        min_length=1,
        max_length=100,
        description="what ends a record: line, empty-line, file (each file is one), or a text such as %, which is a "
        "line of its own if there are such lines",
    )
    format: Literal["auto", "plain", "csv", "tsv", "jsonl", "fasta"] = Field(
        default="auto", description="of the text; auto: with text.column csv or tsv, with text.field jsonl, else plain"
    )
    column: str | PositiveInt | None = Field(
        default=None,
        description="column of a table (CSV, TSV, Parquet) that is learnt, by its name or its number from 1: each cell "
        "a record",
    )
    field: str | None = Field(
        default=None, description="field of JSON lines that is learnt, such as answer or user.name"
    )
    label: str | PositiveInt | None = Field(
        default=None, description="column or field that each record begins with, for `charlm sample --label`"
    )
    header: Literal["auto"] | bool = Field(default="auto", description="whether the first row of a table has names")
    answer_after: str | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        description="character of a record after which its characters count in training and scores: > in abc>abc; "
        "none: all do",
    )
    score_ends: bool = Field(
        default=True, description="whether the end of a record counts too; if not, no record that is written ends"
    )
    valid: Sources = Field(default=(), max_length=1000, description="a text of its own to validate on")
    test: Sources = Field(default=(), max_length=1000, description="a text of its own for the test split")
    splits: Annotated[tuple[Fraction, Fraction, Fraction], Listed] = Field(
        default=(0.9, 0.05, 0.05), description="shares of train, valid and test; with text.valid all is train"
    )
    split: Literal["auto", "shuffled", "contiguous"] = Field(
        default="auto",
        description="shuffled: whole records or files at random, equal ones together; contiguous: train, valid and "
        "test in the order of the text; auto: shuffled for records and for a folder of many files",
    )
    split_seed: int | None = Field(
        default=None, ge=0, lt=2**63, description="seed of a shuffled split; none: training.seed"
    )

    @model_validator(mode="before")
    @classmethod
    def _made_of_records(cls, given: Any) -> Any:
        """A separator, a column, a field and FASTA mean records."""
        means_records = isinstance(given, Mapping) and (
            given.get("separator", "line") != "line"
            or given.get("format") == "fasta"
            or any(given.get(name) is not None for name in ("column", "field"))
        )
        return {"records": True, **given} if means_records else given

    @model_validator(mode="after")
    def _form_is_one(self) -> TextSettings:
        if problem := form_problem(self):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _shares_make_one(self) -> TextSettings:
        if abs(sum(self.splits) - 1) > 1e-6 or self.splits[0] == 0:
            raise ValueError("text.splits must add up to 1, and the first share must be more than 0")
        return self


class TrainingSettings(Section):
    """How the model is trained, where, and how it is watched."""

    seed: int = Field(default=1, ge=0, lt=2**63, description="same seed, same command, same machine: same bits")
    batch_size: int = Field(default=32, ge=1, le=65_536, description="B, lanes read in parallel")
    seq_len: int = Field(default=64, ge=1, le=65_536, description="T, characters between two updates (truncated BPTT)")
    accumulate: int = Field(default=1, ge=1, le=4096, description="windows whose gradients make one update")
    ordered_sum: bool = Field(
        default=False,
        description="add the gradients of 8 groups of lanes in one order: the same bits from 1, 2, 4 or 8 processes, "
        "more slowly",
    )

    steps: int | None = Field(default=None, ge=1, le=10**9, description="length of the training in updates")
    epochs: float | None = Field(
        default=None, gt=0, le=10**6, description="length of the training in epochs of its text"
    )
    budget: Seconds | None = Field(
        default=None,
        description="length of the training in wall-clock time (90s, 10m, 2h), validation and samples included",
    )

    optimizer: Literal["adamw", "rmsprop", "shampoo"] = Field(
        default="adamw", description="how a gradient becomes an update; shampoo: of matrices that read vectors"
    )
    learning_rate: float = Field(default=4e-3, gt=0, le=10, description="the peak learning rate")
    betas: Annotated[tuple[BelowOne, BelowOne], Listed] = Field(
        default=(0.9, 0.99), description="smoothing of AdamW's and Shampoo's gradients, and of their squares"
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

    @model_validator(mode="before")
    @classmethod
    def _made_of_lines(cls, given: Any) -> Any:
        """A model with latent variables reads lines, or records of another form, and a model of pairs reads lines."""
        model, text = (given.get(name) for name in ("model", "text")) if isinstance(given, Mapping) else (None, None)
        model = model.model_dump() if isinstance(model, ModelSettings) else model
        parts = [model.get(name) for name in ("latent", "pairs")] if isinstance(model, Mapping) else []
        reads_lines = any(isinstance(part, Mapping) and part.get("kind") is not None for part in parts)
        if reads_lines and isinstance(text, Mapping | None) and "records" not in (text or {}):
            return {**given, "text": {**(text or {}), "records": True}}
        return given

    @model_validator(mode="after")
    def _latents_have_records(self) -> Settings:
        if self.model.latent.kind is not None and not self.text.records:
            raise ValueError("text.records=false is given, but a model with latent variables reads lines (--records)")
        return self

    @model_validator(mode="after")
    def _lanes_are_summed(self) -> Settings:
        if self.training.ordered_sum and (self.model.latent.kind is not None or self.model.pairs.kind is not None):
            raise ValueError("training.ordered_sum=true is for language models, whose lanes it adds up in one order")
        return self

    @model_validator(mode="after")
    def _pairs_are_lines(self) -> Settings:
        if self.model.pairs.kind is not None and (problem := pairs_problem(self.text)):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _split_by_the_seed(self) -> Settings:
        """The text settings name their seed, so that a text can be opened, and opened again, from them alone."""
        if self.text.split_seed is None:
            seeded = self.text.model_copy(update={"split_seed": self.training.seed})
            self.__dict__["text"] = seeded  # the section is frozen for callers; this is still its construction
        return self

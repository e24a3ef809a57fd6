"""What a search may try: settings by dotted name, each with its values, as YAML has them. Knows no sampler.

settings:
  training.learning_rate: {low: 1e-3, high: 4e-2, log: true}
  model.cell: {values: [lstm, gru]}
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from charlm.config.field_words import setting_called
from charlm.config.given import LENGTHS, SECTIONS
from charlm.config.presets import presets_in, read_config
from charlm.config.section import Listed, Section
from charlm.config.settings import Settings
from charlm.config.suggestions import did_you_mean, setting_suggestion
from charlm.config.yaml_reading import Document
from charlm.errors import UsageError
from charlm.studies.validation import validate_document
from charlm.training.task_kinds import reads_lines

DEFAULT, LINES = "default", "lines"  # spaces that are searched if none is named
FORM = "{low: 1e-3, high: 4e-2, log: true} or {values: [a, b]}"
REMEDY = f"A space has `settings:`, and below it names of settings, each with {FORM}; see configs/spaces/default.yaml."
FIXED = {  # settings that cannot be searched, and why
    "training.seed": "--seed is that of all trials",
    "training.valid_characters": "the trials would be scored on different texts",
    "training.validations": "each trial is scored once, at its end",
    **dict.fromkeys(LENGTHS, "--each is the length of all trials"),
}

Scalar = bool | int | float | str | None
Number = int | float


class Dimension(Section):
    """The values of one setting: a range from `low` to `high`, both included, or a list of `values`."""

    low: Number | None = None
    high: Number | None = None
    log: bool = False
    step: Annotated[Number, Field(gt=0)] | None = None
    values: Annotated[tuple[Scalar, ...], Listed, Field(min_length=2, max_length=100)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Dimension:
        if self.values is not None:
            if self.model_fields_set != {"values"}:
                raise ValueError(f"values stand alone, without low and high. Write {FORM}")
            if any(value in self.values[:number] for number, value in enumerate(self.values)):
                raise ValueError("a value is given twice. Leave one of them out")
            return self
        if self.low is None or self.high is None:
            raise ValueError(f"a range needs low and high, and a list needs values. Write {FORM}")
        if self.low >= self.high:
            raise ValueError(f"low must be less than high, not {self.low} and {self.high}. Exchange them")
        if self.log and self.low <= 0:
            raise ValueError(f"with log, low must be more than 0, not {self.low}. Give a larger one, or leave log out")
        if self.log and self.step is not None:
            raise ValueError("log and step exclude each other. Leave one of them out")
        if self.step is not None:
            low, high, step = (Decimal(str(number)) for number in (self.low, self.high, self.step))
            if (high - low) % step:
                nearest = low + (high - low) // step * step
                raise ValueError(f"steps of {step} from {low} do not reach {high}. Give high: {nearest}")
        return self

    @property
    def ends(self) -> dict[str, Scalar]:
        """What a message calls them, and the values that must suit the setting: all of a list, both ends of a range."""
        if self.values is not None:
            return {f"value {number}": value for number, value in enumerate(self.values, 1)}
        return {"low": self.low, "high": self.high}

    def end(self, value: object) -> str | None:
        """`largest` or `smallest`: the end of the values that this one is at, if a better one may lie beyond.

        None if it is between two of them. Values that are not numbers have no ends, and 0 and a whole 1 are the least
        that most settings can be.
        """
        numbers = [each for each in (self.values or (self.low, self.high)) if type(each) in (int, float)]
        if len(numbers) < len(self.values or (0, 0)):
            return None
        if value == max(numbers):  # type: ignore[type-var]
            return "largest"
        return "smallest" if value == min(numbers) and value not in (0, 1) else None  # type: ignore[type-var]

    def holds(self, value: object) -> bool:
        """Whether the setting may have this value in the search."""
        if self.values is not None:
            return any(type(value) is type(each) and value == each for each in self.values)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        assert self.low is not None
        assert self.high is not None
        if not self.low <= value <= self.high:
            return False
        return self.step is None or (Decimal(str(value)) - Decimal(str(self.low))) % Decimal(str(self.step)) == 0


class Space(Section):
    """The settings that are searched, in the order of their file."""

    settings: dict[str, Dimension] = Field(min_length=1, max_length=50)


def is_whole(name: str, dimension: Dimension) -> bool:
    """Whether the values of a range are whole numbers: if its ends are, and the setting takes no others."""
    section, _, key = name.partition(".")
    field = SECTIONS[section].model_fields.get(key)
    takes_others = field is not None and field.annotation in (float, float | None)
    given = [dimension.low, dimension.high, *([] if dimension.step is None else [dimension.step])]
    return not takes_others and all(isinstance(number, int) for number in given)


def usual_space(settings: Settings) -> str:
    """The name of the space that is searched for such a model, if none is named."""
    return LINES if reads_lines(settings) else DEFAULT


def open_space(file: str | None, usual: str = DEFAULT) -> tuple[Space, Document, str]:
    """The space in a YAML file, or the one of the name `usual` for None; its document, and what messages call it.

    Raises UsageError, with the line of what is wrong.
    """
    source = file or f"space {usual}"
    document = read_config(Path(file) if file else presets_in("spaces")[usual], source)
    space = validate_document(Space, document, source, "space", REMEDY)
    for name in space.settings:
        _require_searchable(name, where(document, source, name))
    return space, document, source


def where(document: Document, source: str, *path: str) -> str:
    """`mine.yaml line 4`: the line of a setting of the space, or of a key in it."""
    full = ("settings", *path)
    line = next((document.lines[full[:end]] for end in range(len(full), 0, -1) if full[:end] in document.lines), None)
    return f"{source} line {line}" if line else source


def _require_searchable(name: str, place: str) -> None:
    """Raise UsageError if there is no such setting, or if it cannot be searched."""
    section, _, key = name.partition(".")
    known = [f"{part}.{each}" for part in ("model", "training") for each in SECTIONS[part].model_fields]
    if section == "text":
        what = f"{name[:60]} cannot be searched: the trials would be scored on different texts"
        raise UsageError(what, place, "Leave it out; -s gives it to all trials.")
    if section not in SECTIONS or key.partition(".")[0] not in SECTIONS[section].model_fields:
        called = setting_called(name)
        hint = did_you_mean([called]) if called else setting_suggestion(name, known)
        raise UsageError(f"There is no setting {name[:60]}", place, hint or "`charlm config list` names them all.")
    if name in FIXED:
        raise UsageError(f"{name} cannot be searched: {FIXED[name]}", place, "Leave it out.")


def without(space: Space, given: Collection[str]) -> Space:
    """The space without the settings of these names. Raises UsageError if nothing is left."""
    left = {name: dimension for name, dimension in space.settings.items() if name not in given}
    if not left:
        raise UsageError(
            "Nothing is left to search: -s gives every setting of the space",
            ", ".join(space.settings),
            "Leave out an -s, or name another space: --space FILE.",
        )
    return Space(settings=left)

"""Settings as one file or the command line gives them, by dotted name, and how they override each other.

Knows the names of the settings and which of them exclude each other, but not which values are valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from charlm.config.field_words import setting_called
from charlm.config.problems import MAX_LISTED, MAX_SHOWN, Problem, abbreviated
from charlm.config.settings import Settings
from charlm.config.suggestions import did_you_mean, setting_suggestion

SECTIONS: dict[str, Any] = {name: field.annotation for name, field in Settings.model_fields.items()}
NAMES = tuple(f"{section}.{key}" for section, model in SECTIONS.items() for key in model.model_fields)
CELL, CELL_OPTIONS = "model.cell", "model.cell_options"
LAYERS, NUM_LAYERS = "model.layers", "model.num_layers"
INNER = {  # settings that are mappings
    CELL_OPTIONS: "{forget_bias: 1.0}",
    "model.attention": "{window: 32}",
    "model.latent": "{kind: line}",
    "model.pairs": "{kind: attending}",
    "model.block": "{norm: rms, mlp: 3}",
}
LENGTHS = ("training.steps", "training.epochs", "training.budget")


@dataclass(frozen=True)
class Given:
    """A value and its origin: `preset quick`, `my.yaml line 4` or `command line`."""

    value: object
    origin: str


GivenSettings = Mapping[str, Given]
Origin = Callable[[tuple[str, ...]], str]


def read_given(values: Mapping[str, Any], origin: Origin) -> tuple[dict[str, Given], list[Problem]]:
    """The settings in nested mappings by dotted name, such as `model.cell_options.forget_bias`.

    `origin` gives the origin of a path of keys. Names of no setting are returned as problems.
    """
    given: dict[str, Given] = {}
    problems: list[Problem] = []
    for section, content in values.items():
        if isinstance(content, Mapping) and content:
            paths: dict[tuple[str, ...], Any] = {(section, key): value for key, value in content.items()}
        else:
            paths = {(section,): content}
        for path, value in paths.items():
            name, where = ".".join(path), origin(path)
            if name in SECTIONS:
                if value not in (None, {}):  # a section whose lines are all commented out is empty
                    problems.append(
                        Problem(name, f"{name} is a section, and cannot be {abbreviated(value)}", "", where)
                    )
            elif len(path) == 1 or name not in NAMES:
                remedy = _hint(name) if len(problems) < MAX_LISTED else ""
                problems.append(Problem(name, f"There is no setting {name[:MAX_SHOWN]}", remedy, where))
            elif name not in INNER:
                given[name] = Given(value, where)
            elif isinstance(value, Mapping):
                given |= {f"{name}.{inner}": Given(each, origin((*path, inner))) for inner, each in value.items()}
            else:
                what = f"{name} must be values by name, such as {INNER[name]}, not {abbreviated(value)}"
                problems.append(Problem(name, what, "`charlm config schema` has them all.", where))
    return given, problems


def _hint(name: str) -> str:
    if name in NAMES:  # a key with a dot in it
        section, _, key = name.partition(".")
        return f"In YAML it is written as {section}: {{{key}: ...}}"
    called = setting_called(name)
    return did_you_mean([called]) if called else setting_suggestion(name, (*NAMES, *SECTIONS))


def nested(values: Mapping[str, object]) -> dict[str, Any]:
    """Dotted names as nested mappings: the reverse of `read_given`. Names within a setting may contain dots."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        *sections, key = name.split(".", 2 if name.startswith(tuple(f"{outer}." for outer in INNER)) else 1)
        inner = result
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[key] = value
    return result


def merge_given(sources: Iterable[GivenSettings]) -> dict[str, Given]:
    """The settings of all sources; each source overrides those before it.

    A length of training also overrides the other lengths, another cell drops the options of the cell before, and
    `model.layers` and `model.num_layers` override each other.
    """
    merged: dict[str, Given] = {}
    for upper in sources:
        dropped = set(LENGTHS) if has_length(upper) else set()
        if CELL in upper and upper[CELL].value != merged.get(CELL, DEFAULT_CELL).value:
            dropped |= {name for name in merged if name.startswith(f"{CELL_OPTIONS}.")}
        dropped |= {NUM_LAYERS} if LAYERS in upper else {LAYERS} if NUM_LAYERS in upper else set()
        merged = {name: given for name, given in merged.items() if name not in dropped} | dict(upper)
    return merged


DEFAULT_CELL = Given(Settings().model.cell, "default")


def has_length(given: GivenSettings) -> bool:
    """Whether a length of the training is given."""
    return any(name in given and given[name].value is not None for name in LENGTHS)


def dotted(settings: Settings) -> dict[str, object]:
    """Every setting by its dotted name, in the order of the settings; those of mappings one by one."""
    values: dict[str, object] = {}
    for section, content in settings.model_dump().items():
        for key, value in content.items():
            name = f"{section}.{key}"
            if name in INNER and value:
                values |= {f"{name}.{inner}": each for inner, each in value.items()}
            else:
                values[name] = value
    return values

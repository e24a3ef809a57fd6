"""Settings from a preset, a file and a command line. Precedence: defaults < preset < file < command line.

Knows the origin of each value, and no cell: callers pass `checks` for what depends on the cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from charlm.config.automatic import left_open, needs_a_number, needs_time, without
from charlm.config.given import (
    CELL,
    CELL_OPTIONS,
    LENGTHS,
    Given,
    Origin,
    dotted,
    has_length,
    merge_given,
    nested,
    read_given,
)
from charlm.config.history import BEFORE_IT_EXISTED
from charlm.config.presets import is_file_name, read_config, read_preset
from charlm.config.problems import Problem, abbreviated, problems_of, usage_error, with_origins
from charlm.config.settings import Settings
from charlm.config.yaml_reading import Document, read_scalar, read_yaml
from charlm.errors import UsageError

DEFAULT_PRESET = "quick"
BUDGET = "training.budget"
BY_TIME = "auto"
# The presets of a training for which none is named, by the setting that its kind of model needs: one for a length in
# updates or epochs, and one for a time.
OF_A_KIND = {"model.pairs.kind": ("pairs", "auto-pairs"), "model.latent.kind": (DEFAULT_PRESET, "auto-latent")}
COMMAND_LINE = "command line"
OLDER_RUN = "as before this setting existed"
NO_VALUE = Given(None, "")

Check = Callable[[Settings], list[Problem]]


@dataclass(frozen=True)
class Resolved:
    """Settings, and the origin of each value by dotted name (as `given.dotted` names them).

    `automatic` are the names of settings that are `auto`. They have their defaults in `settings` until the training
    begins and chooses them.
    """

    settings: Settings
    origins: dict[str, str]
    automatic: tuple[str, ...] = ()


def resolve(
    preset_or_file: str | None = None,
    overrides: Sequence[str] = (),
    options: Mapping[str, object] | None = None,
    checks: Sequence[Check] = (),
    missing: Mapping[str, object] | None = None,
) -> Resolved:
    """Settings from a preset's name or a path (None: `quick`), `name=value` overrides, and options by dotted name.

    Options are the values of the command line's own flags, such as {"training.steps": 100}; None is a flag that the
    user did not give. Checks find problems that the types cannot. `missing` has values by dotted name that replace the
    defaults: for the file of a run, `history.BEFORE_IT_EXISTED`. Raises one UsageError that lists all problems; a
    setting that is `auto` is one.
    """
    problems: list[Problem] = []
    above = _from_command_line(overrides, options or {}, problems)
    sources = [_not_named(missing or {}), *_from_file(preset_or_file or DEFAULT_PRESET, problems), above]
    merged = _with_a_length(merge_given(sources), problems)
    names = left_open(merged)
    problems += with_origins(needs_a_number(names), _origins(merged, names))
    return _validated(without(merged, names), problems, checks)


def resolve_to_train(
    preset_or_file: str | None = None,
    overrides: Sequence[str] = (),
    options: Mapping[str, object] | None = None,
    checks: Sequence[Check] = (),
) -> Resolved:
    """The same for a new training: it chooses what is `auto` when it begins. Such settings are in `automatic`.

    If no preset is named, it is that of the kind of model (OF_A_KIND), and another one if the length is a time.
    """
    problems: list[Problem] = []
    above = _from_command_line(overrides, options or {}, problems)
    merged = merge_given([*_from_file(preset_or_file or _default_preset(above), problems), above])
    names = left_open(merged)
    if not has_length(merged) or merged.get(BUDGET, NO_VALUE).value is None:
        problems += with_origins(needs_time(names), _origins(merged, names))
    resolved = _validated(_with_a_length(without(merged, names), problems), problems, checks)
    return replace(resolved, origins=resolved.origins | _origins(merged, names), automatic=names)


def usual_preset(overrides: Sequence[str], options: Mapping[str, object]) -> str:
    """The preset of `resolve_to_train` if none is named."""
    return _default_preset(_from_command_line(overrides, options, []))


def _default_preset(above: Mapping[str, Given]) -> str:
    """The preset that suits what is given."""
    usual = (DEFAULT_PRESET, BY_TIME)
    for name, presets in OF_A_KIND.items():
        usual = presets if above.get(name, NO_VALUE).value is not None else usual
    return usual[above.get(BUDGET, NO_VALUE).value is not None]


def _origins(merged: Mapping[str, Given], names: Iterable[str]) -> dict[str, str]:
    return {name: merged[name].origin for name in names}


def _with_a_length(merged: dict[str, Given], problems: list[Problem]) -> dict[str, Given]:
    """With the length of `quick`, if there is no other."""
    if has_length(merged):
        return merged
    quick = _from_preset(DEFAULT_PRESET, COMMAND_LINE, problems)
    return merged | {name: quick[name] for name in LENGTHS if name in quick}


def resolve_text(text: str, source: str) -> Resolved:
    """Settings from the YAML of a run. Raises UsageError as `resolve` does; `source` is for its message."""
    problems: list[Problem] = []
    document = read_yaml(text.encode("utf-8", "surrogatepass"), source)
    given = _named(_mapping(document, source), _by_line(document, source), problems)
    return _validated(_not_named(BEFORE_IT_EXISTED) | given, problems, ())


def _not_named(values: Mapping[str, object]) -> dict[str, Given]:
    return {name: Given(value, OLDER_RUN) for name, value in values.items()}


def _from_file(preset_or_file: str, problems: list[Problem]) -> list[dict[str, Given]]:
    """The settings of a preset, or of a file and, before it, of the preset that it starts from."""
    if not is_file_name(preset_or_file):
        return [_from_preset(preset_or_file, COMMAND_LINE, problems)]
    document = read_config(Path(preset_or_file), preset_or_file)
    values, origin = _mapping(document, preset_or_file), _by_line(document, preset_or_file)
    start = values.pop("preset", None)
    if isinstance(start, str):
        below = [_from_preset(start, origin(("preset",)), problems)]
    else:
        below = []
        if start is not None:
            what = f"preset must be the name of a preset, not {abbreviated(start)}"
            problems.append(Problem("preset", what, "", origin(("preset",))))
    return [*below, _named(values, origin, problems)]


def _from_preset(name: str, where: str, problems: list[Problem]) -> dict[str, Given]:
    """The settings of a preset, which may start from another one."""
    source = f"preset {name}"
    values = _mapping(read_preset(name, where), source)
    start = values.pop("preset", None)
    below = _from_preset(start, source, problems) if start else {}
    return merge_given([below, _named(values, lambda path: source, problems)])


def _from_command_line(
    overrides: Sequence[str], options: Mapping[str, object], problems: list[Problem]
) -> dict[str, Given]:
    """The settings of both together. A later `-s` overrides an earlier one, and a flag overrides `-s`."""
    given: dict[str, Given] = {}
    for override in overrides:
        name, _, text = (part.strip() for part in override.partition("="))
        if not name or not text:
            what = f"-s {abbreviated(override)} has no value" if name else f"-s {abbreviated(override)} has no name"
            problems.append(Problem(name, what, "Write it as -s model.hidden_size=256.", COMMAND_LINE))
            continue
        try:
            value = _value(name, text)
        except (ValueError, UsageError) as error:
            reason = error.what if isinstance(error, UsageError) else f"{name} cannot be read: {error}"
            remedy = error.remedy if isinstance(error, UsageError) else ""
            problems.append(Problem(name, reason, remedy, COMMAND_LINE))
            continue
        given |= _named(nested({name: value}), lambda path: COMMAND_LINE, problems)
    flags = {name: value for name, value in options.items() if value is not None}
    return given | _named(nested(flags), lambda path: COMMAND_LINE, problems)


def _value(name: str, text: str) -> Any:
    """The value of an override: YAML if it begins with a bracket or a quote, otherwise one scalar."""
    if text[0] in "[{\"'":
        return read_yaml(text.encode("utf-8", "surrogatepass"), f"the value of {name}").value
    return read_scalar(text)


def _mapping(document: Document, source: str) -> dict[str, Any]:
    if document.value is None:
        return {}
    if not isinstance(document.value, dict):
        raise UsageError(
            f"{source} holds {abbreviated(document.value)} where settings should be",
            f"{source}, line 1, column 1",
            "Write settings as `name: value` lines under text:, model: and training:.",
        )
    return dict(document.value)


def _by_line(document: Document, source: str) -> Origin:
    return lambda path: f"{source} line {document.lines[path]}"


def _named(values: Mapping[str, Any], origin: Origin, problems: list[Problem]) -> dict[str, Given]:
    given, more = read_given(values, origin)
    problems += more
    return given


def _validated(merged: Mapping[str, Given], problems: list[Problem], checks: Sequence[Check]) -> Resolved:
    values = {name: given.value for name, given in merged.items()}
    origins = {name: given.origin for name, given in merged.items()}
    settings: Settings | None
    try:
        settings = Settings.model_validate(nested(values))
    except ValidationError as error:
        wrong = problems_of(error)
        problems = [*problems, *wrong]
        settings = _valid_part(values, {problem.name for problem in wrong})
    if settings is not None:
        problems = [*problems, *(problem for check in checks for problem in check(settings))]
    if problems or settings is None:
        raise usage_error(with_origins(problems, origins))
    return Resolved(settings, {name: origins.get(name, "default") for name in dotted(settings)})


def _valid_part(values: Mapping[str, object], wrong: set[str]) -> Settings | None:
    """Settings of the valid values, so that the checks can run too; None if those are not enough."""
    if CELL in wrong:  # its options cannot be checked without it
        wrong = wrong | {name for name in values if name.startswith(f"{CELL_OPTIONS}.")}
    try:
        return Settings.model_validate(nested({name: value for name, value in values.items() if name not in wrong}))
    except ValidationError:
        return None

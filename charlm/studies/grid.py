"""From a study to its trials: the settings of one run for each seed, level and variant. Reads no text, trains nothing.

The seed is the outermost loop, so that changes in the load of the machine affect all variants alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product

from charlm.cells.naming_files import own_settings, own_stack_problems
from charlm.config.given import LENGTHS, Given, merge_given, read_given
from charlm.config.problems import Problem, abbreviated, usage_error
from charlm.config.resolving import resolve
from charlm.config.settings import Settings
from charlm.errors import UsageError
from charlm.studies.choosable import given_value
from charlm.studies.generated import Generated, RecallText, read_generated
from charlm.studies.study import Override, Place, Study
from charlm.studies.task_texts import TaskText

# What a trial must have for its measure, and what to write where it has it not.
MEASURES: dict[str, tuple[Callable[[Settings, Generated | None], bool], str, str]] = {
    "valid": (lambda settings, text: True, "", ""),
    "recall": (
        lambda settings, text: isinstance(text, RecallText),
        "recall is measured on a generated text", "Give synthetic: {recall: {gap: 20}}.",
    ),
    "answers": (
        lambda settings, text: isinstance(text, TaskText),
        "answers are measured on a task", "Give synthetic: {copy: {length: 1-20}}.",
    ),
    "pairs": (
        lambda settings, text: settings.model.pairs.kind is not None,
        "pairs are measured of models of pairs", "Give model: {pairs: {kind: attending}}.",
    ),
    "bound": (
        lambda settings, text: settings.text.records,
        "bounds are measured of lines", "Give text: {records: true}.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """One run of a study. preparing.py writes the generated text and the size that is solved for."""

    variant: str
    levels: tuple[tuple[str, str], ...]  # factor, level
    seed: int
    settings: Settings
    measure: str
    text: Generated | None
    chosen: object = None  # the value of the setting under `choose`; `settings` has it too

    @property
    def name(self) -> str:
        """The name of its run: `lstm.gap-20.s1`."""
        return ".".join([self.variant, *(f"{factor}-{level}" for factor, level in self.levels), f"s{self.seed}"])

    @property
    def place(self) -> Place:
        return self.variant, self.levels

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...], int]:
        return self.variant, self.levels, self.seed


def make_alternatives(study: Study, source: str) -> list[list[Trial]]:
    """All trials, once with each value of the study's `choose`; without it, once. Raises UsageError."""
    values = range(len(study.choose.values) if study.choose else 1)
    alternatives = [make_trials(study, source, number) for number in values]
    _refuse_unequal_budgets(study, [trial for trials in alternatives for trial in trials], source)
    return alternatives


def make_trials(study: Study, source: str, value_number: int = 0) -> list[Trial]:
    """All trials, with their settings checked, and with that value of `choose`, counted from 0.

    Raises UsageError for the first that is wrong.
    """
    combinations = list(product(*([(factor, level) for level in levels] for factor, levels in study.factors.items())))
    first = [
        _trial(study, variant, levels, study.seeds[0], value_number, source)
        for levels in combinations
        for variant in study.variants
    ]
    _refuse_unequal_budgets(study, first, source)
    return [with_seed(trial, seed) for seed in study.seeds for trial in first]


def with_seed(trial: Trial, seed: int) -> Trial:
    training = trial.settings.training.model_copy(update={"seed": seed})
    return replace(trial, seed=seed, settings=trial.settings.model_copy(update={"training": training}))


def _trial(
    study: Study, variant: str, levels: tuple[tuple[str, str], ...], seed: int, value_number: int, source: str
) -> Trial:
    parts: list[tuple[str, Override]] = [("base", study.base)]
    parts += [(f"factors.{factor}.{level}", study.factors[factor][level] or {}) for factor, level in levels]
    parts.append((f"variants.{variant}", study.variants[variant] or {}))
    text: Generated | None = None
    measure, preset, given = study.measure, None, []
    for part, override in parts:
        where, rest = f"{source}, {part}", dict(override)
        if part == "base":
            preset = rest.pop("preset", None)
            if preset is not None and not isinstance(preset, str):
                raise UsageError(f"preset must be the name of a preset, not {abbreviated(preset)}", where, "")
        if part.startswith("factors."):
            measure = rest.pop("measure", measure)
        text = read_generated(rest.pop("synthetic", None), text, where)
        values, problems = read_given(rest, lambda path, where=where: where)  # type: ignore[misc]
        if problems:
            raise usage_error(problems)
        if part != "base":
            _refuse_length(values, where)
        given.append(values)
    if measure not in (("cost",) if study.measure == "cost" else MEASURES):
        raise UsageError(
            f"{abbreviated(measure)} cannot be the measure of a level", source, f"Measures: {', '.join(MEASURES)}."
        )
    if study.choose:
        settings_of = dict(zip((part for part, _ in parts), given, strict=True))
        given.append(given_value(study, study.choose, value_number, settings_of, source))
    options = {name: each.value for name, each in merge_given(given).items() if name not in LENGTHS}
    label = " ".join([variant, *(level for _, level in levels)])
    settings = _settings(study, preset, options | {"training.seed": seed}, f"{source}, {label}")
    if measure in MEASURES:
        has_it, what, remedy = MEASURES[measure]
        if not has_it(settings, text):
            raise UsageError(what, f"{source}, {label}", remedy)
    return Trial(
        variant=variant,
        levels=levels,
        seed=seed,
        settings=settings,
        measure=measure,
        text=text,
        chosen=study.choose.values[value_number] if study.choose else None,
    )


def _settings(study: Study, preset: str | None, options: Mapping[str, object], where: str) -> Settings:
    budget, checks = study.budget, [_check_but_sizes if study.parameters else own_stack_problems]
    try:
        length: dict[str, object] = {"training.steps": 1}
        settings = own_settings(resolve(preset, (), {**options, **length}, checks).settings)
        if budget.seconds:
            length = {"training.budget": budget.seconds}
        else:
            length = {"training.steps": budget.steps or (budget.characters or 0) // _characters_per_update(settings)}
        if length.get("training.steps") == 0:
            raise UsageError(
                f"A budget of {budget.characters} characters is less than one update", "budget", "Give a larger one."
            )
        return own_settings(resolve(preset, (), {**options, **length}, checks).settings)
    except UsageError as error:
        raise UsageError(error.what, where, error.remedy) from None


def _check_but_sizes(settings: Settings) -> list[Problem]:
    """The problems except those of the hidden size, which will be replaced by the solved one."""
    return [problem for problem in own_stack_problems(settings) if problem.name != "model.hidden_size"]


def _characters_per_update(settings: Settings) -> int:
    training = settings.training
    return training.batch_size * training.seq_len * training.accumulate


def _refuse_length(values: Mapping[str, Given], where: str) -> None:
    own = [name for name in LENGTHS if name in values]
    if own:
        raise UsageError(
            f"A study with unequal budgets: {own[0]} is set for some runs only",
            where,
            "Leave it out; `budget` is the length of all runs.",
        )


def _refuse_unequal_budgets(study: Study, trials: list[Trial], source: str) -> None:
    if study.budget.seconds or study.measure == "cost":
        return
    read: dict[object, tuple[int, str]] = {}  # by levels: the characters and the first variant
    for trial in trials:
        characters = (trial.settings.training.steps or 0) * _characters_per_update(trial.settings)
        label = f"{trial.variant} with {trial.chosen}" if study.choose else trial.variant
        known, other = read.setdefault(trial.levels, (characters, label))
        if characters != known:
            raise UsageError(
                f"A study with unequal budgets: {other} reads {known:,} characters, {label} {characters:,}",
                f"{source}, variants.{trial.variant}",
                "Give all variants the same batch_size x seq_len, or a budget that is a multiple of each.",
            )

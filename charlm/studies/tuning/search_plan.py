"""A search as it was asked for: the settings that all trials share, what is searched, and what a trial may cost.

A trial has the settings that `charlm train` would make of the same command and the values that were drawn. What is
`auto` has one value in all trials (beginning.py), unless it is drawn. A trial trains on most of the training split and
is scored on the rest of it (inner_split.py), so the validation split is never read.
Knows no sampler and trains nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from charlm.cells.naming_files import own_settings, own_stack_problems
from charlm.config.given import LENGTHS, dotted
from charlm.config.resolving import BUDGET, resolve, resolve_to_train, usual_preset
from charlm.config.settings import Settings
from charlm.engines.precision import compute_for
from charlm.errors import UsageError
from charlm.studies.inner_split import inside_training, open_inside
from charlm.studies.one_training import open_text
from charlm.studies.tuning.space import Space, open_space, usual_space, where, without
from charlm.studies.tuning.trial_length import TrialLength
from charlm.text.corpus import Corpus
from charlm.text.sources import STDIN
from charlm.training.task_kinds import is_bounded, reads_lines

# What may differ between the machines that share a search: it changes no result, or where a text is.
OF_A_MACHINE = ("text.sources", "text.valid", "text.test", "text.decided", "training.device", "training.threads")
SCORED = 100_000  # characters that a trial is scored on, at most: a short one should not spend its time on that
VALIDATIONS = "training.validations"
DIGITS = 4  # significant ones of a number that is drawn: as it is trained with, so it stands in the preset of the best
Values = Mapping[str, object]  # settings by dotted name


@dataclass(frozen=True)
class Asked:
    """What the command line says: a preset or file, `-s`, options by dotted name, and a space's file.

    `chosen` has the values of what is `auto`: defaults, until a search begins.
    """

    config: str | None
    overrides: Sequence[str]
    options: Mapping[str, object]
    space_file: str | None
    each: TrialLength
    at_most_parameters: int | None = None
    at_most_seconds: float | None = None
    chosen: Values = field(default_factory=dict)

    @property
    def preset(self) -> str:
        """As for `charlm train`: that of the kind of model, and another one if a length is a time."""
        by_time = {BUDGET: self.each.amount} if self.each.kind == "budget" else {}
        return self.config or usual_preset(self.overrides, {**self.options, **by_time})


@dataclass(frozen=True)
class SearchPlan:
    """A search that can begin. `settings` are those without any drawn value, as they train the final model."""

    asked: Asked
    settings: Settings
    space: Space
    outer: Corpus = field(repr=False)
    inner: Corpus = field(repr=False)  # its training split divided again

    @property
    def seed(self) -> int:
        return self.settings.training.seed

    @property
    def bounded(self) -> bool:
        """Whether scores are upper bounds."""
        return is_bounded(self.settings)

    def with_chosen(self, values: Values) -> SearchPlan:
        """With these values of what is `auto`."""
        asked = replace(self.asked, chosen=values)
        return replace(self, asked=asked, settings=_resolved(asked, {}))

    @property
    def start(self) -> dict[str, object]:
        """The preset's own values of what is searched, as far as the space has them: the first trial tries them."""
        usual = dotted(self.settings)
        return {name: usual[name] for name, each in self.space.settings.items() if each.holds(usual.get(name))}

    def resolved(self, values: Values) -> Settings:
        """The settings with these values, for a text of its own, as long as a trial, and validated once, as a trial is.

        `-s training.validations` gives another number. Raises UsageError.
        """
        settings = _resolved(self.asked, values)
        if VALIDATIONS in given_names(self.asked):
            return settings
        return settings.model_copy(update={"training": settings.training.model_copy(update={"validations": 1})})

    def trial(self, values: Values) -> Settings:
        """The settings of the trial with these values. Raises UsageError."""
        settings = self.resolved(values)
        scored = min(settings.training.valid_characters or SCORED, SCORED)
        quiet = {"validations": 1, "valid_characters": scored, "patience": None, "sample_length": 0}
        kept = {"keep": 1, "milestones": None}
        return settings.model_copy(
            update={
                "text": inside_training(settings, self.outer),
                "training": settings.training.model_copy(update=quiet | kept),
            }
        )

    def described(self) -> dict[str, Any]:
        """What makes it this search and no other, as JSON holds it: whoever joins it must have asked for the same.

        Settings that have their defaults are left out, so that a later version, which has more of them, goes on.
        """
        usual = {**dotted(Settings()), "text.split_seed": self.seed}
        settings = {
            name: value
            for name, value in dotted(self.settings).items()
            if name not in (*OF_A_MACHINE, *self.asked.chosen) and (name not in usual or value != usual[name])
        }
        about = {
            "text": self.outer.sha256,
            "each": str(self.asked.each),
            "at_most_parameters": self.asked.at_most_parameters,
            "at_most_seconds": self.asked.at_most_seconds,
            "space": self.space.model_dump(mode="json", exclude_defaults=True)["settings"],
            "settings": settings,
            **({"chosen": self.asked.chosen} if self.asked.chosen else {}),
        }
        plain: dict[str, Any] = json.loads(json.dumps(about))
        return plain


def prepare_search(asked: Asked) -> SearchPlan:
    """The search, with its text opened, its device chosen, and both ends of each range checked.

    Raises UsageError, with the line of the space that is wrong, or if the training split is too short to divide.
    """
    given = given_names(asked)
    if lengths := sorted(given & set(LENGTHS)):
        raise UsageError("--each is the length of all trials", f"-s {lengths[0]}", "Leave it out.")
    usual = dotted(Settings())
    asked = replace(asked, chosen={name: usual[name] for name in _automatic(asked)})
    settings = _resolved(asked, {})
    if reads_lines(settings) and asked.each.kind == "characters":
        what = "An update reads whole lines, so its number of characters is not known"
        raise UsageError(what, f"--each {asked.each}", "Give a time or updates, such as --each 30s or --each 500steps.")
    space, document, source = open_space(asked.space_file, usual_space(settings))
    space = without(space, given)
    if STDIN in settings.text.sources:
        what = "A search reads its text for each trial, and standard input can be read once"
        raise UsageError(what, "charlm tune -", "Write the text into a file: cat > mybook.txt")
    for name, dimension in space.settings.items():
        for end, value in dimension.ends.items():
            try:
                _resolved(asked, {name: value})
            except UsageError as error:
                place = where(document, source, name, end)
                raise UsageError(error.what, place, error.remedy) from None
    compute_for(settings)  # a device that is absent would fail every trial
    outer = open_text(settings)
    inner = open_inside(settings, outer, "charlm tune", "Take a longer text, or a larger first share of text.splits.")
    return SearchPlan(asked, settings, space, outer, inner)


def given_names(asked: Asked) -> set[str]:
    """The settings that `-s` gives."""
    return {override.partition("=")[0].strip() for override in asked.overrides}


def _automatic(asked: Asked) -> tuple[str, ...]:
    """The settings that are `auto`. Raises UsageError if there are some, and a trial is as long as its updates."""
    by_time = dict.fromkeys(LENGTHS) | {BUDGET: 1.0}
    names = resolve_to_train(asked.preset, asked.overrides, {**asked.options, **by_time}).automatic
    if names and asked.each.kind != "budget":
        raise UsageError(
            f"{', '.join(names)}: auto, and that needs trials whose length is a time",
            f"--each {asked.each}",
            "Give a time, such as --each 30s, or numbers, as the presets quick and pairs have them.",
        )
    return names


def plain(value: object) -> object:
    """A drawn value as it is trained with and written."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _resolved(asked: Asked, values: Values) -> Settings:
    known = {**asked.chosen, **values}
    overrides = [*asked.overrides, *(f"{name}={json.dumps(value)}" for name, value in known.items())]
    lengthless = dict.fromkeys(LENGTHS) | {"training.steps": 1}  # what characters are in updates is known afterwards
    settings = own_settings(
        resolve(asked.preset, overrides, {**asked.options, **lengthless}, [own_stack_problems]).settings
    )
    length = {"steps": None, **asked.each.of(settings.training)}
    return settings.model_copy(update={"training": settings.training.model_copy(update=length)})

"""What a study is: the content of its YAML file. Knows no text, no weights, and not what the overrides mean.

An override is a part of the settings, written as in any config file. It may hold two more keys: `synthetic`, a text
that is generated, and, in a level of a factor, `measure`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from charlm.config.section import Listed, Section
from charlm.config.settings import Seconds
from charlm.config.suggestions import suggestion
from charlm.errors import UsageError

FEWEST_SEEDS = 3
NAME = re.compile(r"\w[\w.-]{0,39}")

Override = dict[str, Any]
Place = tuple[str, tuple[tuple[str, str], ...]]  # a variant at one combination of levels: its trials differ in the seed
Measure = Literal["valid", "recall", "answers", "pairs", "bound", "cost"]


class Budget(Section):
    """How long each run trains: exactly one of the three."""

    steps: int | None = Field(default=None, ge=1, le=10**9)
    characters: int | None = Field(default=None, ge=1, le=10**12)
    seconds: Seconds | None = None

    @model_validator(mode="after")
    def _one(self) -> Budget:
        given = self.model_dump(exclude_none=True)
        if len(given) != 1:
            raise ValueError(f"budget takes exactly one of steps, characters and seconds, not {len(given)} of them")
        return self


class Parameters(Section):
    """`equal`: the number of parameters of all variants, or the variant that has this number."""

    equal: str | Annotated[int, Field(ge=1)]


class Choose(Section):
    """A setting that each variant gets its own value of, the best of these. See choosing.py."""

    setting: str = Field(min_length=1, max_length=100)  # by its dotted name: training.learning_rate
    values: Annotated[tuple[Any, ...], Listed] = Field(min_length=2, max_length=20)
    budget_share: float = Field(default=1.0, gt=0, le=1)  # of the study's budget, for each value that is tried

    @model_validator(mode="after")
    def _distinct(self) -> Choose:
        if any(value in self.values[:number] for number, value in enumerate(self.values)):
            raise ValueError("choose.values: a value is given twice, which would train the same candidate twice")
        return self

    @property
    def short_name(self) -> str:
        """`learning_rate`."""
        return self.setting.rpartition(".")[2]

    def end(self, value: object) -> str | None:
        """`largest` or `smallest`: the end of the values that this one is at; None if it is between two of them.

        A better value may then lie beyond. Values that are not numbers have no ends.
        """
        if any(isinstance(each, bool) or not isinstance(each, int | float) for each in self.values):
            return None
        ends = {max(self.values): "largest", min(self.values): "smallest"}
        return next((end for each, end in ends.items() if each == value), None)


class Quick(Section):
    """What `--quick` changes: a shorter budget, smaller sizes, fewer levels and variants; never the seeds."""

    budget: Budget | None = None
    base: Override = Field(default={})
    variants: Annotated[tuple[str, ...], Listed] | None = None
    factors: dict[str, Annotated[tuple[str, ...], Listed]] = Field(default={})


class Study(Section):
    """Its trials are variants x levels of each factor x seeds, all trained for the same budget."""

    name: str
    question: str = Field(min_length=1, max_length=2000)
    base: Override = Field(default={})
    variants: dict[str, Override | None] = Field(min_length=2, max_length=100)
    baseline: str
    factors: dict[str, dict[str, Override | None]] = Field(default={}, max_length=4)
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, lt=2**31)], ...], Listed] = Field(max_length=100)
    budget: Budget
    parameters: Parameters | None = None
    choose: Choose | None = None
    measure: Measure = "valid"
    quick: Quick | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        levels = [level for each in self.factors.values() for level in each]
        for name in (self.name, *self.variants, *self.factors, *levels):
            if not NAME.fullmatch(name):
                raise ValueError(f"{name[:50]!r} cannot be a name: use letters, digits, dots, dashes and underscores")
        if len(set(self.seeds)) < FEWEST_SEEDS:
            count = {0: "none", 1: "one seed"}.get(len(set(self.seeds)), f"{len(set(self.seeds))} seeds")
            what = f"seeds: a study needs at least three different seeds to tell an effect from chance, not {count}"
            raise ValueError(f"{what}. Give seeds: [1, 2, 3]")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds: a seed is given twice, which would train the same run twice")
        self._check_known(self.baseline, self.variants, "baseline")
        if self.parameters and isinstance(self.parameters.equal, str):
            self._check_known(self.parameters.equal, self.variants, "parameters.equal")
        if self.choose and self.measure == "cost":
            raise ValueError("choose: a study of cost trains nothing, so no value can be the best. Leave choose out")
        if self.quick:
            for variant in self.quick.variants or ():
                self._check_known(variant, self.variants, "quick.variants")
            for factor, chosen in self.quick.factors.items():
                self._check_known(factor, self.factors, "quick.factors")
                for level in chosen:
                    self._check_known(level, self.factors[factor], f"quick.factors.{factor}")
        return self

    @staticmethod
    def _check_known(name: str, names: Iterable[str], where: str) -> None:
        if name not in names:
            hint = suggestion(name, list(names)) or f"There are {', '.join(names)}."
            raise ValueError(f"{where}: there is no {name[:50]!r}. {hint}")

    def quick_form(self) -> Study:
        """The study that `--quick` runs, under its own name."""
        if self.quick is None:
            raise UsageError(f"The study {self.name} has no quick form", "--quick", "Leave --quick out.")
        quick = self.quick
        kept = {*(quick.variants or self.variants), self.baseline}
        plain = self.model_dump(exclude_none=True, exclude={"quick"}) | {
            "name": f"{self.name}-quick",
            "base": merge_overrides(self.base, quick.base),
            "variants": {name: override for name, override in self.variants.items() if name in kept},
            "factors": {
                factor: {name: each for name, each in levels.items() if name in quick.factors.get(factor, levels)}
                for factor, levels in self.factors.items()
            },
        }
        if quick.budget:
            plain["budget"] = quick.budget.model_dump(exclude_none=True)
        return Study.model_validate(plain)


def merge_overrides(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Two overrides merged section by section; the upper one wins."""
    both = dict(lower)
    for key, value in upper.items():
        below = both.get(key)
        both[key] = (
            merge_overrides(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
        )
    return both

"""What a study is, as it stands in its YAML file. Knows no text, no weights, and not what the overrides mean.

An override is a part of the settings, written as in any config file, and may hold two things more: `synthetic`, a text
that is generated, and in a level of a factor `measure`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from charlm.config.presets import PACKAGE, is_file_name, read_config
from charlm.config.settings import Listed, Seconds, Section
from charlm.config.suggestions import suggestion
from charlm.config.yaml_reading import Document, read_yaml
from charlm.errors import UsageError

FEWEST_SEEDS = 3
NAME = re.compile(r"\w[\w.-]{0,39}")
REMEDY = "A study has name, question, base, variants, baseline, seeds and budget; see configs/studies."

Override = dict[str, Any]
Measure = Literal["valid", "recall", "cost"]


class Budget(Section):
    """How long each run trains: one of the three."""

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
    """`equal`: the variant, or the number, whose count of parameters all variants are brought to."""

    equal: str | Annotated[int, Field(ge=1)]


class Quick(Section):
    """What `--quick` changes: a shorter budget, smaller sizes, some of the levels and variants; never the seeds."""

    budget: Budget | None = None
    base: Override = Field(default={})
    variants: Annotated[tuple[str, ...], Listed] | None = None
    factors: dict[str, Annotated[tuple[str, ...], Listed]] = Field(default={})


class Study(Section):
    """The trials are variants x levels of each factor x seeds, each trained for the same budget."""

    name: str
    question: str = Field(min_length=1, max_length=2000)
    base: Override = Field(default={})
    variants: dict[str, Override | None] = Field(min_length=2, max_length=100)
    baseline: str
    factors: dict[str, dict[str, Override | None]] = Field(default={}, max_length=4)
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, lt=2**31)], ...], Listed] = Field(max_length=100)
    budget: Budget
    parameters: Parameters | None = None
    measure: Measure = "valid"
    quick: Quick | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        levels = [level for each in self.factors.values() for level in each]
        for name in (self.name, *self.variants, *self.factors, *levels):
            if not NAME.fullmatch(name):
                raise ValueError(f"{name[:50]!r} cannot be a name: use letters, digits, dots, dashes, underscores")
        if len(set(self.seeds)) < FEWEST_SEEDS:
            count = {0: "no seed", 1: "one seed"}.get(len(set(self.seeds)), f"{len(set(self.seeds))} different seeds")
            raise ValueError(f"seeds: {count} would measure luck; a study takes at least three, such as [1, 2, 3]")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds: the same seed twice gives the same run twice")
        self._known(self.baseline, self.variants, "baseline")
        if self.parameters and isinstance(self.parameters.equal, str):
            self._known(self.parameters.equal, self.variants, "parameters.equal")
        if self.quick:
            for variant in self.quick.variants or ():
                self._known(variant, self.variants, "quick.variants")
            for factor, chosen in self.quick.factors.items():
                self._known(factor, self.factors, "quick.factors")
                for level in chosen:
                    self._known(level, self.factors[factor], f"quick.factors.{factor}")
        return self

    @staticmethod
    def _known(name: str, names: Iterable[str], where: str) -> None:
        if name not in names:
            hint = suggestion(name, list(names)) or f"There are {', '.join(names)}."
            raise ValueError(f"{where}: there is no {name[:50]!r}. {hint}")

    def made_quick(self) -> Study:
        """The study that `--quick` runs, under a name of its own."""
        if self.quick is None:
            raise UsageError(f"The study {self.name} has no quick form", "--quick", "Leave --quick out.")
        quick = self.quick
        kept = {*(quick.variants or self.variants), self.baseline}
        plain = self.model_dump(exclude_none=True, exclude={"quick"}) | {
            "name": f"{self.name}-quick",
            "base": joined(self.base, quick.base),
            "variants": {name: override for name, override in self.variants.items() if name in kept},
            "factors": {
                factor: {name: each for name, each in levels.items() if name in quick.factors.get(factor, levels)}
                for factor, levels in self.factors.items()
            },
        }
        if quick.budget:
            plain["budget"] = quick.budget.model_dump(exclude_none=True)
        return Study.model_validate(plain)


def joined(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """One override laid over another, section by section."""
    both = dict(lower)
    for key, value in upper.items():
        below = both.get(key)
        both[key] = joined(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return both


def studies() -> dict[str, Path]:
    """The studies that come with charlm, by name: inside an installed wheel, or beside the package in a source tree."""
    folder = PACKAGE / "presets"
    if not folder.is_dir():
        folder = PACKAGE.parent / "configs"
    return {path.stem: path for path in sorted((folder / "studies").glob("*.yaml"))}


def open_study(name_or_file: str) -> Study:
    """The study of that name, or in that file. Raises UsageError."""
    if is_file_name(name_or_file):
        return from_document(read_config(Path(name_or_file), name_or_file), name_or_file)
    found = studies()
    if name_or_file not in found:
        hint = suggestion(name_or_file, found)
        listed = f"Studies: {', '.join(found)}; or give a file whose name ends in .yaml."
        raise UsageError(f"There is no study {name_or_file[:80]}", "study", f"{hint} {listed}".strip())
    return from_document(read_config(found[name_or_file], f"study {name_or_file}"), f"study {name_or_file}")


def read_study(path: Path) -> Study:
    """The study that a study's folder keeps. Raises UsageError."""
    return from_document(read_config(path, str(path)), str(path))


def from_document(document: Document, source: str) -> Study:
    if not isinstance(document.value, dict):
        raise UsageError(f"{source} holds no study", source, REMEDY)
    try:
        return Study.model_validate(document.value)
    except ValidationError as error:
        raise _refusal(error, document, source) from None


def _refusal(error: ValidationError, document: Document, source: str) -> UsageError:
    """The first thing that is wrong: an unknown key before all others, since it may be why others are missing."""
    wrong = sorted(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")[0]
    path = tuple(str(part) for part in wrong["loc"])
    line = next((document.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in document.lines), None)
    where = f"{source} line {line}" if line else source
    name = ".".join(path)
    if wrong["type"] == "extra_forbidden":
        inner: dict[str, type[Section]] = {"budget": Budget, "parameters": Parameters, "quick": Quick}
        known = list((inner.get(path[0], Study) if len(path) > 1 else Study).model_fields)
        return UsageError(f"A study has no {name[:60]}", where, suggestion(path[-1], known) or REMEDY)
    if wrong["type"] == "missing":
        return UsageError(f"The study lacks {name}", source, REMEDY)
    if wrong["type"] == "value_error":
        what, _, remedy = str(wrong["ctx"]["error"]).partition(". ")
        return UsageError(what, where, remedy or REMEDY)
    return UsageError(f"{name[:60]} cannot be used: {wrong['msg']}", where, REMEDY)


def to_yaml(study: Study) -> str:
    """The study as text that reads back as the same study, one variant or level a line."""
    from charlm.config.stored import inline_yaml

    lines = []
    for key, value in study.model_dump(mode="json", exclude_none=True).items():
        if key in ("variants", "base") and value:
            lines += [f"{key}:", *(f"  {inline_yaml(name)}: {inline_yaml(inner)}" for name, inner in value.items())]
        elif key == "factors" and value:
            lines.append("factors:")
            for factor, levels in value.items():
                lines.append(f"  {inline_yaml(factor)}:")
                lines += [f"    {inline_yaml(level)}: {inline_yaml(inner)}" for level, inner in levels.items()]
        else:
            lines.append(f"{key}: {inline_yaml(value)}")
    text = "\n".join(lines) + "\n"
    read_yaml(text.encode(), study.name)
    return text

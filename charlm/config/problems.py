"""What is wrong with settings, in plain words, and all of it at once. Knows no file and no precedence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from charlm.errors import UsageError

MAX_LISTED = 20
MAX_SHOWN = 60  # characters of a value, or of a name, in a sentence

# What to say for each kind of error of pydantic's; braces are filled from the bounds that it gives.
WORDS = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "string_too_long": "may have at most {max_length} characters",
    "tuple_type": "must be a list, such as [a, b]",
    "literal_error": "must be {expected}",
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt:.15g}",
    "greater_than_equal": "must be at least {ge:.15g}",
    "less_than": "must be less than {lt:.15g}",
    "less_than_equal": "must be at most {le:.15g}",
}
COUNTS = {
    "missing": "has too few values",
    "too_short": "has too few values: at least {min_length} belong there",
    "too_long": "has too many values: at most {max_length} belong there",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the dotted name of the setting, a sentence about it, what to do, where it was given."""

    name: str
    what: str
    remedy: str = ""
    origin: str = ""


def abbreviated(value: object) -> str:
    """A value as YAML would have it, on one line, cut when it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def problems_of(validation: ValidationError) -> list[Problem]:
    """One problem for each setting that does not hold what it should, in the order of the settings."""
    problems: dict[str, Problem] = {}
    for error in validation.errors(include_url=False):
        location = error["loc"]
        depth = 3 if location[:2] in (("model", "cell_options"), ("model", "attention")) else 2
        name = ".".join(str(part) for part in location[:depth])
        if name not in problems:  # a union complains once for each of its members
            problems[name] = Problem(name, _sentence(name, location[depth:], dict(error)))
    return list(problems.values())


def _sentence(name: str, inside: Sequence[int | str], error: Mapping[str, Any]) -> str:
    kind, bounds = error["type"], error.get("ctx", {})
    short = name[:MAX_SHOWN]
    if kind == "value_error":
        words = str(bounds["error"])
        return words if re.search(r"\b(text|model|training)\.", words) else f"{short}: {words}"
    if kind in COUNTS:
        return f"{short} {COUNTS[kind].format(**bounds)}"
    if name.startswith("model.cell_options."):
        return f"{short} must be true, false, a finite number or text, not {abbreviated(error['input'])}"
    if kind == "extra_forbidden" and not inside:
        return f"There is no setting {short}"
    subject = f"value {inside[0] + 1} of {short}" if inside and isinstance(inside[0], int) else short
    if kind == "extra_forbidden":
        return f"{subject} has no name {str(inside[-1])[:MAX_SHOWN]}"
    if len(inside) > 1:
        subject = f"{inside[1]} in {subject}"
    words = WORDS[kind].format(**bounds).replace("'", "") if kind in WORDS else f"cannot be used ({error['msg']})"
    return f"{subject} {words}, not {abbreviated(error['input'])}"


def with_origins(problems: Sequence[Problem], origins: Mapping[str, str]) -> list[Problem]:
    """The problems, each with where the settings that it speaks of were given."""
    return [problem if problem.origin else replace(problem, origin=_origin(problem, origins)) for problem in problems]


def _origin(problem: Problem, origins: Mapping[str, str]) -> str:
    mentioned = {problem.name, *(word.strip(".") for word in re.findall(r"[\w.]+", problem.what))}
    inside = f"{problem.name}." if "." in problem.name else "nothing"  # the options of a cell
    involved = (origin for name, origin in origins.items() if name in mentioned or name.startswith(inside))
    return ", ".join(dict.fromkeys(involved))


def usage_error(problems: Sequence[Problem]) -> UsageError:
    """One error for all the problems."""
    remedy = "`charlm config schema` has every setting with what it may be."
    if len(problems) == 1:
        problem = problems[0]
        return UsageError(problem.what, problem.origin, problem.remedy or remedy)
    lines = [f"  {_line(problem)}" for problem in problems[:MAX_LISTED]]
    if len(problems) > MAX_LISTED:
        lines.append(f"  ... and {len(problems) - MAX_LISTED:,} more")
    return UsageError(f"{len(problems):,} settings cannot be used", "\n".join(lines), remedy)


def _line(problem: Problem) -> str:
    place = f" ({problem.origin})" if problem.origin else ""
    return f"{problem.what}{place}. {problem.remedy}".strip() if problem.remedy else f"{problem.what}{place}"

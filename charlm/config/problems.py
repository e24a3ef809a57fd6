"""Problems with settings: in plain words, and all in one error. Knows no file and no precedence."""

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

# The words for each of pydantic's types of error. The names in braces are those of its context.
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
    "too_short": "has too few values: it needs at least {min_length}",
    "too_long": "has too many values: it may have at most {max_length}",
}


# settings whose values are named one by one
MAPPINGS = tuple(("model", name) for name in ("cell_options", "attention", "block", "latent", "pairs"))


@dataclass(frozen=True)
class Problem:
    """One problem: the dotted name of the setting, what is wrong, what to do, and the origin of the value."""

    name: str
    what: str
    remedy: str = ""
    origin: str = ""


def abbreviated(value: object) -> str:
    """A value as JSON on one line, cut off if it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def problems_of(validation: ValidationError) -> list[Problem]:
    """One problem for each invalid setting, in the order of the settings."""
    problems: dict[str, Problem] = {}
    for error in validation.errors(include_url=False):
        location = error["loc"]
        depth = 3 if location[:2] in MAPPINGS else 2
        name = ".".join(str(part) for part in location[:depth])
        if name not in problems:  # pydantic reports each member of a union
            problems[name] = Problem(name, _sentence(name, location[depth:], dict(error)))
    return list(problems.values())


def _sentence(name: str, inside: Sequence[int | str], error: Mapping[str, Any]) -> str:
    error_type, context = error["type"], error.get("ctx", {})
    short = name[:MAX_SHOWN]
    if error_type == "value_error":
        words = str(context["error"])
        return words if re.search(r"\b(text|model|training)\.", words) else f"{short}: {words}"
    if error_type in COUNTS:
        return f"{short} {COUNTS[error_type].format(**context)}"
    if name.startswith("model.cell_options."):
        return f"{short} must be true, false, a finite number or text, not {abbreviated(error['input'])}"
    if error_type == "extra_forbidden" and not inside:
        return f"There is no setting {short}"
    subject = f"value {inside[0] + 1} of {short}" if inside and isinstance(inside[0], int) else short
    if error_type == "extra_forbidden":
        return f"{subject} has no name {str(inside[-1])[:MAX_SHOWN]}"
    if len(inside) > 1:
        subject = f"{inside[1]} in {subject}"
    known = WORDS.get(error_type)
    words = known.format(**context).replace("'", "") if known else f"cannot be used ({error['msg']})"
    return f"{subject} {words}, not {abbreviated(error['input'])}"


def with_origins(problems: Sequence[Problem], origins: Mapping[str, str]) -> list[Problem]:
    """The problems, each with the origins of the settings that it mentions."""
    return [problem if problem.origin else replace(problem, origin=_origin(problem, origins)) for problem in problems]


def _origin(problem: Problem, origins: Mapping[str, str]) -> str:
    mentioned = {problem.name, *(word.strip(".") for word in re.findall(r"[\w.]+", problem.what))}
    inside = f"{problem.name}." if "." in problem.name else "nothing"  # the options of a cell
    involved = (origin for name, origin in origins.items() if name in mentioned or name.startswith(inside))
    return ", ".join(dict.fromkeys(involved))


def usage_error(problems: Sequence[Problem]) -> UsageError:
    """One error that lists the problems."""
    remedy = "`charlm config schema` lists every setting and its values."
    if len(problems) == 1:
        problem = problems[0]
        return UsageError(problem.what, problem.origin, problem.remedy or remedy)
    lines = [f"  {_line(problem)}" for problem in problems[:MAX_LISTED]]
    if len(problems) > MAX_LISTED:
        lines.append(f"  ... and {len(problems) - MAX_LISTED:,} more")
    return UsageError(f"{len(problems):,} settings cannot be used", "\n".join(lines), remedy)


def _line(problem: Problem) -> str:
    where = f" ({problem.origin})" if problem.origin else ""
    return f"{problem.what}{where}. {problem.remedy}" if problem.remedy else f"{problem.what}{where}"

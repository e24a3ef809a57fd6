"""The rules of sampling that `charlm bench sample --rules` times, each with a usual value. Imports no numpy.

A setting is what `charlm sample` is given under the same names. The temperature is that of the plain draw, unless the
setting has one.
"""

from __future__ import annotations

from collections.abc import Mapping

PLAIN, ALL = "plain", "all"

Setting = Mapping[str, float | str]

RULES: Mapping[str, Setting] = {
    PLAIN: {"temperature": 0.8},
    "greedy": {"temperature": 0.0},
    "top_k": {"top_k": 40},
    "top_p": {"top_p": 0.9},
    "min_p": {"min_p": 0.05},
    "typical": {"typical": 0.9},
    "truncations": {"top_k": 40, "top_p": 0.9, "min_p": 0.05, "typical": 0.9},
    "repetition_penalty": {"repetition_penalty": 1.1},
    "no_repeat": {"no_repeat": 12},
    "mirostat": {"mirostat": 2},
    "only": {"only": "a-zA-Z \\n"},
    "regex": {"regex": "([^\\n]{0,70}\\n)+"},
    "max_copy": {"max_copy": 40},
}


def chosen_rules(words: str) -> list[str]:
    """The rules that are named, separated by commas, after the plain draw; `all` is all of them.

    Raises UsageError for a name that none has.
    """
    from charlm.config.suggestions import suggestion
    from charlm.errors import UsageError

    names = [word.strip().lower().replace("-", "_") for word in words.split(",")]
    for name in names:
        if name not in (*RULES, ALL):
            remedy = f"{suggestion(name, (*RULES, ALL))} The rules are {', '.join(RULES)}; or all.".lstrip()
            raise UsageError(f"There is no rule {name!r} to time", f"--rules {words}", remedy)
    return list(RULES) if ALL in names else list(dict.fromkeys((PLAIN, *names)))

"""The setting that a study chooses, as a part of the settings of its trials. Knows no trial and no score."""

from __future__ import annotations

from collections.abc import Mapping

from charlm.config.given import LENGTHS, Given, nested, read_given
from charlm.config.problems import abbreviated, usage_error
from charlm.errors import UsageError
from charlm.studies.study import Choose, Study

OTHER_TEXT = "the candidates would be scored on different texts"
FIXED = {  # settings that cannot be chosen, and why
    "training.seed": "the seeds are those under `seeds`",
    "training.valid_characters": OTHER_TEXT,
    **dict.fromkeys(LENGTHS, "`budget` is the length of all runs"),
}
SOLVED = "`parameters` solves for the size of every model"


def given_value(
    study: Study, choose: Choose, number: int, parts: Mapping[str, Mapping[str, Given]], source: str
) -> dict[str, Given]:
    """The value with that number, from 0, by its dotted name. `parts` are the settings that the study gives elsewhere.

    Raises UsageError if there is no such setting, if it cannot be chosen, or if one of the parts sets it.
    """
    where = f"{source}, choose"
    value, problems = read_given(nested({choose.setting: choose.values[number]}), lambda path: where)
    if problems:
        raise usage_error(problems)
    if list(value) != [choose.setting]:
        raise UsageError(
            f"{abbreviated(choose.setting)} is not one setting", where, "Name one, such as training.learning_rate."
        )
    fixed = {**FIXED, "model.hidden_size": SOLVED} if study.parameters else FIXED
    if why := OTHER_TEXT if choose.setting.startswith("text.") else fixed.get(choose.setting):
        raise UsageError(f"{choose.setting} cannot be chosen: {why}", where, "A learning rate can, for example.")
    for part, values in parts.items():
        if choose.setting in values:
            what = f"{choose.setting} is to be chosen, and is set too"
            raise UsageError(what, f"{source}, {part}", "Leave out one of the two.")
    return value

"""Which kind of model a run trains, by its settings: its text is opened accordingly. Knows no training."""

from __future__ import annotations

from charlm.config.history import BEFORE_IT_EXISTED
from charlm.config.resolving import resolve
from charlm.errors import CharlmError
from charlm.runs import open_run, runs_root


def is_of_pairs(target: str | None) -> bool:
    """Whether the run of that name is one of pairs. A run that cannot be read is left to those who say why."""
    try:
        config = open_run(runs_root(), target).config
        return resolve(str(config), (), {}, (), BEFORE_IT_EXISTED).settings.model.pairs.kind is not None
    except CharlmError:
        return False

"""`charlm.train` and `charlm.resume`: a run that begins, and one that goes on. Imports torch only when called."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlm.api.models import checkpoint_of
from charlm.checkpoint import Checkpoint
from charlm.checkpoint.moved import Moved

if TYPE_CHECKING:
    from charlm.training.experiment import Training

OF_A_KIND = ("model.pairs", "model.latent")


def train(
    *texts: str | Path,
    config: str | Path | None = None,
    run: str | None = None,
    start_from: Checkpoint | str | Path | None = None,
    **settings: Any,
) -> Training[Any]:
    """A new run, ready to train: `for event in charlm.train("book.txt", hidden_size=64, steps=500): ...`

    `texts` are files, folders, globs or names of corpora; none is the embedded corpus. `config` is a preset or a YAML
    file, `run` the name of the run. Any setting of `charlm config schema` is a keyword: `steps` for training.steps,
    or in full `training__steps`, with two underscores for each dot. None is YAML's null.

    `cell="path/to/mycell.py:MyCell"` runs the code in that file. Raises UsageError for a setting that is unknown or
    invalid, TextError for a text that cannot be read.
    """
    from charlm.cells.naming_files import own_settings, own_stack_problems
    from charlm.config.resolving import resolve_to_train
    from charlm.notebook.training import shown_training
    from charlm.training.experiment import begin
    from charlm.training.origin import kind_of, settings_from

    start = None if start_from is None else checkpoint_of(start_from)
    values = {_setting(keyword): value for keyword, value in settings.items()}
    if texts:
        values["text.sources"] = [str(text) for text in texts]
    if start is not None and config is None and not any(name.startswith(OF_A_KIND) for name in values):
        values |= kind_of(start)
    nulls = [f"{name}=null" for name, value in values.items() if value is None]  # None in `options` means not given
    resolved = resolve_to_train(None if config is None else str(config), nulls, values, [own_stack_problems])
    resolved = replace(resolved, settings=own_settings(resolved.settings))
    if start is None:
        return shown_training(begin(resolved.settings, run, automatic=resolved.automatic))
    chosen, notes = settings_from(resolved, start)
    return shown_training(begin(chosen, run, start, notes))


def resume(
    run: str | Path | None = None,
    *,
    more: int | str | None = None,
    text: str | Path | None = None,
    valid: str | Path | None = None,
    test: str | Path | None = None,
    **settings: Any,
) -> Training[Any]:
    """A run that continues from its newest whole checkpoint, ready to train. `run` is as for `load`.

    A run that was interrupted goes on to the length that it was given. `more` adds to what is done: 500 updates,
    "2epochs", "5m". `text`, `valid` and `test` are where its texts are now, if they have moved. Settings that a resume
    may change are keywords as for `train`; lengths among them are totals.

    Raises UsageError for a change that would make it another run and for a length that is reached already,
    CheckpointError if no checkpoint is whole or the text has changed, TextError if the text is gone, BusyError if
    another process writes the run.
    """
    from charlm.notebook.training import shown_training
    from charlm.training.experiment import resume as resume_run

    name = None if run is None else str(run)
    moved = Moved(*(() if place is None else (str(place),) for place in (text, valid, test)))
    values = {_setting(keyword): value for keyword, value in settings.items()}
    amount = None if more is None else str(more)
    return shown_training(resume_run(name, (), values, more=amount, moved=moved))


def _setting(keyword: str) -> str:
    """The name of a setting in YAML: `training.steps` for `steps` or `training__steps`."""
    from charlm.config.given import NAMES

    if "__" in keyword:
        return keyword.replace("__", ".")
    return next((name for name in NAMES if name.endswith(f".{keyword}")), keyword)

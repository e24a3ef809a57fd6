"""What a run is resumed from: its newest whole checkpoint, its text, and its settings with changes that may be made.

Writes nothing. Knows no weights and no terminal.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from charlm.cells.stacks import stack_problems
from charlm.checkpoint import Checkpoint
from charlm.checkpoint.moved import OPTIONS, Moved
from charlm.checkpoint.series import newest_whole
from charlm.config.given import dotted
from charlm.config.history import BEFORE_IT_EXISTED
from charlm.config.resolving import resolve
from charlm.config.settings import Settings
from charlm.config.stored import inline_yaml
from charlm.errors import CheckpointError, UsageError
from charlm.runs import Run, command_name
from charlm.training.lengths import LENGTHS, Length, parse_more, require_unfinished, total_of, with_more
from charlm.training.optimization import learning_rate
from charlm.training.progress import Progress
from charlm.training.task import Opened, Passes

# A resumed run may change how long, where and how closely watched it trains, ...
WATCHING = (
    "steps", "epochs", "budget", "validations", "valid_characters", "patience", "save_every", "keep",
    "sample_every", "sample_length", "device", "precision", "threads",
)  # fmt: skip
# ... and, on purpose, these two: it is then no longer the training that was planned. All else makes it another run.
STEERING = ("learning_rate", "batch_size")
CHANGEABLE = tuple(f"training.{key}" for key in (*WATCHING, *STEERING))

Changes = Mapping[str, tuple[object, object]]  # by name of the setting: the value before, and now


@dataclass(frozen=True)
class Asked:
    """What the user asks of a resumed run. All of it may be left out.

    `overrides` ("training.steps=500") and `options` ({"training.steps": 500}) change settings, as in `resolve`; `more`
    ("500", "5m") adds to what is done. `moved` is where the run's texts are now.
    """

    overrides: Sequence[str] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    more: str | None = None
    moved: Moved = field(default_factory=Moved)

    def words(self) -> list[str]:
        """The changes as words of a command; a text that has moved is not one of them."""
        values = {name: value for name, value in self.options.items() if value is not None}
        given = [f"{name}={value if isinstance(value, str) else inline_yaml(value)}" for name, value in values.items()]
        more = [] if self.more is None else ["--more", self.more]
        return [*more, *(word for one in (*self.overrides, *given) for word in ("-s", one))]


AnyText = TypeVar("AnyText", bound=Opened[Any], covariant=True)


class OpenText(Protocol[AnyText]):
    """Opens the text of a run again, where it was or where it has moved. `checkpoint` is None if the run has none.

    Raises CheckpointError if the text has changed, TextError if it is gone.
    """

    def __call__(self, run: Run, settings: Settings, checkpoint: Checkpoint | None, asked: Asked) -> AnyText: ...


@dataclass(frozen=True, eq=False)
class ResumableRun(Generic[AnyText]):
    """What a run is resumed from. `checkpoint` is None if the run has none yet; it then begins from its settings."""

    settings: Settings
    checkpoint: Checkpoint | None
    text: AnyText
    changes: Changes
    notes: Sequence[str]


def reopen(run: Run, asked: Asked, open_text: OpenText[AnyText]) -> ResumableRun[AnyText]:
    """What the run can be resumed from; `open_text` opens what it learns. The caller holds the lock of the run.

    Raises UsageError for a change that would make it another run, or a length that is already reached; CheckpointError
    if no checkpoint is whole or the text has changed; TextError if the text is gone.
    """
    more = _more(asked)
    checkpoint, damaged = newest_whole(run)
    stored, settings = _settings(run, asked)
    _require_checkpoint(run, damaged, checkpoint)
    before = checkpoint.settings if checkpoint else stored
    _refuse_another_run(changes_between(before, settings), run)
    text = open_text(run, settings, checkpoint, asked)
    settings = settings.model_copy(update={"text": asked.moved.settings(settings.text)})
    characters = text.reader.characters_per_epoch
    progress = Progress()
    if checkpoint:
        progress = Progress.from_json(checkpoint.training, str(checkpoint.folder))
    if more:
        settings = with_more(settings, more, progress, characters)
    progress = progress.planned_anew(before.training, settings.training, characters)
    command = " ".join([resume_command(run), *map(shlex.quote, asked.moved.words())])
    require_unfinished(settings.training, progress, characters, run.name, command, _gives_a_length(asked))
    changes = changes_between(before, settings)
    notes = [*damaged]
    if not checkpoint:
        notes.append(f"{run.name} has no checkpoint yet: it begins from its settings")
    else:
        notes += change_notes(changes, settings, progress, text.reader)
    return ResumableRun(settings, checkpoint, text, changes, notes)


def changes_between(before: Settings, now: Settings) -> Changes:
    """The settings that differ."""
    old, new = dotted(before), dotted(now)
    names = dict.fromkeys((*old, *new))
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def change_notes(changes: Changes, settings: Settings, progress: Progress, reader: Passes) -> list[str]:
    """What a person should know about the changes of a run that is resumed at this progress."""
    training, notes = settings.training, []
    for key in STEERING:
        if f"training.{key}" in changes:
            old, new = changes[f"training.{key}"]
            notes.append(f"training.{key} is {new} from here on, not {old}: no longer bit for bit as it was planned")
    if any(f"training.{key}" in changes for key in LENGTHS):
        done = progress.fraction_done(training, reader.characters_per_epoch)
        epoch = reader.epoch_at(progress.position)
        rates = [learning_rate(training, *at) * progress.rate_factor for at in ((done, epoch), (1.0, epoch))]
        course = f"from {rates[0]:.3g} here to {rates[1]:.3g} at the end" if rates[0] != rates[1] else f"{rates[0]:.3g}"
        notes.append(
            f"the length is now {total_of(training).in_words()} in all, and {done:.0%} of it is done; "
            f"learning rate ({training.schedule}): {course}"
        )
    return notes


def _more(asked: Asked) -> Length | None:
    if asked.more is None:
        return None
    if _gives_a_length(asked):
        raise UsageError(
            "--more adds to what is done; --steps, --epochs and --budget are totals",
            f"--more {asked.more}",
            "Give one of them.",
        )
    return parse_more(asked.more)


def _gives_a_length(asked: Asked) -> bool:
    names = {override.partition("=")[0].strip() for override in asked.overrides}
    names |= {name for name, value in asked.options.items() if value is not None}
    return any(f"training.{key}" in names for key in LENGTHS)


def _settings(run: Run, asked: Asked) -> tuple[Settings, Settings]:
    """The settings of the run as they are stored, and with the changes."""
    if not run.config.is_file():
        raise CheckpointError(
            f"The run {run.name} has no {run.config.name}, and cannot be resumed without its settings",
            str(run.folder),
            f"Its checkpoints can still be used: charlm train TEXT --from {command_name(run)}",
        )
    stored = resolve(str(run.config), (), {}, [stack_problems], BEFORE_IT_EXISTED).settings
    return stored, resolve(
        str(run.config), asked.overrides, asked.options, [stack_problems], BEFORE_IT_EXISTED
    ).settings


def _require_checkpoint(run: Run, damaged: Sequence[str], checkpoint: Checkpoint | None) -> None:
    """A run without any checkpoint begins anew; one whose checkpoints are all damaged is left as it is."""
    if checkpoint is None and damaged:
        raise CheckpointError(
            f"The run {run.name} has no checkpoint that is whole",
            "; ".join(damaged),
            f"Train it again under another name: charlm train -c {shlex.quote(str(run.config))} --run NAME",
        )


def resume_command(run: Run) -> str:
    """The command that resumes the run."""
    return f"charlm train --resume {command_name(run)}"


def _refuse_another_run(changes: Changes, run: Run) -> None:
    """Raises UsageError if more is changed than what is CHANGEABLE."""
    refused = [name for name in changes if name not in CHANGEABLE]
    if not refused:
        return
    name = command_name(run)
    moved = [option for part, option in OPTIONS.items() if f"text.{part}" in refused]
    if moved:
        advice = f"If its text has moved, name it: {' '.join([resume_command(run), *moved])}"
    else:
        advice = f"To begin a new run from its weights: charlm train TEXT --from {name}"
    raise UsageError(
        f"A resumed run cannot change {', '.join(refused)}",
        str(run.folder),
        f"{advice}\nThese can change: {', '.join(sorted(CHANGEABLE))}",
    )

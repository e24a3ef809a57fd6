"""A whole training: begun on a text or resumed from a run, as the command, the studies and the library do it.

    training = begin(settings)         opens the text, chooses the device, makes the run's folder and locks it
    for event in training: ...         trains, keeps checkpoints and metrics; whoever reads the events shows them

Knows no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from charlm.cells.table import stack_problems
from charlm.checkpoint import Checkpoint
from charlm.checkpoint.reopening import require_same_text
from charlm.checkpoint.series import newest_whole
from charlm.config.given import dotted
from charlm.config.resolving import resolve
from charlm.config.settings import Settings
from charlm.config.stored import to_yaml
from charlm.device import Compute
from charlm.engines.precision import compute_for
from charlm.errors import CheckpointError, UsageError
from charlm.runs import Run, create_run, forget_metrics_after, lock_run, open_run, replace_text, runs_root
from charlm.runs.folder import MARK
from charlm.text.corpus import Corpus, open_corpus
from charlm.training.events import Event, Started
from charlm.training.journal import journal
from charlm.training.loop import never, train
from charlm.training.memory import check as check_memory
from charlm.training.memory import explain_out_of_memory
from charlm.training.plan import Plan, train_reader

# What may change when a run goes on: how long it trains, where, and how it is watched; not what it is.
CHANGEABLE = tuple(
    f"training.{key}"
    for key in (
        "steps", "epochs", "budget", "validations", "valid_characters", "patience", "save_every", "keep",
        "sample_every", "sample_length", "device", "precision", "threads",
    )
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Training:
    """A run that is locked and ready to train. Iterating it trains; the lock is released at the end, or by `close`.

    `notes` are for the user to read. `checkpoint` is what it goes on from, None if it starts anew. `latest` says
    whether the run becomes the one that commands take if none is named.
    """

    settings: Settings
    corpus: Corpus
    compute: Compute
    run: Run
    checkpoint: Checkpoint | None
    notes: Sequence[str]
    latest: bool
    _held: ExitStack = field(repr=False)

    def __iter__(self) -> Iterator[Event]:
        return self.events()

    def events(self, stop: Callable[[], bool] = never) -> Iterator[Event]:
        """Train, and yield what happens. `stop` is asked once a step; True ends the training with all saved."""
        with self, explain_out_of_memory(self.settings, self.compute.device):
            replace_text(self.run.config, to_yaml(self.settings))
            forget_metrics_after(self.run.metrics, self.checkpoint.step if self.checkpoint else -1)
            plan = Plan(self.settings, self.corpus, train_reader(self.settings, self.corpus), self.run, self.compute)
            for event in journal(train(plan, self.checkpoint, stop), self.run):
                if self.latest and isinstance(event, Started):
                    self.run.make_latest()
                yield event

    def close(self) -> None:
        self._held.close()

    def __enter__(self) -> Training:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


@dataclass(frozen=True, eq=False)
class Stored:
    """A run as it can be resumed: its settings with the changes, its newest whole checkpoint, and its text."""

    settings: Settings
    checkpoint: Checkpoint
    corpus: Corpus
    notes: Sequence[str]


def begin(settings: Settings, name: str | None = None) -> Training:
    """A new run for the settings. Raises UsageError, before anything is written, if the device cannot train it."""
    corpus = open_corpus(settings.text)
    compute = _device_for(settings, corpus)
    cells = "-".join(dict.fromkeys(layer.cell for layer in settings.model.stack()))
    run = _created(runs_root(), name, f"{corpus.name}-{cells}", corpus)
    with ExitStack() as held:
        held.enter_context(lock_run(run))
        return Training(settings, corpus, compute, run, None, (), latest=True, _held=held.pop_all())


def resume(name: str | None, overrides: Sequence[str] = (), options: Mapping[str, object] | None = None) -> Training:
    """Go on with a run, the latest if `name` is None. `overrides` and `options` are changes, as for `resolve`.

    Raises UsageError for a change that would make it another run, CheckpointError if no checkpoint is whole or the text
    has changed, BusyError if another process writes the run.
    """
    run = open_run(runs_root(), name)
    with ExitStack() as held:
        held.enter_context(lock_run(run))
        stored = reopen(run, overrides, options)
        compute = _device_for(stored.settings, stored.corpus)
        return Training(
            stored.settings, stored.corpus, compute, run, stored.checkpoint, stored.notes,
            latest=True, _held=held.pop_all(),
        )  # fmt: skip


def begin_or_resume(settings: Settings, corpus: Corpus, root: Path, name: str) -> Training:
    """The training of a trial: the run of that name in the folder `root`, begun unless it is there already."""
    compute = _device_for(settings, corpus)
    run = Run(root / name) if (root / name / MARK).is_file() else _created(root, name, name, corpus)
    with ExitStack() as held:
        held.enter_context(lock_run(run))
        checkpoint, notes = newest_whole(run)
        if checkpoint is not None:
            require_same_text(checkpoint, corpus, "Bring the old text back, or run the study under another --name.")
        return Training(settings, corpus, compute, run, checkpoint, notes, latest=False, _held=held.pop_all())


def reopen(run: Run, overrides: Sequence[str] = (), options: Mapping[str, object] | None = None) -> Stored:
    """What a run can be resumed from. The caller holds the run's lock. Raises what `resume` raises."""
    settings = resolve(str(run.config), overrides, options, [stack_problems]).settings
    checkpoint, notes = newest_whole(run)
    if checkpoint is None:
        raise CheckpointError(
            f"The run {run.name} has no checkpoint that is whole",
            "; ".join(notes) or str(run.folder),
            "Start it again under another name: charlm train ... --run NAME",
        )
    _refuse_another_model(settings, checkpoint)
    corpus = open_corpus(settings.text, checkpoint.vocabulary)
    require_same_text(checkpoint, corpus, "Bring the old text back to go on, or train a new run on the new one.")
    return Stored(settings, checkpoint, corpus, notes)


def _created(root: Path, name: str | None, slug: str, corpus: Corpus) -> Run:
    about = {"text": {"name": corpus.name, "sha256": corpus.sha256, "characters": corpus.characters}}
    return create_run(root, name, slug, about)


def _device_for(settings: Settings, corpus: Corpus) -> Compute:
    """The device, checked before anything is written: one that is absent or too small must leave no run behind."""
    compute = compute_for(settings)
    check_memory(settings, corpus.vocabulary.size, int(corpus.split("train").size), compute)
    return compute


def _refuse_another_model(settings: Settings, checkpoint: Checkpoint) -> None:
    """A run goes on as what it is: only how long, where and how watched may change."""
    before, now = dotted(checkpoint.settings), dotted(settings)
    changed = [name for name, value in now.items() if value != before.get(name) and name not in CHANGEABLE]
    if changed:
        raise UsageError(
            f"A run that goes on cannot change {', '.join(changed)}",
            str(checkpoint.folder),
            "Leave that out, or train a new run with it. These can change: " + ", ".join(sorted(CHANGEABLE)),
        )

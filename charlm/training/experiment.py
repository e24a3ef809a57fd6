"""A training from begin to end, as the command line, the studies and the library run it. Knows no terminal.

    training = begin(settings)         opens the text, chooses the device, creates the run's folder and locks it
    for event in training: ...         trains and writes checkpoints and metrics; the events say what happens

Of the files that do the work, `loop.py` comes next.
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
from charlm.training.journal import write_metrics
from charlm.training.loop import never_stop, train
from charlm.training.memory import explain_out_of_memory, require_memory
from charlm.training.plan import TrainingPlan, train_reader

# A resumed run may change how long, where and how closely watched it trains. All else makes it another run.
CHANGEABLE = tuple(
    f"training.{key}"
    for key in (
        "steps", "epochs", "budget", "validations", "valid_characters", "patience", "save_every", "keep",
        "sample_every", "sample_length", "device", "precision", "threads",
    )
)  # fmt: skip


@dataclass(eq=False)
class Training:
    """A run that is locked and ready to train. Iterate it once: it trains, and releases the lock at its end.

    Leaving the loop early or calling `close` releases the lock too; `resume` then continues from the last checkpoint.

    `notes` are messages to the user. `checkpoint` is where a resumed training continues, None for a new one. `latest`
    is True if the run becomes the one that commands take by default.
    """

    settings: Settings
    corpus: Corpus
    compute: Compute
    run: Run
    checkpoint: Checkpoint | None
    notes: Sequence[str]
    latest: bool
    _lock: ExitStack = field(repr=False)
    closed: bool = False

    def __iter__(self) -> Iterator[Event]:
        return self.events()

    def events(self, stop: Callable[[], bool] = never_stop) -> Iterator[Event]:
        """Train, and yield what happens. `stop` is called once a step; True saves and ends the training.

        Raises UsageError if the training is closed or runs out of memory, and what `loop.train` raises.
        """
        self._require_open()
        with self, explain_out_of_memory(self.settings, self.compute.device):
            replace_text(self.run.config, to_yaml(self.settings))
            forget_metrics_after(self.run.metrics, self.checkpoint.step if self.checkpoint else -1)
            reader = train_reader(self.settings, self.corpus)
            plan = TrainingPlan(self.settings, self.corpus, reader, self.run, self.compute)
            for event in write_metrics(train(plan, self.checkpoint, stop), self.run):
                if self.latest and isinstance(event, Started):
                    self.run.make_latest()
                yield event
                if self.closed:  # by the caller: the lock is gone
                    return

    def _require_open(self) -> None:
        if self.closed:
            raise UsageError(
                f"The training of {self.run.name} is closed",
                str(self.run.folder),
                f"Resume the run: charlm.training.experiment.resume({self.run.name!r}, ['training.steps=...'])",
            )

    def close(self) -> None:
        """Release the lock. Nothing is saved; the last checkpoint stays."""
        self.closed = True
        self._lock.close()

    def __enter__(self) -> Training:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, eq=False)
class ResumableRun:
    """What a run can be resumed from: its settings with the changes, its newest whole checkpoint, and its text."""

    settings: Settings
    checkpoint: Checkpoint
    corpus: Corpus
    notes: Sequence[str]


def begin(settings: Settings, name: str | None = None) -> Training:
    """A new run with these settings, named after its text and cell if `name` is None.

    Raises UsageError, before anything is written, if the device is absent or too small, TextError if the text cannot be
    read, CheckpointError if a run of that name exists.
    """
    corpus = open_corpus(settings.text)
    settings = with_decisions(settings, corpus)
    compute = _require_device(settings, corpus)
    cells = "-".join(dict.fromkeys(layer.cell for layer in settings.model.stack()))
    run = _create_run(runs_root(), name, f"{corpus.name}-{cells}", corpus)
    with ExitStack() as locked:
        locked.enter_context(lock_run(run))
        return Training(settings, corpus, compute, run, None, (), latest=True, _lock=locked.pop_all())


def resume(name: str | None, overrides: Sequence[str] = (), options: Mapping[str, object] | None = None) -> Training:
    """A run that continues from its newest whole checkpoint. `name` is its name or folder; None is the latest run.

    `overrides` ("training.steps=500") and `options` ({"training.steps": 500}) change its settings, as in `resolve`.
    Raises UsageError for a change that would make it another run, CheckpointError if no checkpoint is whole or the text
    has changed, BusyError if another process writes the run.
    """
    run = open_run(runs_root(), name)
    with ExitStack() as locked:
        locked.enter_context(lock_run(run))
        found = reopen(run, overrides, options)
        compute = _require_device(found.settings, found.corpus)
        return Training(
            found.settings, found.corpus, compute, run, found.checkpoint, found.notes,
            latest=True, _lock=locked.pop_all(),
        )  # fmt: skip


def begin_or_resume(settings: Settings, corpus: Corpus, root: Path, name: str) -> Training:
    """The run `name` in the folder `root`: resumed if it exists, otherwise new. For the trials of a study.

    Raises CheckpointError if the run was trained on another text, BusyError if another process writes it.
    """
    settings = with_decisions(settings, corpus)
    compute = _require_device(settings, corpus)
    run = Run(root / name) if (root / name / MARK).is_file() else _create_run(root, name, name, corpus)
    with ExitStack() as locked:
        locked.enter_context(lock_run(run))
        checkpoint, notes = newest_whole(run)
        if checkpoint is not None:
            require_same_text(checkpoint, corpus, "Bring the old text back, or run the study under another --name.")
        return Training(settings, corpus, compute, run, checkpoint, notes, latest=False, _lock=locked.pop_all())


def reopen(run: Run, overrides: Sequence[str] = (), options: Mapping[str, object] | None = None) -> ResumableRun:
    """What the run can be resumed from. The caller holds the lock of the run. Raises what `resume` raises."""
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
    require_same_text(checkpoint, corpus, "Bring the old text back to resume, or train a new run on the new text.")
    return ResumableRun(settings, checkpoint, corpus, notes)


def with_decisions(settings: Settings, corpus: Corpus) -> Settings:
    """The settings with what was decided when the text was read, so that it is always read in the same way."""
    return settings.model_copy(update={"text": settings.text.model_copy(update={"decided": corpus.decided})})


def _create_run(root: Path, name: str | None, slug: str, corpus: Corpus) -> Run:
    about = {"text": {"name": corpus.name, "sha256": corpus.sha256, "characters": corpus.characters}}
    return create_run(root, name, slug, about)


def _require_device(settings: Settings, corpus: Corpus) -> Compute:
    """The device of the settings. It is checked before anything is written, so that a refusal leaves no run behind."""
    compute = compute_for(settings)
    require_memory(settings, corpus.vocabulary.size, int(corpus.split("train").size), compute)
    return compute


def _refuse_another_model(settings: Settings, checkpoint: Checkpoint) -> None:
    """Raises UsageError if the settings differ from the checkpoint's in more than what is CHANGEABLE."""
    before, now = dotted(checkpoint.settings), dotted(settings)
    changed = [name for name, value in now.items() if value != before.get(name) and name not in CHANGEABLE]
    if changed:
        raise UsageError(
            f"A resumed run cannot change {', '.join(changed)}",
            str(checkpoint.folder),
            "Leave that out, or train a new run with it. These can change: " + ", ".join(sorted(CHANGEABLE)),
        )

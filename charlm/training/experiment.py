"""A training from begin to end, as the command line, the studies and the library run it. Knows no terminal.

    training = begin(settings)         opens the text, chooses the device, creates the run's folder and locks it
    for event in training: ...         trains and writes checkpoints and metrics; the events say what happens

Of the files that do the work, `loop.py` comes next; `resuming.py` decides what a run is resumed from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from charlm.cells.naming_files import files_of
from charlm.cells.own_files import text_of
from charlm.checkpoint import Checkpoint
from charlm.checkpoint.moved import Moved
from charlm.checkpoint.reopening import require_same_text
from charlm.checkpoint.series import newest_whole
from charlm.config.cell_files import short_name
from charlm.config.settings import Settings
from charlm.config.stored import to_yaml
from charlm.engines.precision import compute_for
from charlm.errors import UsageError
from charlm.processes.group import ALONE, Group
from charlm.processes.lanes import require_shareable
from charlm.runs import (
    Run,
    append_metrics,
    create_run,
    forget_metrics_after,
    lock_run,
    open_run,
    replace_text,
    runs_root,
)
from charlm.runs.folder import CONFIG, MARK
from charlm.text.corpus import Corpus, open_corpus
from charlm.training.announcing import admit, announce, require_for_all
from charlm.training.automatic import choose
from charlm.training.events import Event, Saved, Started, Updated
from charlm.training.journal import write_metrics
from charlm.training.leading import name_the_run
from charlm.training.loop import never, train
from charlm.training.memory import explain_out_of_memory
from charlm.training.origin import open_with_origin, seen_notes
from charlm.training.own_cells import prepare_own_cells
from charlm.training.plan import TrainingPlan
from charlm.training.resuming import Asked, Changes, reopen
from charlm.training.run_text import open_run_text
from charlm.training.task import Task
from charlm.training.task_kinds import name_of_kind, opened, read_as

if TYPE_CHECKING:
    from charlm.training.language import LanguageTask
    from charlm.training.pairs import PairTask

AnyTask = TypeVar("AnyTask", bound=Task)


@dataclass(eq=False)
class Training(Generic[AnyTask]):
    """A run that is locked and ready to train its task. Iterate it once: it trains, and releases the lock at its end.

    Leaving the loop early or calling `close` releases the lock too; `resume` then continues from the last checkpoint.

    `notes` are messages to the user. `checkpoint` is where a resumed training continues, None for one that begins.
    `changes` are the settings that a resumed training has changed. `latest` is True if the run becomes the one that
    commands take by default. `spent` and `validation_seconds` are those of a new training (`TrainingPlan`).
    """

    task: AnyTask
    run: Run
    checkpoint: Checkpoint | None
    notes: Sequence[str]
    latest: bool
    _lock: ExitStack = field(repr=False)
    changes: Changes = field(default_factory=dict)
    spent: float = 0.0
    validation_seconds: float = 0.0
    closed: bool = False

    @property
    def settings(self) -> Settings:
        return self.task.settings

    def __iter__(self) -> Iterator[Event]:
        return self.events()

    def events(self, stop: Callable[[], bool] = never, save: Callable[[], bool] = never) -> Iterator[Event]:
        """Train, and yield what happens.

        `stop` and `save` are called once a step: True saves and ends the training, or saves and goes on. Raises
        UsageError if the training is closed or runs out of memory, and what `loop.train` raises.
        """
        self._require_open()
        with self, name_the_run(self.run), explain_out_of_memory(self.settings, self.task.compute.device):
            if self.task.group.rank:  # only process 0 writes
                yield from train(TrainingPlan(self.task, self.run), self.checkpoint, stop, save)
                return
            step = self.checkpoint.step if self.checkpoint else -1
            forget_metrics_after(self.run.metrics, step)
            plan = TrainingPlan(self.task, self.run, self.spent, self.validation_seconds)
            marked = trained = False
            for event in write_metrics(train(plan, self.checkpoint, stop, save), self.run):
                if not marked and self.latest and isinstance(event, Started if self.checkpoint else Saved):
                    self.run.make_latest()  # only a run that can be sampled from
                    marked = True
                if not trained and isinstance(event, Updated):
                    self._keep_changes(step)
                    trained = True
                yield event
                if self.closed:  # by the caller: the lock is gone
                    return

    def _keep_changes(self, step: int) -> None:
        """Write the settings, and what has changed in them, once the run has trained with them."""
        text = to_yaml(self.settings)
        if not self.run.config.is_file() or self.run.config.read_text(encoding="utf-8") != text:
            replace_text(self.run.config, text)
        if self.checkpoint and self.changes:
            self.run.record_changes(step, self.changes)
            changed = {"event": "changed", "step": step + 1, "as_planned": False, "settings": dict(self.changes)}
            append_metrics(self.run.metrics, changed)

    def _require_open(self) -> None:
        if self.closed:
            raise UsageError(
                f"The training of {self.run.name} is closed",
                str(self.run.folder),
                f"Resume the run: charlm.resume({self.run.name!r}, more=500)",
            )

    def close(self) -> None:
        """Release the lock. Nothing is saved; the last checkpoint stays."""
        self.closed = True
        self._lock.close()

    def __enter__(self) -> Training[AnyTask]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def begin(
    settings: Settings,
    name: str | None = None,
    start: Checkpoint | None = None,
    notes: Sequence[str] = (),
    automatic: Collection[str] = (),
    corpus: Corpus | None = None,
    group: Group = ALONE,
) -> Training[LanguageTask | PairTask]:
    """A new run with these settings, of a model of any kind, named after its text and cell if `name` is None.

    `corpus` is its text, read as `read_as` says, if it is open already. With `start` the model begins with the weights
    of that checkpoint, whose model the settings must have (`settings_from` in origin.py). Settings with names in
    `automatic` are chosen now (automatic.py): none with `start`. Process 0 of a `group` begins the run; the others
    `follow` it (following.py).
    Raises UsageError, before anything is written, if the device is absent or too small, TextError if the text cannot be
    read or such a model cannot learn it, CheckpointError if a run of that name exists.
    """
    require_for_all(settings, group)
    corpus, origin = corpus or open_corpus(read_as(settings)), None
    settings = with_decisions(settings, corpus)
    if start is not None:
        corpus, origin = open_with_origin(read_as(settings), corpus, start)
    text = opened(settings, corpus, origin.parameters if origin else None, group)
    cell_notes = prepare_own_cells(settings.model, compute_for(settings))
    choice = choose(settings, automatic, text) if automatic else None
    if choice:
        settings, text = choice.settings, text.cut(choice.settings)
    require_shareable(text.reader.batch_size, group.size, settings.training.ordered_sum)
    task = text.task(settings)
    announce(task, None)
    about: dict[str, object] = {"from": origin.to_json()} if origin else {}
    if choice:
        about["automatic"] = choice.to_json()
    cells = "-".join(dict.fromkeys(short_name(layer.cell) for layer in settings.model.stack()))
    run = create_task_run(task, runs_root(), name, f"{corpus.name}-{cells}{name_of_kind(settings)}", about)
    chosen = [f"chosen: {choice.note()}"] if choice else []
    from_origin = (*origin.notes(), *seen_notes(settings.text, corpus, origin.checkpoint)) if origin else ()
    notes = (*from_origin, *notes, *cell_notes, *chosen)
    with ExitStack() as held:
        held.enter_context(lock_run(run))
        admit(task.group, run)
        training = Training(task, run, None, notes, latest=True, _lock=held.pop_all())
        if choice:
            training.spent, training.validation_seconds = choice.seconds, choice.validation_seconds
        return training


def resume(
    name: str | None,
    overrides: Sequence[str] = (),
    options: Mapping[str, object] | None = None,
    *,
    more: str | None = None,
    moved: Moved | None = None,
    group: Group = ALONE,
) -> Training[LanguageTask | PairTask]:
    """A run that continues from its newest whole checkpoint. `name` is its name or folder; None is the latest run.

    A run without a checkpoint begins from its settings. `overrides` ("training.steps=500") and `options`
    ({"training.steps": 500}) change settings, as in `resolve`; lengths are totals, and `more` ("500" updates,
    "2epochs", "5m") adds to what is done. `moved` is where its texts are now. Process 0 of a `group` resumes the run,
    and the others `follow` it.

    Raises UsageError for a change that would make it another run and for a length that is reached already,
    CheckpointError if no checkpoint is whole or the text has changed, TextError if the text is gone, BusyError if
    another process writes the run.
    """
    run = open_run(runs_root(), name)
    with ExitStack() as held:
        held.enter_context(lock_run(run))
        asked = Asked(overrides, options or {}, more, moved or Moved())
        found = reopen(run, asked, partial(open_run_text, group=group))
        require_for_all(found.settings, group)
        task = found.text.task(found.settings)
        require_shareable(task.reader.batch_size, group.size, found.settings.training.ordered_sum)
        notes = (*found.notes, *prepare_own_cells(found.settings.model, task.compute))
        announce(task, found.checkpoint)
        admit(task.group, run)
        return Training(task, run, found.checkpoint, notes, latest=True, _lock=held.pop_all(), changes=found.changes)


def begin_or_resume(task: AnyTask, corpus: Corpus, root: Path, name: str) -> Training[AnyTask]:
    """The run `name` in the folder `root`: resumed if it exists, otherwise new. For the trials of a study.

    `corpus` is the text that the task was opened with. Raises CheckpointError if the run was trained on another text,
    BusyError if another process writes it.
    """
    run = Run(root / name)
    if not (root / name / MARK).is_file():
        run = create_task_run(task, root, name, name, {})
    with ExitStack() as held:
        held.enter_context(lock_run(run))
        checkpoint, damaged = newest_whole(run)
        notes = (*damaged, *prepare_own_cells(task.settings.model, task.compute))
        if checkpoint is not None:
            remedy = "Bring the old text back, or run the study under another --name."
            require_same_text(corpus, checkpoint.text.sha256, run.name, remedy)
        return Training(task, run, checkpoint, notes, latest=False, _lock=held.pop_all())


def with_decisions(settings: Settings, corpus: Corpus) -> Settings:
    """The settings with what was decided when the text was read, so that it is always read in the same way."""
    return settings.model_copy(update={"text": settings.text.model_copy(update={"decided": corpus.decided})})


def create_task_run(task: Task, root: Path, name: str | None, slug: str, about: Mapping[str, object]) -> Run:
    """A new run for this task, named after `slug` if `name` is None; run.json keeps what is said `about` it too."""
    text = {"name": task.text.name, "sha256": task.text.sha256, "characters": task.text.characters}
    copies = {file.copy_name: text_of(file) for file in files_of(task.settings.model)}
    return create_run(root, name, slug, {"text": text, **about}, {CONFIG: to_yaml(task.settings), **copies})

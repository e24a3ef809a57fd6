"""The training loop: a generator of events. It trains as long as its caller iterates. Knows no terminal.

The loop validates at even intervals, keeps the best and the newest checkpoints, and skips updates that are not finite.
It ends at its length, when patience runs out, or when `stop` returns True, and saves a checkpoint in each case.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from charlm.checkpoint import Checkpoint
from charlm.checkpoint.series import repair_pointers
from charlm.errors import DivergedError
from charlm.evaluation.score import in_bits
from charlm.processes.group import Decisions
from charlm.training.checkpointing import save_checkpoint
from charlm.training.events import Event, Finished, RolledBack, Sampled, Saved, Skipped, Started, Updated, Validated
from charlm.training.leading import shared_newest, shared_training_arrays, shared_validation
from charlm.training.optimization import learning_rate
from charlm.training.plan import TrainingPlan
from charlm.training.progress import Clock, Progress
from charlm.training.score import training_score

SKIPS_IN_A_ROW = 3  # skipped updates after which the training goes back to the last checkpoint
ROLL_BACKS = 2  # most that are made; if another one is needed, the training has diverged
UPDATING = 3.0  # under a budget, how many times as long as the last validation updates go on before the next one
SPEED_WINDOW = 5.0  # seconds over which characters per second are measured
FIRST_SAVE = 2.0  # seconds after which a training without any checkpoint saves its first one
SPEED_INTERVAL = 0.25  # seconds between two entries of that measurement, so that fast steps do not add thousands


def never() -> bool:
    """The `stop` of a training that runs to its end."""
    return False


def train(
    plan: TrainingPlan,
    resume: Checkpoint | None = None,
    stop: Callable[[], bool] = never,
    save: Callable[[], bool] = never,
) -> Iterator[Event]:
    """Train, and keep checkpoints in the plan's run.

    With `resume`, continue from that checkpoint as if there had been no interruption. Otherwise a training that starts
    from given weights validates and saves them first. `stop` and `save` are called once a step: True ends the training,
    or saves a checkpoint. Raises DivergedError if updates stay non-finite, CheckpointError if a checkpoint cannot be
    written.

    Several processes each run this loop, and yield the same events but for samples. Whatever they decide, they decide
    from what all of them know (`Group.agree`), so they do it after the same update.
    """
    session = _Session(plan, resume, stop, save)
    yield session.started()
    if plan.task.initial is not None and not resume:
        yield from session.validate()
        yield from session.save()
    reason = session.end_reason() if session.progress.step else ""  # a new training makes one update at least
    while not reason:
        yield from session.update()
        yield from session.validate_if_due()
        reason = "signal" if session.decided.stop() else session.end_reason()
        if not reason:
            yield from session.sample_if_due()
        yield from session.save_if_due(now=session.decided.save() or bool(reason))
    yield session.finished(reason)


class _Session:
    """One session of a training, from its start or resumption to its end: everything that changes while it runs."""

    def __init__(
        self, plan: TrainingPlan, resume: Checkpoint | None, stop: Callable[[], bool], save: Callable[[], bool]
    ) -> None:
        self.plan, self.task, self.group = plan, plan.task, plan.task.group
        self.resumed_at = resume.step if resume else None
        self.trainee = self.task.begin()
        self.progress = (
            self._restore(resume)
            if resume
            else Progress(seconds=plan.spent, validation_seconds=plan.validation_seconds)
        )
        self.decided = self.group.agree(Decisions(Clock(self.progress.seconds).seconds, stop, save))
        self.saved_at = self.sampled_at = self.validated_at = self.decided.seconds()
        self.saved_step = self.resumed_at
        self.length_reached = False  # stays so: a last validation that was quicker than the one before frees some time
        self.best_unsaved = False  # True if the current weights have the best score and are not saved yet
        self.skips_in_a_row = 0
        self.speed_marks = deque([(self.progress.seconds, self.progress.characters)])

    def _restore(self, checkpoint: Checkpoint) -> Progress:
        """Restore the trainee from the checkpoint, and give the progress at that step, under the task's settings."""
        progress = Progress.from_json(checkpoint.training, str(checkpoint.folder))
        arrays = shared_training_arrays(self.group, checkpoint)
        position = self.trainee.restore(checkpoint, arrays, progress.position)
        if self.group.rank == 0:
            repair_pointers(self.plan.run, checkpoint, progress.best_step)
        before, now = checkpoint.settings.training, self.task.settings.training
        return replace(progress, position=position).planned_anew(before, now, self.task.reader.characters_per_epoch)

    def fraction_done(self) -> float:
        return self.progress.fraction_done(self.task.settings.training, self.task.reader.characters_per_epoch)

    def started(self) -> Started:
        task, sizes = self.task, self.task.sizes
        training_settings = task.settings.training
        return Started(
            parameters=sizes.parameters,
            train_characters=sizes.train_characters,
            valid_characters=sizes.valid_characters,
            vocab_size=sizes.vocab_size,
            batch_size=task.reader.batch_size,
            seq_len=task.reader.seq_len,
            steps=training_settings.steps,
            epochs=training_settings.epochs,
            budget=training_settings.budget,
            device=task.compute.device,
            precision=task.compute.precision,
            resumed_at=self.resumed_at,
            notes=(*task.reader.notes, *task.compute.notes, *self.trainee.notes),
            bounded=task.bounded,
        )

    def end_reason(self) -> str:
        """Why the training ends now; empty if it continues."""
        if self.length_reached:
            return "length"
        return self.progress.end_reason(self.task.settings.training, self.task.reader.characters_per_epoch)

    def update(self) -> Iterator[Event]:
        task, before = self.task, self.progress
        epoch = task.reader.epoch_at(before.position)
        done = self.fraction_done()
        rate = learning_rate(task.settings.training, done, epoch) * before.rate_factor
        result = self.trainee.update(before.position, rate, done)
        train_nats = before.train_nats
        if result.applied:
            train_nats = training_score(train_nats, result.nats, before.step + 1)
        self.progress = replace(
            before,
            step=before.step + 1,
            position=before.position + task.settings.training.accumulate,
            characters=before.characters + result.characters,
            seconds=self.decided.seconds(),
            train_nats=train_nats,
        )
        if not result.applied:
            reason = f"loss {result.nats:g}, gradient norm {result.gradient_norm:g}"
            yield Skipped(self.progress.step, reason)
            self.skips_in_a_row += 1
            if self.skips_in_a_row == SKIPS_IN_A_ROW:
                yield self._roll_back(reason)
            return
        self.skips_in_a_row = 0
        yield Updated(
            step=self.progress.step,
            progress=self.fraction_done(),
            epoch=task.reader.epoch_at(self.progress.position),
            nats=result.nats,
            learning_rate=rate,
            gradient_norm=result.gradient_norm,
            characters=self.progress.characters,
            seconds=self.progress.seconds,
            characters_per_second=self._characters_per_second(),
            train_nats=self.progress.train_nats,
        )

    def _characters_per_second(self) -> float:
        """The speed over the last SPEED_WINDOW seconds. Called once an update."""
        now, total = self.progress.seconds, self.progress.characters
        while len(self.speed_marks) > 1 and self.speed_marks[1][0] <= now - SPEED_WINDOW:
            self.speed_marks.popleft()
        since, before = self.speed_marks[0]
        if now - self.speed_marks[-1][0] >= SPEED_INTERVAL:
            self.speed_marks.append((now, total))
        return (total - before) / max(1e-9, now - since)

    def _roll_back(self, reason: str) -> RolledBack:
        """Go back to the newest whole checkpoint, or to the start if there is none, with half the learning rate."""
        failed = self.progress
        if failed.roll_backs == ROLL_BACKS:
            raise DivergedError(
                f"The training diverged: {reason} at step {failed.step}, and again after {ROLL_BACKS} roll-backs",
                str(self.plan.run.folder),
                f"Train again with a smaller learning rate: -s training.learning_rate="
                f"{self.task.settings.training.learning_rate / 4:g}",
            )
        checkpoint = shared_newest(self.group, self.plan.run)
        self.trainee = self.task.begin()
        earlier = self._restore(checkpoint) if checkpoint else Progress()
        self.progress = replace(
            earlier,
            seconds=failed.seconds,
            rate_factor=failed.rate_factor / 2,
            roll_backs=failed.roll_backs + 1,
        )
        self.saved_step = checkpoint.step if checkpoint else None
        self.skips_in_a_row = 0
        self.speed_marks = deque([(self.progress.seconds, self.progress.characters)])
        return RolledBack(failed.step, earlier.step, self.progress.rate_factor)

    def validate_if_due(self) -> Iterator[Event]:
        self.length_reached = self.fraction_done() >= 1
        due = int(self.fraction_done() * self.task.settings.training.validations)
        if due > self.progress.validations and not self._updates_come_first():
            yield from self.validate()
            # with few updates, several validations can be due at once: one is made, and it counts for all of them
            self.progress = replace(self.progress, validations=due)

    def _updates_come_first(self) -> bool:
        """Whether a validation would leave too little of a budget for updates: on a slow or busy machine it takes long.

        The last one is always made. A training of steps or epochs keeps all, so that it is the same on every machine.
        """
        if self.task.settings.training.budget is None or self.fraction_done() >= 1:
            return False
        return self.decided.seconds() - self.validated_at < UPDATING * self.progress.validation_seconds

    def validate(self) -> Iterator[Event]:
        """Score the valid split, if there is enough of it."""
        score, seconds = shared_validation(self.group, self.trainee)
        if score is None:
            return
        scored = self.progress.after_validation(score.nats_per_character, seconds)
        self.validated_at = self.decided.seconds()
        self.progress = replace(scored, seconds=self.validated_at)
        self.best_unsaved = scored.best_step == scored.step
        yield Validated(
            step=scored.step,
            nats=score.nats_per_character,
            bits=in_bits(score.nats_per_character),
            best=self.best_unsaved,
            characters=score.characters,
            seconds=self.progress.seconds,
        )

    def sample_if_due(self) -> Iterator[Event]:
        training_settings = self.task.settings.training
        if (
            training_settings.sample_length
            and self.decided.seconds() - self.sampled_at >= training_settings.sample_every
        ):
            self.sampled_at = self.decided.seconds()
            if self.group.rank == 0:
                yield Sampled(self.progress.step, self.trainee.preview(self.progress.step))

    def save_if_due(self, now: bool) -> Iterator[Event]:
        training_settings = self.task.settings.training
        wait = (
            training_settings.save_every
            if self.saved_step is not None
            else min(FIRST_SAVE, training_settings.save_every)
        )
        due = now or self.best_unsaved or self.decided.seconds() - self.saved_at >= wait
        due = due or bool(training_settings.milestones and self.progress.step % training_settings.milestones == 0)
        if due and self.saved_step != self.progress.step:
            yield from self.save()

    def save(self) -> Iterator[Event]:
        """Write a checkpoint of this step."""
        self.progress = replace(self.progress, seconds=self.decided.seconds())
        folder = save_checkpoint(self.plan, self.trainee, self.progress, self.best_unsaved)
        self.saved_at, self.saved_step = self.decided.seconds(), self.progress.step
        yield Saved(self.progress.step, folder, self.best_unsaved)
        self.best_unsaved = False

    def finished(self, reason: str) -> Finished:
        progress = self.progress
        return Finished(
            reason=reason,
            step=progress.step,
            seconds=progress.seconds,
            characters=progress.characters,
            train_nats=progress.train_nats,
            best_step=progress.best_step,
            best_nats=progress.best_nats,
            last_nats=progress.last_nats,
            bounded=self.task.bounded,
        )

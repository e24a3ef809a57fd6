"""The training loop: a generator of events. Whoever consumes them decides what is shown; ceasing to ask ends it.

The loop validates at even shares of the training, keeps the best and the newest checkpoints, skips what is not finite,
and ends at its length, when patience runs out, or when `stop` says so, saved in each case.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from charlm.checkpoint import Checkpoint, load_training_arrays
from charlm.checkpoint.series import newest_whole, repair_pointers
from charlm.engines.precision import precision_notes
from charlm.errors import DivergedError
from charlm.model.parameters import count
from charlm.training.checkpointing import restore, save_checkpoint
from charlm.training.events import Event, Finished, RolledBack, Sampled, Saved, Skipped, Started, Updated, Validated
from charlm.training.monitoring import preview, validate
from charlm.training.optimization import learning_rate
from charlm.training.plan import Plan
from charlm.training.progress import Clock, Progress
from charlm.training.trainer import Trainer

SKIPS_IN_A_ROW = 3  # then the weights go back to the last checkpoint
ROLL_BACKS = 2  # so many can be made; when one more is needed, the training has failed
SMOOTHING = 0.02  # weight of the newest update in the running mean of the training score
PACE = 5.0  # seconds over which characters per second are measured
MARK = 0.25  # seconds between two looks at them: thousands of steps a second must not be thousands of looks


def never() -> bool:
    return False


def train(plan: Plan, resume: Checkpoint | None = None, stop: Callable[[], bool] = never) -> Iterator[Event]:
    """Train, and keep checkpoints in the plan's run.

    With `resume`, go on from that checkpoint as if there had been no interruption. `stop` is asked once a step.
    Raises DivergedError where the numbers stay infinite, CheckpointError where the disk refuses.
    """
    session = _Session(plan, resume)
    yield session.started()
    reason = session.reason()
    while not reason:
        yield from session.update()
        yield from session.validate_if_due()
        reason = "signal" if stop() else session.reason()
        if not reason:
            yield from session.sample_if_due()
        yield from session.save_if_due(ending=bool(reason))
    yield session.finished(reason)


class _Session:
    """One session of a training: what changes while it runs."""

    def __init__(self, plan: Plan, resume: Checkpoint | None) -> None:
        self.plan = plan
        self.resumed_at = resume.step if resume else None
        self.trainer = self._new_trainee()
        self.progress = self._restored(resume) if resume else Progress()
        self.clock = Clock(self.progress.seconds)
        self.saved_at = self.sampled_at = self.clock.seconds()
        self.saved_step = self.resumed_at
        self.is_best = False  # whether the weights as they are now have the best score, and are not saved yet
        self.skips = 0
        self.pace = deque([(self.progress.seconds, self.progress.characters)])

    def _new_trainee(self) -> Trainer:
        plan = self.plan
        return Trainer(plan.settings, plan.corpus.vocabulary.size, plan.reader.batch_size, plan.compute)

    def _restored(self, checkpoint: Checkpoint) -> Progress:
        """Make the trainer what it was at the checkpoint; gives where the training stood then."""
        where = str(checkpoint.folder)
        progress = Progress.from_json(checkpoint.training, where)
        restore(self.trainer, checkpoint.parameters, load_training_arrays(checkpoint.folder), where)
        repair_pointers(self.plan.run, checkpoint, progress.best_step)
        return progress

    def share(self) -> float:
        return self.progress.share(self.plan.settings.training, self.plan.reader.characters_per_epoch)

    def started(self) -> Started:
        plan = self.plan
        training = plan.settings.training
        return Started(
            parameters=count(plan.settings.model, plan.corpus.vocabulary.size),
            train_characters=int(plan.corpus.split("train").size),
            valid_characters=int(plan.corpus.split("valid").size),
            vocab_size=plan.corpus.vocabulary.size,
            batch_size=plan.reader.batch_size,
            seq_len=plan.reader.seq_len,
            steps=training.steps,
            epochs=training.epochs,
            budget=training.budget,
            device=plan.compute.device,
            precision=plan.compute.precision,
            resumed_at=self.resumed_at,
            notes=(*plan.reader.notes, *precision_notes(plan.compute), *self.trainer.notes),
        )

    def reason(self) -> str:
        """Why the training ends here; empty if it goes on."""
        if self.share() >= 1:
            return "length"
        patience = self.plan.settings.training.patience
        return "patience" if patience and self.progress.without_better >= patience else ""

    def update(self) -> Iterator[Event]:
        plan, before = self.plan, self.progress
        epoch = plan.reader.epoch_at(before.position)
        rate = learning_rate(plan.settings.training, self.share(), epoch) * before.rate_factor
        result = self.trainer.update(plan.reader, before.position, rate)
        train_nats = before.train_nats
        if result.applied:
            train_nats += max(SMOOTHING, 1 / (before.step + 1)) * (result.nats - train_nats)
        self.progress = replace(
            before,
            step=before.step + 1,
            position=before.position + plan.settings.training.accumulate,
            characters=before.characters + result.characters,
            seconds=self.clock.seconds(),
            train_nats=train_nats,
        )
        if not result.applied:
            reason = f"loss {result.nats:g}, gradient norm {result.gradient_norm:g}"
            yield Skipped(self.progress.step, reason)
            self.skips += 1
            if self.skips == SKIPS_IN_A_ROW:
                yield self._roll_back(reason)
            return
        self.skips = 0
        now, total = self.progress.seconds, self.progress.characters
        while len(self.pace) > 1 and self.pace[1][0] <= now - PACE:
            self.pace.popleft()
        since, read = self.pace[0]
        if now - self.pace[-1][0] >= MARK:
            self.pace.append((now, total))
        yield Updated(
            step=self.progress.step,
            progress=self.share(),
            epoch=plan.reader.epoch_at(self.progress.position),
            nats=result.nats,
            learning_rate=rate,
            gradient_norm=result.gradient_norm,
            characters=total,
            seconds=now,
            characters_per_second=(total - read) / max(1e-9, now - since),
        )

    def _roll_back(self, reason: str) -> RolledBack:
        """Go back to the newest good checkpoint, or to the beginning, with half the learning rate."""
        failed = self.progress
        if failed.roll_backs == ROLL_BACKS:
            raise DivergedError(
                f"The training diverged: {reason} at step {failed.step}, and again after {ROLL_BACKS} roll-backs",
                str(self.plan.run.folder),
                f"Train again with a smaller rate: -s training.learning_rate="
                f"{self.plan.settings.training.learning_rate / 4:g}",
            )
        checkpoint, _ = newest_whole(self.plan.run)
        self.trainer = self._new_trainee()
        earlier = self._restored(checkpoint) if checkpoint else Progress()
        self.progress = replace(
            earlier,
            seconds=failed.seconds,
            rate_factor=failed.rate_factor / 2,
            roll_backs=failed.roll_backs + 1,
        )
        self.saved_step = checkpoint.step if checkpoint else None
        self.skips = 0
        self.pace = deque([(self.progress.seconds, self.progress.characters)])
        return RolledBack(failed.step, earlier.step, self.progress.rate_factor)

    def validate_if_due(self) -> Iterator[Event]:
        due = int(self.share() * self.plan.settings.training.validations)
        if due <= self.progress.validations or self.plan.corpus.split("valid").size < 2:
            return
        began = time.perf_counter()
        score = validate(self.trainer, self.plan.corpus, self.plan.settings)
        scored = self.progress.validated(score.nats_per_character, time.perf_counter() - began)
        # where updates are few, several validations can be due at once; one is made, and counts for all of them
        self.progress = replace(scored, validations=due, seconds=self.clock.seconds())
        self.is_best = scored.best_step == scored.step
        yield Validated(
            step=scored.step,
            nats=score.nats_per_character,
            bits=score.bits_per_character,
            best=self.is_best,
            characters=score.characters,
            seconds=self.progress.seconds,
        )

    def sample_if_due(self) -> Iterator[Event]:
        training = self.plan.settings.training
        if training.sample_length and self.clock.seconds() - self.sampled_at >= training.sample_every:
            self.sampled_at = self.clock.seconds()
            yield Sampled(
                self.progress.step,
                preview(self.trainer, self.plan.corpus.vocabulary, self.plan.settings, self.progress.step),
            )

    def save_if_due(self, ending: bool) -> Iterator[Event]:
        training = self.plan.settings.training
        due = ending or self.is_best or self.clock.seconds() - self.saved_at >= training.save_every
        due = due or bool(training.milestones and self.progress.step % training.milestones == 0)
        if not due or self.saved_step == self.progress.step:
            return
        self.progress = replace(self.progress, seconds=self.clock.seconds())
        folder = save_checkpoint(self.plan, self.trainer, self.progress, self.is_best)
        self.saved_at, self.saved_step = self.clock.seconds(), self.progress.step
        yield Saved(self.progress.step, folder, self.is_best)
        self.is_best = False

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
        )

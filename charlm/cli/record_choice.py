"""Which records `charlm sample` prints, and which of them stand in the training text. Draws nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from charlm.display.printing import print_stderr
from charlm.errors import CharlmError, UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.checkpoint.training_records import TrainingRecords
    from charlm.cli.sample_given import Given
    from charlm.sampling.whole_records import Accept

SHOWN_LABELS = 20


def label_prompt(checkpoint: Checkpoint, label: str) -> str:
    """The beginning of a record with this label. Raises UsageError if the labels are known and this is none."""
    from charlm.config.suggestions import suggestion

    labels = checkpoint.text.labels
    where = f"--label {label}"
    if checkpoint.settings.text.label is None:
        raise UsageError(
            f"{checkpoint.run_name} has no labels", where, "Train with -s text.label=NAME, or give --prompt."
        )
    if labels and label not in labels:
        listed = ", ".join(labels[:SHOWN_LABELS]) + (", ..." if len(labels) > SHOWN_LABELS else "")
        remedy = suggestion(label, labels) or "Give one of these."
        raise UsageError(f"There is no label {label!r}", f"{where}; there are {listed}", remedy)
    return f"{label}\t"


class RecordChoice:
    """Counts what was drawn, and answers whether a record is wanted and whether it stands in the training text."""

    def __init__(self, checkpoint: Checkpoint, given: Given) -> None:
        """Raises as `reopen_text` does, if the training text is needed."""
        self._checkpoint, self._given = checkpoint, given
        self._unique, self._novel = given.unique, given.novel
        self._seen: set[str] = set()
        self._known: TrainingRecords | None = None
        self._unreadable = False
        self.refused: Counter[str] = Counter()
        if given.novel:
            self._known = self._open()

    @property
    def accept(self) -> Accept | None:
        """The test of a whole record; None if every record is wanted."""
        return self._accepts if self._unique or self._novel else None

    def _accepts(self, record: str) -> bool:
        if self._unique and record in self._seen:
            self.refused["drawn before"] += 1
            return False
        if self._novel and self._known and self._known.has(record):
            self.refused["in the training text"] += 1
            return False
        self._seen.add(record)
        return True

    def is_known(self, record: str) -> bool | None:
        """Whether the record stands in the training text; None if that text cannot be read, which is said once."""
        if self._known is None and not self._unreadable:
            try:
                self._known = self._open()
            except CharlmError as error:
                self._unreadable = True
                print_stderr(f"records of the training text are not marked: {error.what} ({error.where})")
                print_stderr(error.remedy)
        return self._known.has(record) if self._known else None

    def _open(self) -> TrainingRecords:
        from charlm.checkpoint.training_records import open_training_records

        again = self._given.again(self._checkpoint)
        return open_training_records(self._checkpoint, again, self._given.places())

"""What samples have in common with the training text: `charlm sample --max-copy` and `--report`. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.cli.sample_given import Given
    from charlm.sampling.copies.verbatim import Verbatim
    from charlm.sampling.writer import Fragment
    from charlm.text.vocabulary import Vocabulary

LENGTHS = (10, 20, 50)  # of the sequences that the report counts


def open_training(checkpoint: Checkpoint, given: Given) -> Verbatim:
    """The training part of the checkpoint's text, where it is now. Raises as `reopen_text` does."""
    from charlm.checkpoint.training_text import open_verbatim

    return open_verbatim(checkpoint, given.again(checkpoint), moved=given.places())


def text_ids(last: Fragment, text: str, vocabulary: Vocabulary, end: int | None) -> Sequence[int]:
    """The ids of a sample's text, given its last fragment: without the end of a record, and up to a stop text."""
    if last.stopped == "stop":  # a part of it was drawn too
        found: list[int] = vocabulary.encode(text, "skip").ids.tolist()
        return found
    return last.ids[:-1] if last.stopped == "record" and last.ids[-1:] == (end,) else last.ids


class Copies:
    """Finds the longest run of each sample that stands in the training text, and counts what is new in all of them."""

    def __init__(self, training: Verbatim, begun: Sequence[int], counts: bool) -> None:
        self._training, self._begun, self.counts = training, begun, counts
        self._all, self._new = dict.fromkeys(LENGTHS, 0), dict.fromkeys(LENGTHS, 0)
        self.longest: list[int] = []

    def add(self, ids: Sequence[int]) -> int:
        """The longest run of a sample of these ids. With `counts`, its sequences are counted."""
        self.longest.append(self._training.longest_run(ids, self._begun))
        if self.counts:
            runs = self._training.runs(ids, most=max(LENGTHS))
            for length in LENGTHS:
                known = runs[length - 1 :] >= length  # whether the sequence that ends there stands in the text
                self._all[length] += len(known)
                self._new[length] += int((~known).sum())
        return self.longest[-1]

    def report(self) -> dict[str, Any]:
        """For each length how many sequences there were and which share is new, and the longest run of all."""
        sequences = {str(length): {"count": self._all[length], "new": self._share(length)} for length in LENGTHS}
        return {"samples": len(self.longest), "longest_run": max(self.longest, default=0), "sequences": sequences}

    def _share(self, length: int) -> float | None:
        return self._new[length] / self._all[length] if self._all[length] else None

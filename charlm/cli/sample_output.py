"""What `charlm sample` prints: samples as they are written, or one JSON object, and notes on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from charlm.cli.record_choice import RecordChoice
from charlm.display.output import print_json
from charlm.display.printing import is_terminal, print_stderr

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.sampling.writer import Fragment

Samples = Iterable[Iterator["Fragment"]]


def print_prompt_notes(checkpoint: Checkpoint, prompt: str, stops: Sequence[str]) -> None:
    """Notes on a prompt and stop texts that were typed in a way that cannot be meant."""
    from charlm.text import prompt as prompts

    vocabulary = checkpoint.vocabulary
    for option, given in (("--prompt", prompt), *(("--stop", one) for one in stops)):
        if typed := prompts.typed_escape(given, "\\" in vocabulary.symbols):
            print_stderr(f"{option} '{given}' has a backslash in it. For a line end or a tab: {option} {typed}")
        elif option == "--stop" and vocabulary.encode(given, "skip").unknown:
            print_stderr(f"--stop {given!r} has characters that the model never writes")


def print_texts(
    checkpoint: Checkpoint, prompt: str, begun: str, samples: Samples, count: int, choice: RecordChoice | None
) -> None:
    """The texts of up to `count` samples; of records (`choice`), each begins with the text `begun`."""
    from charlm.display.progress import watched_samples
    from charlm.display.sample_text import print_samples, record_separator
    from charlm.display.waiting import Waiting
    from charlm.sampling.whole_records import TRIES
    from charlm.text.records.record_lanes import record_end_id

    of_records = record_end_id(checkpoint.settings.text, checkpoint.vocabulary) is not None
    between = record_separator(checkpoint.settings.text, checkpoint.vocabulary) if of_records else ""
    # the marks and their count are for people: for nobody the training text is not opened
    marked = choice if is_terminal(sys.stdout) or is_terminal(sys.stderr) else None
    # on a terminal the text itself shows how far it is
    with nullcontext() if is_terminal(sys.stdout) else Waiting("writing") as line:
        samples = watched_samples(samples, count, line) if line else samples
        printed = print_samples(prompt, begun, samples, count, between, marked)
    if choice and printed < count:
        refused = ", ".join(f"{number:,} {why}" for why, number in choice.refused.items()) or "the rest empty"
        print_stderr(f"only {printed:,} of {count:,}: {count * TRIES:,} samples were tried, {refused}")


def print_as_json(
    about: Mapping[str, Any], begun: str, samples: Samples, count: int, choice: RecordChoice | None
) -> None:
    """What is known of all samples, and the samples, as one JSON object."""
    from charlm.display.progress import watched_samples
    from charlm.display.waiting import Waiting

    with Waiting("writing") as line:
        collected = [_collected(pieces, begun, choice) for pieces in watched_samples(samples, count, line)]
    print_json({**about, "samples": collected})


class SampleNotes:
    """What is to be said of samples after they were printed: what a constraint cost, and texts that ended early."""

    def __init__(self) -> None:
        self._bits: list[float] = []
        self._characters = self._stuck = self._number = 0

    def watched(self, pieces: Iterable[Fragment]) -> Iterator[Fragment]:
        """The same fragments, whose facts are noted."""
        self._number += 1
        for piece in pieces:
            self._characters += len(piece.text)
            self._stuck += piece.stopped == "guard"
            if piece.bits is not None:
                self._bits.append(piece.bits)
            yield piece

    def print(self) -> None:
        """The notes, on stderr."""
        if self._stuck:
            which = "the text ends early" if self._number == 1 else f"{self._stuck:,} of {self._number:,} end early"
            print_stderr(f"{which}: no character was left that is not forbidden")
        if self._bits:
            per_character = sum(self._bits) / max(1, self._characters)
            each = "" if self._number == 1 else f" a sample ({min(self._bits):.1f} to {max(self._bits):.1f})"
            mean = sum(self._bits) / len(self._bits)
            print_stderr(f"the constraint cost {mean:.1f} bits{each}, {per_character:.2f} a character")


def _collected(pieces: Iterable[Fragment], begun: str, choice: RecordChoice | None) -> dict[str, Any]:
    written = list(pieces)
    text = "".join(piece.text for piece in written)
    about: dict[str, Any] = {"text": text, "characters": len(text), "stopped": written[-1].stopped}
    if written[-1].bits is not None:
        about["constraint_bits"] = written[-1].bits
    if choice:
        about["in_training_text"] = choice.is_known(begun + text)
    return about

"""What `charlm sample` prints: samples as they are written, or one JSON object, and notes on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from charlm.cli.record_choice import RecordChoice
from charlm.cli.sample_copies import Copies, text_ids
from charlm.display.output import print_json
from charlm.display.printing import is_terminal, print_stderr

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.sampling.writer import Fragment
    from charlm.text.vocabulary import Vocabulary

Describe = Callable[[Sequence[int], "Vocabulary"], list[dict[str, Any]]]
Samples = Iterable[Iterator["Fragment"]]


def print_texts(
    checkpoint: Checkpoint, prompt: str, begun: str, samples: Samples, count: int, choice: RecordChoice | None
) -> None:
    """The texts of up to `count` samples; of records (`choice`), each begins with the text `begun`."""
    from charlm.display.progress import watched_samples
    from charlm.display.sample_text import print_samples, record_separator
    from charlm.display.waiting import Waiting
    from charlm.sampling.whole_records import TRIES

    of_records = checkpoint.record_end is not None
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


def print_as_json(about: Mapping[str, Any], samples: Samples, count: int, notes: SampleNotes) -> None:
    """What is known of all samples, and the samples, as one JSON object."""
    from charlm.display.progress import watched_samples
    from charlm.display.waiting import Waiting

    with Waiting("writing") as line:
        for pieces in watched_samples(map(notes.watched, samples), count, line):
            for _ in pieces:
                pass
    report = notes.report()
    print_json({**about, "samples": notes.samples, **({"report": report} if report else {})})


class SampleNotes:
    """What is known of samples that were read: each as a dictionary for JSON, and what is to be said of all.

    `choice` is there for records, each of which begins with the text `begun`; `copies` if copies are looked for;
    `describe` if the probability of each symbol is wanted. The
    texts themselves are kept if they are wanted `whole`.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        end: int | None,
        begun: str,
        choice: RecordChoice | None,
        copies: Copies | None,
        describe: Describe | None,
        whole: bool,
    ) -> None:
        self._vocabulary, self._end, self._begun = vocabulary, end, begun
        self._choice = choice if whole or (copies and copies.counts) else None
        self._copies, self._describe, self._whole = copies, describe, whole
        self.samples: list[dict[str, Any]] = []

    def watched(self, pieces: Iterable[Fragment]) -> Iterator[Fragment]:
        """The same fragments, whose facts are noted."""
        written: list[str] = []
        for piece in pieces:
            written.append(piece.text)
            if piece.stopped:
                self.samples.append(self._facts("".join(written), piece))
            yield piece

    def _facts(self, text: str, last: Fragment) -> dict[str, Any]:
        facts: dict[str, Any] = {"text": text} if self._whole else {}
        facts |= {"characters": len(text), "stopped": last.stopped}
        if last.bits is not None:
            facts["constraint_bits"] = last.bits
        if last.bits_per_symbol is not None:
            facts["bits_per_character"] = last.bits_per_symbol
        if self._copies or self._describe:
            ids = text_ids(last, text, self._vocabulary, self._end)
        if self._copies:
            facts["longest_run"] = self._copies.add(ids)
        if self._describe:
            facts["probabilities"] = self._describe(ids, self._vocabulary)
        if self._choice:
            facts["in_training_text"] = self._choice.is_known(self._begun + text)
        return facts

    def report(self) -> dict[str, Any] | None:
        """The counts of copies in all samples; None if they were not asked for."""
        if not (self._copies and self._copies.counts):
            return None
        report = self._copies.report()
        known = [one["in_training_text"] for one in self.samples if one.get("in_training_text") is not None]
        if known:
            report["records"] = {"count": len(known), "new": known.count(False) / len(known)}
        return report

    def print(self) -> None:
        """The notes, on stderr."""
        number = len(self.samples)
        if stuck := sum(one["stopped"] == "guard" for one in self.samples):
            which = "the text ends early" if number == 1 else f"{stuck:,} of {number:,} texts end early"
            print_stderr(f"{which}: no character was left that is not forbidden")
        if bits := [one["constraint_bits"] for one in self.samples if "constraint_bits" in one]:
            per_character = sum(bits) / max(1, sum(one["characters"] for one in self.samples))
            each = "" if number == 1 else f" a sample ({min(bits):.1f} to {max(bits):.1f})"
            print_stderr(f"the constraint cost {sum(bits) / number:.1f} bits{each}, {per_character:.2f} a character")
        if scores := [one["bits_per_character"] for one in self.samples if "bits_per_character" in one]:
            each = "" if number == 1 else f" on average ({min(scores):.2f} to {max(scores):.2f})"
            print_stderr(f"likelihood: {sum(scores) / number:.2f} bits per character{each}")
        if report := self.report():
            print_stderr("\n".join(_report_lines(report)))
        elif self._copies and number:
            runs = self._copies.longest
            each = f"{runs[0]:,}" if number == 1 else f"{sum(runs) / number:.1f} on average, {max(runs):,} at most"
            print_stderr(f"longest run from the training text: {each} characters")


def _report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report as lines for a person."""
    yield f"of {report['samples']:,} samples, what does not stand in the training text:"
    for length, found in report["sequences"].items():
        yield f"  sequences of {length} characters  {_share(found)}"
    if "records" in report:
        yield f"  whole records               {_share(report['records'])}"
    yield f"longest run from the training text: {report['longest_run']:,} characters"


def _share(found: Mapping[str, Any]) -> str:
    return "none is so long" if found["new"] is None else f"{found['new']:7.2%} of {found['count']:,}"

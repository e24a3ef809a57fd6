"""All that `charlm sample` opens before it writes: models, prompt, constraints, the training text. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from charlm.cli.adapted import adapted_to
from charlm.cli.sample_copies import open_training
from charlm.cli.sample_likelihood import open_others
from charlm.cli.sample_prompt import Heard, Typed, heard_prompt, typed_prompt
from charlm.cli.sample_words import read_words, writable_words
from charlm.errors import UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.cli.sample_given import Given
    from charlm.engines.graph_stepper import GraphStepper
    from charlm.sampling.constraints.constraint import Constraint
    from charlm.sampling.copies.verbatim import Verbatim
    from charlm.sampling.loop.generation import Model
    from charlm.sampling.rules.decoding import Decoding
    from charlm.text.vocabulary import Vocabulary

USUAL_LENGTH = 500  # symbols of a text that is no record


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is opened. `end` ends a record, in a model of records; `others` are the models of an ensemble."""

    checkpoint: Checkpoint
    others: list[Checkpoint]
    typed: Typed
    heard: Heard
    decoding: Decoding
    length: int
    end: int | None
    constraint: Constraint | None
    training: Verbatim | None  # to look for copies
    seed: int
    on_gpu: GraphStepper | None
    words_note: str

    @property
    def vocabulary(self) -> Vocabulary:
        return self.checkpoint.vocabulary

    def model(self) -> Model[Any]:
        """The model, or all of them as one."""
        from charlm.engines.choosing import stepper
        from charlm.sampling.many.ensemble import together

        return self.on_gpu or together([stepper(each.writer) for each in (self.checkpoint, *self.others)])

    def notes(self, given: Given) -> Iterator[str]:
        """What is to be said before anything is written."""
        from charlm.display.text_notes import prompt_notes, source_notes
        from charlm.text.unknown import UnknownCharacters

        yield f"{self.checkpoint.run_name}, step {self.checkpoint.step}, seed {self.seed}"
        yield from source_notes(self.typed.piped)
        yield from filter(None, [self.words_note])
        yield from self.on_gpu.notes if self.on_gpu else ()
        if given.device.startswith(("cuda", "mps")) and not self.on_gpu:
            yield f"--device {given.device}: the cpu is used instead, which is faster for one character at a time"
        if not given.session:
            lacking = UnknownCharacters.of(self.vocabulary, self.heard.encoded.unknown, given.unknown)
            yield from prompt_notes(lacking)
        yield from _typing_notes(given, self.vocabulary)
        for other in self.others:
            yield f"together with {other.run_name}, step {other.step}"


def prepare(given: Given, checkpoint: Checkpoint) -> Prepared:
    """Open everything beside the model. Raises CharlmError for what cannot be opened, or does not fit."""
    from charlm.randomness import fresh_seed
    from charlm.sampling.constraints.constraining import Asked, make_constraint
    from charlm.sampling.rules.logit_bias import bias_of_ids
    from charlm.sampling.whole_records import LONGEST

    decoding, biases = given.decoding(), given.biases()
    listed = None if given.words is None else read_words(given.words)
    typed = typed_prompt(given)

    if given.adapt is not None:
        checkpoint = adapted_to(checkpoint, given.adapt, given.adapt_rate)
    vocabulary, end = checkpoint.vocabulary, checkpoint.record_end
    decoding = replace(decoding, logit_bias=bias_of_ids(biases, vocabulary))
    length = (USUAL_LENGTH if end is None else LONGEST) if given.length is None else given.length
    known, words_note = (None, "") if listed is None else writable_words(str(given.words), listed, vocabulary)
    constraint = make_constraint(Asked(given.regex, given.only, known, given.utf8), vocabulary, length, end)
    if end is None:
        _refuse_records(given, checkpoint.run_name)
    _refuse_unread(given, of_records=end is not None)
    heard = heard_prompt(typed, given, checkpoint)
    training = open_training(checkpoint, given) if given.max_copy or given.report else None
    seed = fresh_seed() if given.seed is None else given.seed
    others = open_others(checkpoint, given.ensemble or ())
    on_gpu = _gpu_stepper(checkpoint, given)
    return Prepared(
        checkpoint, others, typed, heard, decoding, length, end, constraint, training, seed, on_gpu, words_note
    )


def _refuse_records(given: Given, run: str) -> None:
    """Raise UsageError if an option is given that is for records alone."""
    for option, value in (("--label", given.label), ("--unique", given.unique), ("--novel", given.novel)):
        if value:
            what = f"{option} is for models of records, and {run} is none"
            raise UsageError(what, option, "Train one with --records, or leave this out.")


def _refuse_unread(given: Given, of_records: bool) -> None:
    """Raise UsageError if a place of the training text is given, and nothing reads that text."""
    reads = given.max_copy or given.report or of_records  # of which those that stand in the text are marked
    if (words := given.places().words()) and (given.session or not reads):
        raise UsageError(
            f"{words[0]} says where the training text is now, and nothing here reads it",
            " ".join(words[:2]),
            "Give --max-copy N or --report with it. For the beginning of a sample: --prompt TEXT",
        )


def _gpu_stepper(checkpoint: Checkpoint, given: Given) -> GraphStepper | None:
    """For many samples on a GPU. None if the CPU is for it. Raises UsageError if there is no such GPU."""
    on_cpu = given.ensemble or given.best_of or given.beam or given.show_probabilities
    if not given.device.startswith("cuda") or given.count == 1 or on_cpu:
        return None
    from charlm.device import choose_compute
    from charlm.engines.choosing import gpu_stepper

    return gpu_stepper(checkpoint.writer, choose_compute(given.device, "fp32").torch_device())


def _typing_notes(given: Given, vocabulary: Vocabulary) -> Iterator[str]:
    """Notes on a prompt and stop texts that were typed in a way that cannot be meant."""
    from charlm.text.prompt import typed_escape

    for option, text in (("--prompt", given.prompt or ""), *(("--stop", one) for one in given.stops)):
        if typed := typed_escape(text, "\\" in vocabulary.symbols):
            yield f"{option} '{text}' has a backslash in it. For a line end or a tab: {option} {typed}"
        elif option == "--stop" and vocabulary.encode(text, "skip").unknown:
            yield f"--stop {text!r} has characters that the model never writes"

"""`charlm sample` with a model that has latent variables: whole lines, lines between two, lines near one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from charlm.cli.record_choice import RecordChoice
from charlm.cli.sample_output import SampleNotes, print_as_json, print_texts
from charlm.display.printing import print_stderr, until_closed
from charlm.errors import TextError, UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.cli.sample_given import Given
    from charlm.latent.model import LatentModel, WholeLineModel
    from charlm.latent.writing import LatentWriter
    from charlm.sampling.writer import Fragment

LONGEST = 1000  # symbols of a line, unless the user gives another number
NEAR, STEPS = 10, 7
# What a model that draws before it writes has no place for.
REFUSED = (
    "prompt", "prompt_file", "label", "regex", "only", "words", "utf8", "max_copy", "report", "best_of", "beam",
    "ensemble", "show_probabilities", "stop", "adapt", "interactive", "choose",
)  # fmt: skip
RULES = ("temperature", "top_k", "top_p", "min_p", "typical", "mirostat")  # of drawing, which --between has none of


def write_latent(checkpoint: Checkpoint, given: Given) -> None:
    """Write what is asked for. Raises UsageError for what such a model cannot do, TextError for a line that it cannot
    read."""
    from charlm.randomness import fresh_seed

    model = checkpoint.latent_model
    _refuse(checkpoint, given)
    writer = _writer(checkpoint, model, given)
    seed = fresh_seed() if given.seed is None else given.seed
    samples, count = _samples(checkpoint, model, writer, given, seed)
    choice = RecordChoice(checkpoint, given)
    notes = SampleNotes(checkpoint.vocabulary, None, "", choice, None, None, whole=given.as_json)
    with until_closed(sys.stdout):
        by_chance = "" if given.between else f", seed {seed}"  # between two lines nothing is left to chance
        print_stderr(f"{checkpoint.run_name}, step {checkpoint.step}{by_chance}")
        if given.device.startswith(("cuda", "mps")):
            print_stderr(f"--device {given.device}: the cpu is used instead")
        texts = map(checkpoint.vocabulary.decode, samples)
        wanted = _wanted(texts, choice, count) if not given.of_latents else _whole(texts)
        if not given.as_json:
            print_texts(checkpoint, "", "", map(notes.watched, wanted), count, None if given.of_latents else choice)
            return
        about = {"run": checkpoint.run_name, "step": checkpoint.step, "seed": seed}
        about |= {"between": given.between, "near": given.near, "temperature": writer.decoding.temperature}
        print_as_json(about, wanted, count, notes)


def _refuse(checkpoint: Checkpoint, given: Given) -> None:
    """Raise UsageError for options that have no meaning here."""
    from charlm.sampling.rules.decoding import USUAL_TEMPERATURE

    names = given.names()
    refused = [name for name in REFUSED if name in names]
    if refused:
        option = f"--{refused[0].replace('_', '-')}"
        what = (
            f"{option} is for models without latent variables: {checkpoint.run_name} draws what a line will be, first"
        )
        raise UsageError(what, option, f"Leave it out: charlm sample {checkpoint.run_name} --count 10")
    ruled = [
        name for name in RULES if name in names and (name, getattr(given, name)) != ("temperature", USUAL_TEMPERATURE)
    ]
    ruled = [name for name in ruled if (name, getattr(given, name)) != ("mirostat", 0)]
    if given.of_latents and ruled:
        option = f"--{ruled[0].replace('_', '-')}"
        what = f"--between and --near write the likeliest character at each place, and {option} is for chance"
        raise UsageError(what, option, f"Leave {option} out.")


def _writer(checkpoint: Checkpoint, model: LatentModel, given: Given) -> LatentWriter:
    from dataclasses import replace

    from charlm.latent.writing import LatentWriter
    from charlm.sampling.rules.logit_bias import bias_of_ids

    vocabulary, end = checkpoint.vocabulary, checkpoint.record_end
    assert end is not None
    decoding = replace(given.decoding(), logit_bias=bias_of_ids(given.biases(), vocabulary))
    if given.of_latents:
        decoding = replace(decoding, temperature=0.0)
    longest = min(LONGEST if given.length is None else given.length, model.longest or LONGEST * LONGEST)
    return LatentWriter(model, decoding, end, longest, vocabulary.unknown_id)


def _samples(
    checkpoint: Checkpoint, model: LatentModel, writer: LatentWriter, given: Given, seed: int
) -> tuple[Iterator[list[int]], int]:
    """The ids of lines, and how many are wanted."""
    if not given.of_latents:
        return writer.lines(seed), given.count
    from charlm.latent.model import WholeLineModel
    from charlm.latent.places import between, near

    if not isinstance(model, WholeLineModel):
        what = f"{checkpoint.run_name} has a latent for each character ({checkpoint.latent_kind}), and none for a line"
        option = "--between" if given.between else "--near"
        raise UsageError(what, option, "Train one with a latent for each line: charlm train names.txt --latent line")
    if given.between:
        first, last = (ids_of_line(checkpoint, model, line, "--between") for line in given.between)
        lines = between(model, writer, first, last, given.steps or STEPS)
        return iter(lines), len(lines)
    count = NEAR if given.count == 1 else given.count
    return near(model, writer, ids_of_line(checkpoint, model, str(given.near), "--near"), count, seed), count


def ids_of_line(checkpoint: Checkpoint, model: WholeLineModel, line: str, option: str) -> Sequence[int]:
    """The ids of a line. Raises TextError if the model cannot read it."""
    from charlm.text.prompt import as_trained

    vocabulary, end = checkpoint.vocabulary, checkpoint.record_end
    read = as_trained(line, checkpoint.settings.text, vocabulary).removesuffix("\n")
    encoded = vocabulary.encode(read, "skip")
    ids: list[int] = encoded.ids.tolist()
    if encoded.unknown and vocabulary.unknown_id is None:
        named = " ".join(map(repr, encoded.unknown))
        what = f"{checkpoint.run_name} does not know {named}"
        raise TextError(what, f"{option} {line!r}", "Write the line with characters of the training text alone.")
    if not ids or end in ids:
        raise TextError(f"{option} takes one line of text", f"{option} {line!r}", "Give a line as the text has them.")
    if model.longest is not None and len(ids) >= model.longest:
        what = f"The line has {len(ids):,} characters, and the canvas of {checkpoint.run_name} {model.longest - 1:,}"
        raise TextError(what, f"{option} {line!r}", "Give a shorter line.")
    return ids


def _wanted(texts: Iterator[str], choice: RecordChoice, count: int) -> Iterator[Iterator[Fragment]]:
    """Up to `count` of the texts that are not empty and that are wanted."""
    from charlm.sampling.whole_records import TRIES

    accept = choice.accept
    found = (text for text in islice(texts, count * TRIES) if text.strip() and (accept is None or accept(text)))
    return _whole(islice(found, count))


def _whole(texts: Iterator[str]) -> Iterator[Iterator[Fragment]]:
    """Each text as the only fragment of a sample."""
    from charlm.sampling.writer import Fragment

    return (iter([Fragment(text, "record")]) for text in texts)

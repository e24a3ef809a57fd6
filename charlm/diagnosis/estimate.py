"""Findings about the size of a model for a text, and the time and memory of its training. Prints nothing.

Trains nothing but a few updates, from which the time of a whole training is estimated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from charlm.checkpoint.kinds_of_model import count_parameters_of
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.diagnosis.advice import MOST_RATIO, advise, estimate_seconds
from charlm.diagnosis.command import GivenOptions
from charlm.diagnosis.finding import Finding, finding_from_error
from charlm.errors import TextError, UsageError
from charlm.machine import peak_memory
from charlm.text.corpus import Corpus
from charlm.training import memory
from charlm.training.automatic import choose
from charlm.training.lengths import duration
from charlm.training.speed import measure_speed
from charlm.training.task_kinds import opened

STOP_EARLY = ("-s", "training.patience=3")
DURATIONS = ((100, 1, "s"), (100, 60, "min"), (100, 3600, "hours"), (float("inf"), 86_400, "days"))  # up to 100 of each


def suggest_training(
    settings: Settings, automatic: Collection[str], corpus: Corpus, compute: Compute | None, given: GivenOptions,
    read_as: Sequence[str] = (),
) -> Iterator[Finding]:  # fmt: skip
    """The line that trains on this text, and how long that takes. Without a device the time is not estimated.

    The command repeats every option that was given, and has the arguments `read_as` that suit the form of the text.
    Settings with names in `automatic` are chosen for it.
    """
    if not automatic:
        yield suggest_size(settings, corpus, given, read_as)
        if compute:
            yield estimate_training(settings, corpus, compute)
        return
    length = () if given.choose_model else ("--budget", duration(settings.training.budget or 0.0))
    command = given.train_command(corpus.sources, [*read_as, *length])
    if compute is None:
        what = "a training by time chooses the model for the text and the machine"
        yield Finding("training", "ok", what, facts={"command": command}, command=command)
        return
    try:
        choice = choose(settings, automatic, opened(settings, corpus))
    except TextError as error:  # such a model cannot learn it
        yield finding_from_error("training", error)
        return
    size = count_parameters_of(choice.settings.model, corpus.vocabulary.size)
    what = f"{choice.note()}: {size:,} parameters"
    facts = {"command": command, "parameters": size, "chosen": dict(choice.chosen)}
    yield Finding("training", "ok", what, facts=facts, command=command)


def suggest_size(settings: Settings, corpus: Corpus, given: GivenOptions, read_as: Sequence[str] = ()) -> Finding:
    """Whether the size of the model suits the text, and a smaller one if it does not."""
    characters = len(corpus.split("train"))
    size = count_parameters_of(settings.model, corpus.vocabulary.size)
    advice = advise(characters, corpus.vocabulary.size, settings.model)
    memorises = advice.ratio > MOST_RATIO
    arguments = [*read_as, *advice.arguments, *(STOP_EARLY if memorises else ())]
    command = given.train_command(corpus.sources, arguments)
    facts = {
        "command": command,
        "parameters": advice.parameters,
        "parameters_per_character": advice.ratio,
        "given_parameters": size,
    }
    each = f"{advice.ratio:,.0f}" if advice.ratio >= 10 else f"{advice.ratio:.2g}"
    if memorises:
        what = (
            f"even a narrow model has {advice.parameters:,} parameters for {characters:,} characters, {each} for each"
        )
        remedy = "It would memorise this text. Add text, or stop early:"
        return Finding("size", "warn", what, remedy, facts, command=command)
    what = (
        f"{advice.parameters:,} parameters suit {characters:,} characters, {each} for each; with more than "
        f"{MOST_RATIO:g} for each, a model memorises the text"
    )
    return Finding("size", "ok", what, facts=facts, command=command)


def estimate_training(settings: Settings, corpus: Corpus, compute: Compute) -> Finding:
    """Time and memory of a training with these settings, from a few real updates."""
    try:
        text = opened(settings, corpus)
        task = text.task(settings)
    except UsageError as error:
        return finding_from_error("memory", error)
    except TextError as error:  # such a model cannot learn it
        return finding_from_error("training", error)
    speed = measure_speed(task).characters_per_second
    reader = text.reader
    characters = reader.characters_per_epoch
    seconds = estimate_seconds(settings, characters, speed, characters / reader.windows_per_epoch)
    occupied = peak_memory() if compute.device_type == "cpu" else None
    if occupied is None:
        occupied = memory.estimate_bytes(settings, corpus.vocabulary.size, reader.batch_size, reader.seq_len)
    facts = {"characters_per_second": round(speed), "seconds": round(seconds, 1), "memory_bytes": occupied}
    took = next(f"{seconds / unit:.0f} {name}" for most, unit, name in DURATIONS if seconds < most * unit)
    size = count_parameters_of(settings.model, corpus.vocabulary.size)
    what = (
        f"with these options, {size:,} parameters: about {took} and {occupied / 1e6:,.0f} MB of memory, "
        f"{speed:,.0f} characters per second"
    )
    return Finding("training", "ok", what, facts=facts)

"""A text before hours are spent on it: can it be read, is its split fair, how large a model does it bear.

Prints nothing and trains nothing but a few updates, by which a whole training is estimated.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from charlm.config.settings import Settings, TextSettings
from charlm.device import Compute
from charlm.diagnosis.advice import ENOUGH, WORTH_IT, advise, seconds_needed
from charlm.diagnosis.faults import Faulty, unreadable
from charlm.diagnosis.finding import Finding, from_error
from charlm.diagnosis.repetition import MOST_TRAIN, WINDOW, Passage, repetition
from charlm.diagnosis.trial import characters_per_second, peak_memory
from charlm.errors import TextError, UsageError
from charlm.model.parameters import count_parameters
from charlm.text.corpus import Corpus, describe_corpus, open_corpus
from charlm.text.sources import STDIN, find_files
from charlm.text.statistics import symbol_counts
from charlm.training import memory

SHOWN = 5  # faults, symbols or passages that a person is shown; the facts have more
MOST_FACTS = 100
NARROW_SHARE = 0.02  # of the validation's windows: beyond that, the score is no longer that of unread text
EXCERPT = 60
DURATIONS = ((100, 1, "s"), (100, 60, "min"), (100, 3600, "hours"), (float("inf"), 86_400, "days"))  # up to 100 of each


def diagnose(settings: Settings, compute: Compute | None) -> Iterator[Finding]:
    """What can be said of the text that the settings name; without a device, all but the estimate of time."""
    try:
        corpus = open_corpus(settings.text)
    except TextError as error:
        yield from_error("text", error)
        yield from faults(settings.text)
        return
    yield size(corpus)
    for note in corpus.notes:
        yield Finding("note", "ok", note)
    yield strangers(corpus)
    yield repeated(corpus)
    kind = compute.device_type if compute else "cpu"
    yield suggestion(settings, corpus, kind)
    if compute:
        yield estimate(settings, corpus, compute)


def faults(settings: TextSettings) -> Iterator[Finding]:
    """Every place in every file that cannot be decoded, as far as the sources can be found and read again."""
    if STDIN in settings.sources or settings.unit == "byte":
        return
    with tempfile.TemporaryDirectory(prefix="charlm-") as spool:
        try:
            pieces, _ = find_files(settings.sources, keep_binary=False, spool=Path(spool))
        except TextError:
            return  # it is told already
        for found in unreadable(pieces, settings.encoding):
            if isinstance(found, Faulty):
                yield _fault_finding(found, settings.encoding)


def _fault_finding(faulty: Faulty, encoding: str) -> Finding:
    number = len(faulty.faults)
    places = "; ".join(map(str, faulty.faults[:SHOWN]))
    rest = "" if number <= SHOWN and not faulty.more else "; and so on (--json has more)"
    many = f"more than {number:,} places are" if faulty.more else f"{number:,} place{'s are' if number > 1 else ' is'}"
    what = f"{faulty.label}: {many} not {encoding}: {places}{rest}"
    if faulty.readings:
        options = " or ".join(f"`--encoding {name}` ({text[:EXCERPT]!r})" for name, text in faulty.readings.items())
        remedy = f"It reads without a fault with {options}: take it if that looks right."
    elif all(fault.bytes == b"\0" for fault in faulty.faults):
        remedy = "NULs are no text: is this the file that was meant? `-s text.unit=byte` reads anything."
    else:
        remedy = "No encoding is likely to read all of it: mend these places, or read bytes with `-s text.unit=byte`."
    facts = faulty.facts()
    facts["faults"] = facts["faults"][:MOST_FACTS]
    return Finding("faults", "bad", what, remedy, facts, TextError.exit_code)


def size(corpus: Corpus) -> Finding:
    """How much there is, and whether that is enough to learn from."""
    unit = "bytes" if corpus.vocabulary.unit == "byte" else "characters"
    splits = ", ".join(f"{name} {end - first:,}" for name, (first, end) in corpus.splits.items())
    what = f"{corpus.characters:,} {unit}, {corpus.vocabulary.size:,} symbols, {corpus.encoding}; {splits}"
    facts = describe_corpus(corpus)
    if len(corpus.split("train")) < WORTH_IT:
        remedy = f"Under {WORTH_IT:,} a model learns to spell and little else: add text of the same kind."
        return Finding("text", "warn", what, remedy, facts)
    if len(corpus.split("valid")) < 2:
        remedy = "There is nothing to validate on, and no best checkpoint: see text.splits."
        return Finding("text", "warn", what, remedy, facts)
    return Finding("text", "ok", what, facts=facts)


def strangers(corpus: Corpus) -> Finding:
    """Symbols that training never sees, and how often they stand in the other splits."""
    counts = {name: symbol_counts(corpus.split(name), corpus.vocabulary.size) for name in corpus.splits}
    unseen = np.flatnonzero((counts["train"] == 0) & (counts["valid"] + counts["test"] > 0))
    order = unseen[np.argsort(-(counts["valid"] + counts["test"])[unseen], kind="stable")]
    found = [
        {"symbol": corpus.vocabulary.symbols[at], "valid": int(counts["valid"][at]), "test": int(counts["test"][at])}
        for at in order.tolist()
    ]
    facts = {"only_outside_training": found[:MOST_FACTS], "symbols": len(found)}
    if not found:
        return Finding("symbols", "ok", "every symbol of validation and test occurs in training", facts=facts)
    shown = ", ".join(f"{one['symbol']!r} {_occurrences(one)}" for one in found[:SHOWN])
    more = f", and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    many = "symbol occurs" if len(found) == 1 else "symbols occur"
    what = f"{len(found):,} {many} in validation or test and never in training: {shown}{more}"
    remedy = "The model cannot learn them, and pays for each in its score: mix the text better, or clean it."
    return Finding("symbols", "warn", what, remedy, facts)


def _occurrences(one: dict[str, object]) -> str:
    return " and ".join(f"{one[name]:,} in {name}" for name in ("valid", "test") if one[name])


def repeated(corpus: Corpus) -> Finding:
    """How much of the validation text stands in the training text word for word."""
    train, valid = corpus.split("train"), corpus.split("valid")
    found = repetition(train, valid)
    first, begin = corpus.splits["train"][0], corpus.splits["valid"][0]

    def place(passage: Passage) -> dict[str, object]:
        text = corpus.vocabulary.decode(valid[passage.valid : passage.valid + min(passage.length, EXCERPT)])
        return {
            "offset": begin + passage.valid,
            "train_offset": first + passage.train,
            "length": passage.length,
            "text": text,
        }

    places = [place(passage) for passage in found.passages[:MOST_FACTS]]
    facts = {
        "window": WINDOW,
        "windows": found.windows,
        "repeated": found.repeated,
        "share": found.share,
        "passages": len(found.passages),
        "first": places,
    }
    if not found.windows:
        return Finding("split", "ok", "validation is too short to look for passages from training in it", facts=facts)
    bound = f" (of its first {MOST_TRAIN:,})" if len(train) > MOST_TRAIN else ""
    what = f"{found.share:.1%} of validation's passages of {WINDOW} characters stand in training{bound} as well"
    if found.share <= NARROW_SHARE:
        return Finding("split", "ok", what, facts=facts)
    shown = "; ".join(f"{one['text']!r} at {one['offset']:,}, as at {one['train_offset']:,}" for one in places[:3])
    remedy = "Scores will flatter: remove doubles from the text, or give another to score on."
    return Finding("split", "warn", f"{what}: {shown}", remedy, facts)


def suggestion(settings: Settings, corpus: Corpus, kind: str) -> Finding:
    """Which size of model to take, and why."""
    characters = len(corpus.split("train"))
    size = count_parameters(settings.model, corpus.vocabulary.size)
    advice = advise(characters, corpus.vocabulary.size, kind)
    command = " ".join(["charlm train", *map(shlex.quote, corpus.sources), advice.arguments]).strip()
    facts = {
        "command": command,
        "parameters": advice.parameters,
        "parameters_per_character": advice.ratio,
        "default_parameters": size,
    }
    what = f"`{command}`: {advice.parameters:,} parameters for {characters:,} characters, {advice.ratio:.2g} for each"
    if advice.ratio > ENOUGH:
        remedy = "Even a narrow model would learn it by heart: stop early (-s training.patience=3), or add text."
        return Finding("size", "warn", what, remedy, facts)
    why = f"; {ENOUGH:g} at most, or it is learnt by heart"
    return Finding("size", "ok", what + why, facts=facts)


def estimate(settings: Settings, corpus: Corpus, compute: Compute) -> Finding:
    """Time and memory of a training with these settings, by a few updates of it that were really made."""
    characters = len(corpus.split("train"))
    try:
        memory.require_memory(settings, corpus.vocabulary.size, characters, compute)
    except UsageError as error:
        return from_error("memory", error)
    speed = characters_per_second(settings, corpus, compute)
    seconds = seconds_needed(settings, characters, speed)
    held = peak_memory() if compute.device_type == "cpu" else None
    if held is None:
        training = settings.training
        rows, steps = memory.window_sizes(characters, training.batch_size, training.seq_len)
        held = memory.estimate_bytes(settings, corpus.vocabulary.size, rows, steps)
    facts = {"characters_per_second": round(speed), "seconds": round(seconds, 1), "memory_bytes": held}
    duration = next(f"{seconds / unit:.0f} {name}" for most, unit, name in DURATIONS if seconds < most * unit)
    size = count_parameters(settings.model, corpus.vocabulary.size)
    what = (
        f"with these settings (quick, unless -c says otherwise), {size:,} parameters: about {duration} and "
        f"{held / 1e6:,.0f} MB of memory, {speed:,.0f} characters a second"
    )
    return Finding("training", "ok", what, facts=facts)

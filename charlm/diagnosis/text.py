"""Checks of a text before hours are spent on it: whether it can be read, is long enough and has a fair split.

Knows no model. Prints nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.diagnosis.advice import LEAST_CHARACTERS
from charlm.diagnosis.command import GivenOptions
from charlm.diagnosis.doubles import find_doubles
from charlm.diagnosis.encoding import check_encoding_of_files
from charlm.diagnosis.estimate import suggest_training
from charlm.diagnosis.finding import Finding, finding_from_error
from charlm.diagnosis.form import check_form
from charlm.diagnosis.rare import check_rare
from charlm.diagnosis.repetition import MOST_TRAIN, WINDOW, Passage, find_repetition
from charlm.errors import TextError
from charlm.text.corpus import Corpus, describe_corpus, is_damage, open_corpus
from charlm.text.quoting import quoted
from charlm.text.records.record_lanes import record_end_id
from charlm.text.split_text import LOOKS_SORTED
from charlm.text.statistics import symbol_counts
from charlm.text.vocabulary import UNITS

SHOWN_SYMBOLS, SHOWN_PASSAGES = 5, 3  # that a person is shown
MOST_FACTS = 100  # symbols or passages in the facts
MOST_REPEATED = 0.02  # of validation's windows: with more, the score is not that of unread text
EXCERPT = 60  # characters


def check_text(
    settings: Settings, compute: Compute | None, given: GivenOptions, automatic: Collection[str] = ()
) -> Iterator[Finding]:
    """All checks of the text that the settings name. Without a device, the time of a training is not estimated.

    `given` are the options of the command line, which every suggested line repeats. Settings with names in `automatic`
    are those that a training chooses.
    """
    try:
        corpus = open_corpus(settings.text)
    except TextError as error:
        yield finding_from_error("text", error)
        for sources in filter(None, (settings.text.sources, settings.text.valid, settings.text.test)):
            yield from check_encoding_of_files(settings.text.model_copy(update={"sources": sources}))
        return
    yield check_length(corpus)
    for note in corpus.notes:
        yield Finding("note", "warn" if note == LOOKS_SORTED or is_damage(note) else "ok", note)
    forms = list(check_form(settings, corpus, given))
    yield from forms
    yield check_symbols(corpus)
    yield from check_rare(settings, corpus, given)
    yield (
        check_records(corpus, end_id)
        if (end_id := record_end_id(settings.text, corpus.vocabulary)) is not None
        else check_split(corpus)
    )
    read_as = [word for form in forms for word in form.facts.get("arguments", [])]
    yield from suggest_training(settings, automatic, corpus, compute, given, read_as)


def check_length(corpus: Corpus) -> Finding:
    """How long the text is, and whether that is enough."""
    unit = UNITS[corpus.vocabulary.unit]
    splits = ", ".join(f"{name} {end - first:,}" for name, (first, end) in corpus.splits.items())
    size = corpus.vocabulary.size
    what = f"{corpus.characters:,} {unit}, {size:,} symbol{'s' * (size != 1)}, {corpus.encoding}; {splits}"
    facts = describe_corpus(corpus)
    if not "".join(corpus.vocabulary.symbols).strip() or size == 1:
        remedy = "There is nothing to learn from one symbol, or from white space alone. Is this the right text?"
        return Finding("text", "warn", what, remedy, facts)
    remedies = []
    if len(corpus.split("train")) < LEAST_CHARACTERS:
        remedies.append(
            f"With under {LEAST_CHARACTERS:,} characters to train on, a model learns little more than spelling. "
            "Add text of the same kind."
        )
    if len(corpus.split("valid")) < 2:
        remedies.append("There is nothing to validate on, so there will be no best checkpoint. Change text.splits.")
    return Finding("text", "warn" if remedies else "ok", what, " ".join(remedies), facts)


def check_symbols(corpus: Corpus) -> Finding:
    """Symbols of validation and test that do not occur in training, and how often."""
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
    shown = ", ".join(f"{quoted(str(one['symbol']))} {_occurrences(one)}" for one in found[:SHOWN_SYMBOLS])
    more = f", and {len(found) - SHOWN_SYMBOLS:,} more" if len(found) > SHOWN_SYMBOLS else ""
    many = "symbol occurs" if len(found) == 1 else "symbols occur"
    what = f"{len(found):,} {many} in validation or test but not in training: {shown}{more}"
    ways = "or clean it" if corpus.vocabulary.unit == "byte" else "clean it, or raise text.min_count"
    remedy = (
        "The model cannot learn what it never reads, and the score gets worse by it. If they are rare, leave them; "
        f"otherwise give more text, {ways}."
    )
    return Finding("symbols", "warn", what, remedy, facts)


def _occurrences(one: dict[str, object]) -> str:
    return " and ".join(f"{one[name]:,} in {name}" for name in ("valid", "test") if one[name])


def check_records(corpus: Corpus, end_id: int) -> Finding:
    """How many records of validation also stand in training."""
    valid = corpus.split("valid")
    found = find_doubles(corpus.split("train"), valid, end_id)
    first = [corpus.vocabulary.decode(valid[at : at + min(length, EXCERPT)]) for at, length in found.first]
    facts = {"records": found.records, "repeated": found.repeated, "share": found.share, "first": first}
    what = f"{found.repeated:,} of validation's {found.records:,} records ({found.share:.1%}) also stand in training"
    if found.share <= MOST_REPEATED:
        return Finding("split", "ok", what, facts=facts)
    shown = ", ".join(map(repr, first[:SHOWN_PASSAGES]))
    remedy = "The validation score will be too good. -s text.split=shuffled keeps equal records in one split."
    return Finding("split", "warn", f"{what}: {shown}", remedy, facts)


def check_split(corpus: Corpus) -> Finding:
    """How much of the validation text also occurs in the training text, word for word."""
    train, valid = corpus.split("train"), corpus.split("valid")
    found = find_repetition(train, valid)
    first, begin = corpus.splits["train"][0], corpus.splits["valid"][0]

    def as_facts(passage: Passage) -> dict[str, object]:
        text = corpus.vocabulary.decode(valid[passage.valid : passage.valid + min(passage.length, EXCERPT)])
        return {
            "offset": begin + passage.valid,
            "train_offset": first + passage.train,
            "length": passage.length,
            "text": text,
        }

    passages = [as_facts(passage) for passage in found.passages[:MOST_FACTS]]
    facts = {
        "window": WINDOW,
        "windows": found.windows,
        "repeated": found.repeated,
        "share": found.share,
        "passages": len(found.passages),
        "first": passages,
    }
    if not found.windows:
        return Finding("split", "ok", f"validation has under {WINDOW} characters, too few to compare", facts=facts)
    bound = f" (the first {MOST_TRAIN:,} characters)" if len(train) > MOST_TRAIN else ""
    what = f"{found.share:.1%} of validation's passages of {WINDOW} characters also occur in training{bound}"
    if found.share <= MOST_REPEATED:
        return Finding("split", "ok", what, facts=facts)
    shown = "; ".join(
        f"{one['text']!r} at {one['offset']:,} and {one['train_offset']:,}" for one in passages[:SHOWN_PASSAGES]
    )
    remedy = "The validation score will be too good. Remove duplicates from the text, or choose another split."
    return Finding("split", "warn", f"{what}: {shown}", remedy, facts)

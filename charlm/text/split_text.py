"""Chooses how an encoded text is split, and says what was found in it. Knows no files and no model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text import cache
from charlm.text.records.record_hashes import Ids, find_records
from charlm.text.records.record_lanes import record_end_id
from charlm.text.splitting import Spans, Units, contiguous_spans, file_units, is_fair, record_units, store_shuffled
from charlm.text.vocabulary import Vocabulary

FORMAT = 1  # to be increased if the same text and settings give another order
COMPARED = 2000  # pairs of neighbouring records that are compared, to find out whether they are sorted
FEWEST = 20  # records that can look sorted
SORTED = 0.95  # share of the pairs in order, from which a list looks sorted
COMPARED_SYMBOLS = 40  # of a record

LOOKS_SORTED = (
    "the records look sorted, and a contiguous split then validates on other records than it trains on; "
    "-s text.split=shuffled splits them at random"
)

SplitKind = Literal["contiguous", "records", "files"]


@dataclass(frozen=True, eq=False)
class SplitText:
    """ids (N,) in the order of the splits, what a shuffled split keeps whole, and notes for people to read."""

    ids: Ids
    spans: Spans
    kind: SplitKind
    notes: tuple[str, ...]


def split_text(
    key: str, entry: cache.Entry, settings: TextSettings, vocabulary: Vocabulary, labels: Sequence[str]
) -> SplitText:
    """The splits of the text that is stored under the key. `labels` are the names of its files.

    Raises TextError if a shuffled split was asked for, and the text has neither records nor several files.
    """
    end_id = record_end_id(settings, vocabulary)
    if settings.split == "contiguous":
        return _contiguous(entry.ids, settings, end_id, vocabulary)
    if end_id is None and len(labels) < 2:
        if settings.split == "shuffled":
            raise TextError(
                "One running text cannot be shuffled: it has neither records nor several files",
                f"text.split=shuffled, {', '.join(labels)}",
                "Leave text.split out, or say that it is a list with `-s text.records=true`.",
            )
        return _contiguous(entry.ids, settings, None, vocabulary)
    seed = settings.split_seed or 0
    content = [FORMAT, key, end_id, settings.split, seed, settings.splits]
    stored = _stored(hashlib.sha256(json.dumps(content).encode()).hexdigest(), entry, settings, end_id, seed)
    if stored is None:
        note = f"{len(labels)} files are too few or too unequal to be split at random, so the split is contiguous"
        whole = _contiguous(entry.ids, settings, None, vocabulary)
        return SplitText(whole.ids, whole.spans, whole.kind, (note,))
    spans = {name: (int(first), int(end)) for name, (first, end) in stored.facts["spans"].items()}
    return SplitText(stored.ids, spans, "records" if end_id is not None else "files", _notes(stored, end_id, seed))


def _stored(key: str, entry: cache.Entry, settings: TextSettings, end_id: int | None, seed: int) -> cache.Entry | None:
    """The shuffled text, from the cache or made now; None if its files cannot be split in these shares."""
    if known := cache.load_entry(key):
        return known
    facts = entry.facts
    units = (
        record_units(entry.ids, end_id)
        if end_id is not None
        else file_units(entry.ids, facts["file_ends"], facts.get("file_hashes", ()))
    )
    if not len(units.starts):
        raise TextError("The text has no records", ", ".join(settings.sources), "A record is a line with text.")
    assigned = units.assigned(settings.splits, seed)
    if end_id is None and settings.split == "auto" and not is_fair(units, assigned, settings.splits):
        return None
    return store_shuffled(key, entry.ids, units, assigned, _counts(entry.ids, units))


def _counts(ids: Ids, units: Units) -> dict[str, Any]:
    blank = 0
    if units.end is not None:
        ends = sum(int((chunk == units.end).sum()) for chunk in cache.in_chunks(ids))
        blank = ends + int(ids[-1] != units.end) - len(units.starts)
    return {"units": len(units.starts), "doubled": units.doubled, "blank": blank}


def _notes(stored: cache.Entry, end_id: int | None, seed: int) -> tuple[str, ...]:
    units, doubled, blank = (stored.facts[name] for name in ("units", "doubled", "blank"))
    unit = "file" if end_id is None else "record"
    said = [f"{units:,} {unit}{'s' * (units != 1)}, split at random (seed {seed}; equal ones are in the same split)"]
    if doubled:
        said.append(f"{doubled:,} {unit}{' repeats' if doubled == 1 else 's repeat'} an earlier one")
    if blank:
        said.append(f"{blank:,} blank {'record was' if blank == 1 else 'records were'} left out")
    return (*said, *filter(None, [stored.note]))


def _contiguous(ids: Ids, settings: TextSettings, end_id: int | None, vocabulary: Vocabulary) -> SplitText:
    notes = (LOOKS_SORTED,) if end_id is not None and looks_sorted(ids, end_id, vocabulary) else ()
    return SplitText(ids, contiguous_spans(ids, settings.splits, end_id), "contiguous", notes)


def looks_sorted(ids: Ids, end_id: int, vocabulary: Vocabulary) -> bool:
    """Whether nearly all records come after their neighbour in the alphabet, in either direction."""
    starts, lengths = find_records(ids, end_id)
    if len(starts) < FEWEST:
        return False
    pairs = np.unique(np.linspace(0, len(starts) - 2, COMPARED).astype(np.int64))

    def text(number: int) -> str:
        start = int(starts[number])
        return vocabulary.decode(ids[start : start + min(int(lengths[number]), COMPARED_SYMBOLS)]).casefold()

    compared = [(text(number), text(number + 1)) for number in pairs.tolist()]
    differing = [(one, other) for one, other in compared if one != other]
    up = sum(one < other for one, other in differing)
    return bool(differing) and max(up, len(differing) - up) >= SORTED * len(differing)

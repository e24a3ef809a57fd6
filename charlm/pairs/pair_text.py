"""A text of pairs: lines `source<TAB>target`, checked, and split by their sources. Knows ids, and no model.

Every source is in one split alone: lines with one source and several targets stay together, so that no score counts a
source that was trained on. Shape letter: R pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.corpus import Corpus, open_corpus
from charlm.text.own_splits import shares_left
from charlm.text.records.record_hashes import Hashes, Ids, Numbers, find_records, hash_records
from charlm.text.split_text import LOOKS_SORTED
from charlm.text.splitting import SPLITS, Units
from charlm.text.vocabulary import Unknown, Vocabulary

TAB, NEWLINE = "\t", "\n"
SHOWN = 40  # characters of a line in a message
FORM = "A line is a source, one tab, and a target: printf 'abc\\tcba\\n'"


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs in a text of ids: (R,) the start of each, and the lengths of its source and its target."""

    ids: Ids
    starts: Numbers
    source_lengths: Numbers
    target_lengths: Numbers

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, numbers: Numbers) -> Pairs:
        """These pairs, in this order."""
        return Pairs(self.ids, self.starts[numbers], self.source_lengths[numbers], self.target_lengths[numbers])

    @property
    def target_starts(self) -> Numbers:
        return self.starts + self.source_lengths + 1

    @property
    def characters(self) -> int:
        """Characters of the targets that are scored: each with its end."""
        return int(self.target_lengths.sum()) + len(self)

    def source_hashes(self) -> Hashes:
        """(R,) equal for equal sources."""
        order = np.argsort(self.starts, kind="stable")
        hashes = np.empty(len(self), np.uint64)
        hashes[order] = hash_records(self.ids, self.starts[order], self.source_lengths[order])
        return hashes

    def texts(self, vocabulary: Vocabulary) -> list[tuple[str, str]]:
        """Source and target of each pair."""
        return [
            (vocabulary.decode(self.ids[start : start + source]), vocabulary.decode(self.ids[at : at + target]))
            for start, source, at, target in zip(
                self.starts.tolist(), self.source_lengths.tolist(), self.target_starts.tolist(),
                self.target_lengths.tolist(), strict=True,
            )
        ]  # fmt: skip


@dataclass(frozen=True, eq=False)
class PairText:
    """A text of pairs, and those of each split. `notes` are for people to read."""

    corpus: Corpus
    splits: Mapping[str, Pairs]
    notes: tuple[str, ...]

    def split(self, name: str) -> Pairs:
        return self.splits[name]


def open_pairs(settings: TextSettings, vocabulary: Vocabulary | None = None, unknown: Unknown = "error") -> PairText:
    """Read and split the text of pairs that the settings name. Arguments and errors are those of `open_corpus`.

    Raises TextError, too, if a line is no pair.
    """
    return split_pairs(open_corpus(whole_text(settings), vocabulary, unknown), settings)


def whole_text(settings: TextSettings) -> TextSettings:
    """The settings that read the text in its own order: its pairs are split here."""
    return settings.model_copy(update={"split": "contiguous", "splits": (1.0, 0.0, 0.0)})


def split_pairs(corpus: Corpus, settings: TextSettings) -> PairText:
    """The text, opened with the settings of `whole_text`, as pairs that are split by their sources."""
    own = {name: part for name in ("valid", "test") if (part := getattr(settings, name))}
    where = ", ".join(corpus.sources)
    read = {name: find_pairs(corpus.split(name), corpus.vocabulary, where) for name in ("train", *own)}
    main = read["train"]
    if not len(main):
        raise TextError("The text has no pairs", where, FORM)
    hashes = main.source_hashes()
    units = Units(main.starts, main.source_lengths + main.target_lengths + 1, hashes, 0)
    shares = shares_left(settings.splits, own) if own else settings.splits
    assigned = units.assigned(shares, settings.split_seed or 0)
    splits = {name: main.take(np.flatnonzero(assigned == number)) for number, name in enumerate(SPLITS)}
    notes = [*(note for note in corpus.notes if LOOKS_SORTED not in note), *_doubled(hashes)]  # it is shuffled here
    for name in own:
        splits[name] = read[name]
        for part in (part for part in ("train", "valid") if part not in own):
            kept = ~np.isin(splits[part].source_hashes(), read[name].source_hashes())
            if left := int((~kept).sum()):
                what = "one pair is left out of" if left == 1 else f"{left:,} pairs are left out of"
                notes.append(f"{what} {part}: sources of the {name} text are in no other split")
                splits[part] = splits[part].take(np.flatnonzero(kept))
    if not len(splits["train"]):
        raise TextError(
            "No pairs are left to train on", where, "Give texts to validate and to test on that have other sources."
        )
    return PairText(corpus, splits, tuple(notes))


def find_pairs(ids: Ids, vocabulary: Vocabulary, where: str) -> Pairs:
    """The pairs of a text. Empty lines are left out. Raises TextError for a line that is no pair, with its number."""
    end = vocabulary.newline
    tab = vocabulary.symbols.index(TAB) if TAB in vocabulary.symbols else None
    if not len(ids):
        return Pairs(ids, *(np.zeros(0, np.int64) for _ in range(3)))
    if end is None or tab is None:
        lacks = "tab" if tab is None else "line end"
        raise TextError(f"The text has no {lacks}, so it has no pairs", where, FORM)
    starts, lengths = find_records(ids, end)
    tabs = np.flatnonzero(np.asarray(ids) == tab)
    first = np.searchsorted(tabs, starts)
    counts = np.searchsorted(tabs, starts + lengths) - first
    wrong = np.flatnonzero(counts != 1)
    if len(wrong):
        at = int(wrong[0])
        count = "no tab" if not counts[at] else f"{int(counts[at])} tabs"
        raise _no_pair(ids, vocabulary, end, int(starts[at]), int(lengths[at]), f"has {count}", where, len(wrong))
    sources = tabs[first] - starts
    targets = lengths - sources - 1
    empty = np.flatnonzero((sources == 0) | (targets == 0))
    if len(empty):
        at = int(empty[0])
        side = "source" if not sources[at] else "target"
        what = f"has an empty {side}"
        raise _no_pair(ids, vocabulary, end, int(starts[at]), int(lengths[at]), what, where, len(empty))
    return Pairs(ids, starts, sources, targets)


def _no_pair(
    ids: Ids, vocabulary: Vocabulary, end: int, start: int, length: int, what: str, where: str, count: int
) -> TextError:
    number = int((np.asarray(ids[:start]) == end).sum()) + 1
    line = vocabulary.decode(ids[start : start + min(length, SHOWN)])
    more = f" ({count:,} lines are no pairs)" if count > 1 else ""
    return TextError(f"Line {number:,} {what}: {line!r}{more}", where, FORM)


def _doubled(hashes: Hashes) -> list[str]:
    """A note on sources that have several lines."""
    counts = np.unique(hashes, return_counts=True)[1]
    several = int((counts > 1).sum())
    if not several:
        return []
    many = "one source has" if several == 1 else f"{several:,} sources have"
    return [f"{many} several lines: each is trained on, and a conversion is right if it is any of their targets"]


def pairs_of_texts(texts: Sequence[tuple[str, str]], vocabulary: Vocabulary) -> Pairs:
    """Pairs of texts whose characters are all known."""
    ids = vocabulary.encode("".join(f"{source}{TAB}{target}{NEWLINE}" for source, target in texts)).ids
    return find_pairs(ids, vocabulary, "pairs")

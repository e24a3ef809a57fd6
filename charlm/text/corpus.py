"""A text ready for training and scoring: ids, vocabulary, splits, and notes on how it was read. Knows no model.

The sources are read in chunks: to identify them, to find their symbols, and to encode them into the cache. A text that
is in the cache already is read once, to identify it; a large one (shards/) not even that, if its files are unchanged.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from charlm.config.settings import TextSettings
from charlm.errors import CheckpointError, TextError, UsageError
from charlm.machine import cores
from charlm.text import cache
from charlm.text.decoding.deciding import decision_notes, kept_decisions
from charlm.text.decoding.encodings import AUTO, find_codec
from charlm.text.files.spool import Spool
from charlm.text.length import require_two
from charlm.text.naming import short_name
from charlm.text.own_splits import join_splits, shares_left, unknown_notes
from charlm.text.reading_notes import reading_notes
from charlm.text.records.record_lanes import record_end_id
from charlm.text.shards.encoding import Progress, encode, measure
from charlm.text.shards.known_files import KnownFile, keep_files
from charlm.text.shards.processes import Workers
from charlm.text.sources import find_files
from charlm.text.split_text import LOOKS_SORTED, SplitKind, split_text
from charlm.text.stream import TextStream
from charlm.text.vocabulary import Ids, Unknown, Vocabulary

FORMAT = 5  # to be increased if the same text and settings give other ids or facts


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as ids. `characters` counts bytes if the unit is the byte."""

    name: str  # short, for the names of runs
    sources: tuple[str, ...]
    encoding: str  # `bytes` if nothing was decoded
    ids: Ids  # (N,), a memory-mapped file if the cache can be written
    vocabulary: Vocabulary
    sha256: str  # of the bytes of the source; of several sources, over the sha256 of each
    source_bytes: int
    characters: int  # N
    bytes: int  # that the N characters take in UTF-8
    given_bytes: int  # that the text took in UTF-8 before unknown characters were replaced or left out
    unknown: dict[str, int]  # count of each character that the vocabulary lacks
    labels: dict[str, int]  # count of each label (text.label)
    notes: tuple[str, ...]  # what was changed or left out, for people to read
    split_kind: SplitKind  # what a split keeps whole, if it is shuffled
    splits: dict[str, tuple[int, int]]  # start and end of each, the end excluded
    decided: tuple[str, ...] = ()  # for text.decided: what `auto` decided
    files: tuple[KnownFile, ...] = ()  # in the order of the text

    def split(self, name: str) -> Ids:
        """The ids of train, valid or test, without copying them."""
        if name not in self.splits:
            raise UsageError(f"There is no split {name!r}", "--split", f"Use one of {', '.join(self.splits)}.")
        first, end = self.splits[name]
        return self.ids[first:end]


def open_corpus(settings: TextSettings, vocabulary: Vocabulary | None = None, unknown: Unknown = "error") -> Corpus:
    """Read and encode the text that the settings name, or take it from the cache.

    With a vocabulary, its ids and its unit are used, and `unknown` decides about characters that it lacks. Without one,
    the vocabulary is made from the text, all splits of it; the rare ones (text.min_count) are the unknown symbol.
    Validation and test texts of their own (`text.valid`, `text.test`) are read with the same vocabulary; what it lacks
    is left out, or read as the unknown symbol. Raises TextError if a text cannot be read, has under two characters, or,
    of its own, is too unlike the training text.
    """
    steps = open_in_steps(settings, vocabulary, unknown)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            corpus: Corpus = ended.value
            return corpus


def open_in_steps(
    settings: TextSettings, vocabulary: Vocabulary | None = None, unknown: Unknown = "error"
) -> Generator[Progress, None, Corpus]:
    """`open_corpus` step by step: a large text tells how far it is, and the generator returns the corpus."""
    own = {name: sources for name in ("valid", "test") if (sources := getattr(settings, name))}
    with Workers(cores()) as workers:
        if not own:
            return (yield from _open_one(settings, vocabulary, unknown, workers))
        left = settings.model_copy(update={"splits": shares_left(settings.splits, own)})
        main = yield from _open_one(left, vocabulary, unknown, workers)
        others = {}
        for name, sources in own.items():
            part = settings.model_copy(update={"sources": sources, "split": "contiguous"})
            others[name] = yield from _open_one(part, main.vocabulary, "skip", workers)
    return _with_own_splits(main, others, settings)


def _with_own_splits(main: Corpus, own: dict[str, Corpus], settings: TextSettings) -> Corpus:
    """The main text with these splits in place of its own."""
    notes = list(main.notes)
    as_symbol = main.vocabulary.unknown_id is not None
    read = [main, *(own.values() if as_symbol else ())]  # whose unknown characters are among the ids
    for name, other in own.items():
        known = other.characters - as_symbol * sum(other.unknown.values())
        fate = "are read as the unknown symbol" if as_symbol else "were left out"
        notes += unknown_notes(name, ", ".join(other.sources), known, other.unknown, fate)
        notes += [f"{name}: {note}" for note in other.notes if note != LOOKS_SORTED]
    sha256 = hashlib.sha256("\n".join(corpus.sha256 for corpus in (main, *own.values())).encode()).hexdigest()
    form = settings.model_dump(mode="json", exclude={"sources", "valid", "test"})
    parts = {name: own[name].ids if name in own else main.split(name) for name in main.splits}
    entry, spans = join_splits([sha256, [*own], main.vocabulary.fingerprint, form], parts)
    return replace(
        main,
        ids=entry.ids,
        sha256=sha256,
        source_bytes=main.source_bytes + sum(other.source_bytes for other in own.values()),
        characters=len(entry.ids),
        bytes=main.bytes + sum(other.bytes for other in own.values()),
        unknown=dict(sum((Counter(corpus.unknown) for corpus in read), Counter())),
        given_bytes=main.given_bytes + sum(other.given_bytes for other in own.values()),
        notes=tuple(dict.fromkeys([*notes, *filter(None, [entry.note])])),
        splits=spans,
        decided=tuple(dict.fromkeys(decision for corpus in (main, *own.values()) for decision in corpus.decided)),
        files=keep_files(sha256, [file for corpus in (main, *own.values()) for file in corpus.files]),
    )


def _open_one(
    settings: TextSettings, vocabulary: Vocabulary | None, unknown: Unknown, workers: Workers
) -> Generator[Progress, None, Corpus]:
    """The main text, or one of a split, alone."""
    unit = vocabulary.unit if vocabulary else settings.unit
    encoding = "bytes" if unit == "byte" else AUTO if settings.encoding == AUTO else find_codec(settings.encoding).name
    with Spool() as spool:
        read = settings.model_copy(update={"unit": unit})
        found, left_out = find_files(read, spool)
        text = yield from measure(found, encoding, read, workers)
        files = text.stream.files
        left_out += decision_notes(files) if encoding == AUTO else []
        digests = [str(file.sha256) for file in files]
        sha256 = digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()
        key = _key(digests, text.stream, vocabulary, unknown)
        entry = _cached(key) or (yield from encode(key, text, vocabulary, unknown, workers))
    facts = entry.facts
    require_two(len(entry.ids), "The text", ", ".join(settings.sources), bool(facts.get("unknown")))
    used = vocabulary or Vocabulary.from_json(facts["vocabulary"])
    if settings.records and record_end_id(settings, used) is None:
        raise TextError("The text has no line end", "text.records=true", "Put each record on a line of its own.")
    split = split_text(key, entry, settings, used, [file.label for file in files])
    return Corpus(
        name=short_name(settings.sources),
        sources=settings.sources,
        encoding=text.stream.encoding,
        ids=split.ids,
        vocabulary=used,
        sha256=sha256,
        source_bytes=sum(file.unpacked_size or 0 for file in files),
        characters=len(split.ids),
        bytes=facts["bytes"],
        given_bytes=facts["given_bytes"],
        unknown=facts["unknown"],
        labels=facts["tally"]["labels"],
        notes=tuple(
            dict.fromkeys(
                filter(
                    None,
                    [
                        *left_out,
                        *reading_notes(facts, "field" if settings.field else "column"),
                        *split.notes,
                        entry.note,
                    ],
                )
            )
        ),
        split_kind=split.kind,
        splits=split.spans,
        decided=kept_decisions(files),
        files=keep_files(sha256, map(KnownFile.of, files)),
    )


def is_damage(note: str) -> bool:
    """Whether a note of a corpus says that characters of the text are wrong or lost."""
    return "it was UTF-8, read as" in note or "lost before, and" in note


def describe_corpus(corpus: Corpus) -> dict[str, Any]:
    """Everything about a corpus but its ids, as values that JSON can hold."""
    return {
        "name": corpus.name,
        "sources": list(corpus.sources),
        "encoding": corpus.encoding,
        "unit": corpus.vocabulary.unit,
        "sha256": corpus.sha256,
        "source_bytes": corpus.source_bytes,
        "characters": corpus.characters,
        "bytes": corpus.bytes,
        "symbols": corpus.vocabulary.size,
        "vocabulary_sha256": corpus.vocabulary.fingerprint,
        "split_kind": corpus.split_kind,
        "splits": {name: end - first for name, (first, end) in corpus.splits.items()},
        "unknown": corpus.unknown,
        "labels": corpus.labels,
        "notes": list(corpus.notes),
    }


def _key(digests: list[str], stream: TextStream, vocabulary: Vocabulary | None, unknown: str) -> str:
    given = [vocabulary.fingerprint, unknown] if vocabulary else None
    content = [FORMAT, digests, *stream.identity, given]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _cached(key: str) -> cache.Entry | None:
    entry = cache.load_entry(key)
    if entry and entry.facts["vocabulary"]:
        try:
            Vocabulary.from_json(entry.facts["vocabulary"])
        except CheckpointError:
            return None
    return entry

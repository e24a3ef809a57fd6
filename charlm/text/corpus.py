"""A text ready for training and scoring: ids, vocabulary, splits, and notes on how it was read. Knows no model.

The sources are read three times, in chunks: to identify them, to find their symbols, and to encode them into the cache.
A text that is in the cache already is read once, to identify it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from charlm.config.settings import TextSettings
from charlm.errors import CheckpointError, TextError, UsageError
from charlm.text import cache
from charlm.text.clusters import in_whole_clusters
from charlm.text.decoding.deciding import decide_encodings, decision_notes, kept_decisions
from charlm.text.decoding.encodings import AUTO, find_codec
from charlm.text.files.spool import Spool
from charlm.text.length import require_two
from charlm.text.naming import short_name
from charlm.text.normalizing import lacks_marks
from charlm.text.own_splits import join_splits, shares_left, unknown_notes
from charlm.text.reading_notes import reading_notes
from charlm.text.records.forms import record_end
from charlm.text.records.record_lanes import record_end_id
from charlm.text.records.tally import Tally
from charlm.text.sources import find_files
from charlm.text.split_text import LOOKS_SORTED, SplitKind, split_text
from charlm.text.statistics import symbol_counts
from charlm.text.stream import TextStream
from charlm.text.survey import Survey, survey_bytes, survey_graphemes, survey_text
from charlm.text.vocabulary import LOST, Ids, Unknown, Vocabulary

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
    own = {name: sources for name in ("valid", "test") if (sources := getattr(settings, name))}
    if not own:
        return _open_one(settings, vocabulary, unknown)
    main = _open_one(settings.model_copy(update={"splits": shares_left(settings.splits, own)}), vocabulary, unknown)
    others = {
        name: _open_one(
            settings.model_copy(update={"sources": sources, "split": "contiguous"}), main.vocabulary, "skip"
        )
        for name, sources in own.items()
    }
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
    )


def _open_one(settings: TextSettings, vocabulary: Vocabulary | None, unknown: Unknown) -> Corpus:
    """The main text, or one of a split, alone."""
    unit = vocabulary.unit if vocabulary else settings.unit
    encoding = "bytes" if unit == "byte" else AUTO if settings.encoding == AUTO else find_codec(settings.encoding).name
    with Spool() as spool:
        found, left_out = find_files(settings.model_copy(update={"unit": unit}), spool)
        files = [file.measured() for file in found]
        if encoding == AUTO:
            files = decide_encodings(files, settings.decided)
            left_out += decision_notes(files)
            encoding = ", ".join(dict.fromkeys(str(file.encoding) for file in files))
        digests = [str(file.sha256) for file in files]
        stream = TextStream(files, encoding, settings.model_copy(update={"unit": unit}))
        key = _key(digests, stream, vocabulary, unknown)
        entry = _cached(key) or _encode(key, stream, vocabulary, unknown)
    facts = entry.facts
    require_two(len(entry.ids), "The text", ", ".join(settings.sources), bool(facts.get("unknown")))
    used = vocabulary or Vocabulary.from_json(facts["vocabulary"])
    if settings.records and record_end_id(settings, used) is None:
        raise TextError("The text has no line end", "text.records=true", "Put each record on a line of its own.")
    split = split_text(key, entry, settings, used, [file.label for file in files])
    return Corpus(
        name=short_name(settings.sources),
        sources=settings.sources,
        encoding=encoding,
        ids=split.ids,
        vocabulary=used,
        sha256=digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest(),
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


def _survey(stream: TextStream, tally: Tally) -> Survey:
    if stream.as_bytes:
        return survey_bytes(stream.all_bytes())
    chunks = stream.all_text(tally)
    return survey_graphemes(chunks) if stream.settings.unit == "grapheme" else survey_text(chunks)


def _texts(stream: TextStream, number: int) -> Iterator[str]:
    """The text of a file, in pieces that can be encoded each by itself."""
    texts = (chunk.text for chunk in stream.text_of(number, Tally()))
    return in_whole_clusters(texts) if stream.settings.unit == "grapheme" else texts


def _cached(key: str) -> cache.Entry | None:
    entry = cache.load_entry(key)
    if entry and entry.facts["vocabulary"]:
        try:
            Vocabulary.from_json(entry.facts["vocabulary"])
        except CheckpointError:
            return None
    return entry


def _encode(key: str, stream: TextStream, given: Vocabulary | None, unknown: Unknown) -> cache.Entry:
    tally, composed = Tally(), False
    survey = _survey(stream, tally)
    if given is None:
        stream.require_separators(tally)
    elif not stream.as_bytes and lacks_marks(set(survey.counts).difference(given.symbols)):
        other, counted = stream.composed(), Tally()
        again = _survey(other, counted)
        if again.outside(given.symbols) < survey.outside(given.symbols):
            stream, tally, survey, composed = other, counted, again, True
    tally.said |= dict.fromkeys(stream.strip_notes())
    if not survey.counts:
        return cache.Entry(np.empty(0, np.uint8), {})
    settings = stream.settings
    if given is None:  # rare characters are read as the unknown symbol, if there are any
        kept = {record_end(settings) or ""}
        vocabulary, unknown = Vocabulary.of_counts(survey.counts, settings.unit, settings.min_count, kept), "skip"
    else:
        vocabulary = given
    ends: list[int] = []  # of the files, in ids

    def chunks() -> Iterator[Ids]:
        ends.clear()
        read = stored = 0
        for number in range(len(stream.files)):
            pieces: Iterator[str | bytes] = stream.bytes_of(number) if stream.as_bytes else _texts(stream, number)
            for piece in pieces:
                if isinstance(piece, bytes):
                    ids = vocabulary.encode_bytes(piece, unknown, read).ids
                else:
                    ids = vocabulary.encode(piece, unknown, read).ids
                read, stored = read + len(piece), stored + len(ids)
                yield ids
            ends.append(stored)

    def bytes_of_ids(ids: Ids) -> int:
        return int(symbol_counts(ids, vocabulary.size) @ vocabulary.byte_lengths)

    def bytes_of_survey() -> int:
        lengths = dict(zip(vocabulary.symbols, vocabulary.byte_lengths.tolist(), strict=True))
        return sum(count * lengths[symbol] for symbol, count in survey.counts.items())

    def facts(ids: Ids) -> dict[str, Any]:
        unknown_symbols = set(survey.counts).difference(vocabulary.symbols)
        return {
            "vocabulary": None if given else vocabulary.to_json(),
            "unknown": {symbol: count for symbol, count in survey.counts.items() if symbol in unknown_symbols},
            "bytes": bytes_of_ids(ids) if unknown_symbols else bytes_of_survey(),
            "characters": len(ids),
            "tally": tally.to_json(),
            "given_bytes": sum(count * vocabulary.bytes_of(symbol) for symbol, count in survey.counts.items())
            + survey.more_bytes,
            "composed": composed,
            "file_ends": ends if len(ends) > 1 else [],
            "marks": survey.marks,
            "crlf": survey.crlf,
            "cr": survey.cr,
            "stripped": survey.stripped,
            "misread": survey.misread,
            "lost": survey.counts.get(LOST, 0),
        }

    return cache.store_entry(key, vocabulary.dtype, chunks, facts)

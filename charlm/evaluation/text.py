"""The exact score of a text, as one stream or as records, and the bytes that it is divided by. Knows no files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from charlm.evaluation.charging import charged, name_nats
from charlm.evaluation.intervals import Blocks, Interval, mean_interval, paired_interval
from charlm.evaluation.score import Score
from charlm.evaluation.scorers import WindowScorer
from charlm.evaluation.scoring import record_nats, stream_parts
from charlm.text.cache import in_chunks
from charlm.text.records.answers import ALL, Scored, scored_mask
from charlm.text.records.record_lanes import open_reader
from charlm.text.statistics import symbol_counts
from charlm.text.unknown import UnknownCharacters
from charlm.text.vocabulary import Unknown, Vocabulary

Policy = Literal["skip", "error", "nearest", "charge"]  # for unknown characters: those of `encode`, and to charge them

RECORD_ROWS = 64  # records read side by side
RECORD_WINDOW = 256  # characters of a window


def score_ids(scorer: WindowScorer, ids: np.ndarray, end: int | None, scored: Scored = ALL) -> Score:
    """ids (N,), N >= 2. A stream is scored from its second character on, records from their first to their end.

    `end` is the id that ends a record (text.records.record_end_id), None for a stream; `scored` says what of a record
    counts.
    """
    return score_blocks(scorer, ids, end, scored).score


def score_blocks(scorer: WindowScorer, ids: np.ndarray, end: int | None, scored: Scored = ALL) -> Blocks:
    """The same in blocks of characters or of records, of which an interval can be made."""
    if end is None:
        return Blocks.of_parts(stream_parts(scorer, ids))
    return Blocks(*record_nats(scorer, open_reader(ids, RECORD_ROWS, RECORD_WINDOW, end, scored=scored))).together()


def name_unknown(score: Score, ids: np.ndarray, vocabulary: Vocabulary, unknown: Mapping[str, int]) -> Score:
    """The score with what it costs to name the characters that are read as the unknown symbol, if there is one.

    `unknown` has the counts of the characters that the vocabulary lacks, in the text or in a larger one.
    """
    found = count_unknown(ids, vocabulary)
    return Score(score.nats + found * name_nats(vocabulary, unknown), score.characters) if found else score


def count_unknown(ids: np.ndarray, vocabulary: Vocabulary) -> int:
    """How often the unknown symbol is among ids (N,)."""
    if vocabulary.unknown_id is None:
        return 0
    return sum(int(np.count_nonzero(chunk == vocabulary.unknown_id)) for chunk in in_chunks(ids))


def scored_ids(ids: np.ndarray, end: int | None, scored: Scored = ALL) -> np.ndarray:
    """The ids that count in a score of these ids: of a stream, all but the first."""
    if end is None:
        return ids[1:]
    return ids if scored == ALL else ids[scored_mask(ids, end, scored)]


def count_scored_bytes(ids: np.ndarray, vocabulary: Vocabulary, end: int | None, scored: Scored = ALL) -> int:
    """The number of bytes that the scored characters take in UTF-8."""
    counts = symbol_counts(scored_ids(ids, end, scored), vocabulary.size)
    return int(counts @ vocabulary.byte_lengths)


def reading_of(policy: Policy) -> Unknown:
    """How a text is encoded under this policy. What is charged is not read."""
    return "skip" if policy == "charge" else policy


@dataclass(frozen=True)
class TextScore:
    """The score of a text as it was given. `known` is that of the characters which the model read."""

    score: Score
    known: Score
    bytes: int  # that the scored characters take in UTF-8; a replaced one counts as itself
    lacking: UnknownCharacters
    blocks: Blocks  # of the characters that the model read
    unknown_symbols: int = 0  # how often the model read its unknown symbol

    @property
    def charged(self) -> int:
        """The number of unknown characters that were charged."""
        return self.score.characters - self.known.characters + self.unknown_symbols

    @property
    def unknown(self) -> int:
        """The number of unknown characters. Of a part of a text, those that were replaced are those of all of it."""
        return self.lacking.total - sum(self.lacking.as_symbol.values()) + self.unknown_symbols

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the nats per character. What unknown characters are charged is added to both ends."""
        found = mean_interval(self.blocks)
        if found is None:
            return None
        low, high = (
            (mean * self.known.characters + self.score.nats - self.known.nats) / self.score.characters
            for mean in (found.low, found.high)
        )
        return Interval(low, high, found.blocks)

    @property
    def charged_bits(self) -> float:
        return Score(self.score.nats - self.known.nats, 1).bits_per_character


def difference(found: TextScore, first: TextScore) -> tuple[float, Interval | None]:
    """Nats per character more than the first, and the 95 % interval of this; None if they read other characters."""
    nats = found.score.nats_per_character - first.score.nats_per_character
    known, total = found.known.characters, found.score.characters
    alike = found.lacking.left_out.keys() == first.lacking.left_out.keys() and total == first.score.characters
    pair = paired_interval(found.blocks, first.blocks) if alike else None
    if pair is None:
        return nats, None
    charged = nats - (found.known.nats - first.known.nats) / total  # the same in all of the interval
    return nats, Interval(pair.low * known / total + charged, pair.high * known / total + charged, pair.blocks)


def score_text(
    scorer: WindowScorer,
    ids: np.ndarray,
    vocabulary: Vocabulary,
    end: int | None,
    policy: Policy = "skip",
    unknown: Mapping[str, int] | None = None,
    changed_bytes: int = 0,
    scored: Scored = ALL,
) -> TextScore:
    """The score of ids (N,), N >= 2, that `Vocabulary.encode` made of a text under `reading_of(policy)`.

    `end` is as in `score_ids`. `unknown` has the counts of the characters that the vocabulary lacks. `changed_bytes` is
    the number of bytes that the text had more than its ids have, before unknown characters were replaced or left out;
    those that are read as the unknown symbol do not count there. Its characters are always charged.
    """
    blocks = score_blocks(scorer, ids, end, scored)
    return text_score(blocks, ids, vocabulary, end, policy, unknown, changed_bytes, scored)


def text_score(
    blocks: Blocks,
    ids: np.ndarray,
    vocabulary: Vocabulary,
    end: int | None,
    policy: Policy = "skip",
    unknown: Mapping[str, int] | None = None,
    changed_bytes: int = 0,
    scored: Scored = ALL,
) -> TextScore:
    """The same of ids that were read already; `blocks` has their nats."""
    # Bytes are read one by one, and none is near another one.
    reading = "skip" if vocabulary.unit == "byte" else reading_of(policy)
    lacking = UnknownCharacters.of(vocabulary, unknown or {}, reading)
    known = blocks.score
    score, size = known, count_scored_bytes(ids, vocabulary, end, scored) + changed_bytes
    if as_symbol := lacking.as_symbol:
        found = count_unknown(scored_ids(ids, end, scored), vocabulary)
        score = name_unknown(known, scored_ids(ids, end, scored), vocabulary, as_symbol)
        size += round(found * lacking.bytes_of_symbol(vocabulary))
        return TextScore(score, known, size, lacking, blocks, found)
    if policy == "charge":
        score = charged(known, lacking.left_out, vocabulary)
    else:
        size -= sum(count * vocabulary.bytes_of(one) for one, count in lacking.left_out.items())
    return TextScore(score, known, size, lacking, blocks)

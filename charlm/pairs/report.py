"""All scores of a model of pairs together, beside baselines that learn nothing. Knows no files and no terminal.

The baselines: the source itself; the most frequent target of train; the target of the nearest source of train (which
takes long, so only some sources are asked).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from charlm.model.stack import Recurrence
from charlm.pairs.converting import Converter
from charlm.pairs.distances import NearestSource
from charlm.pairs.model import PairModel
from charlm.pairs.pair_text import Pairs
from charlm.pairs.scoring import LengthBand, Match, by_source_length, compare, pair_nats, targets_by_source
from charlm.text.vocabulary import Vocabulary

ASKED = 200  # sources whose nearest one is looked for
AT_ONCE = 2048  # sources between two messages


@dataclass(frozen=True)
class PairScores:
    """Nats of the targets, ends included, and how what was written compares with them; rows by their names."""

    nats: float
    characters: int
    pairs: int
    matches: Mapping[str, Match]  # greedy, beam K
    baselines: Mapping[str, Match]
    lengths: Sequence[LengthBand]  # of the last of `matches`

    def to_json(self) -> dict[str, Any]:
        nats = self.nats / self.characters
        return {
            "pairs": self.pairs,
            "characters": self.characters,
            "nats_per_character": nats,
            "bits_per_character": nats / math.log(2),
            "written": {name: _match(match) for name, match in self.matches.items()},
            "baselines": {name: _match(match) for name, match in self.baselines.items()},
            "by_source_length": [
                {"from": band.shortest, "to": band.longest, "sources": band.exact.of, "exact": band.exact.share}
                for band in self.lengths
            ],
        }


def score_pairs(
    model: PairModel,
    vocabulary: Vocabulary,
    pairs: Pairs,
    train: Pairs | None,
    beam: int,
    recurrence: Recurrence,
    say: Callable[[str], None],
) -> PairScores:
    """Score these pairs by a model of numpy arrays. `train` are those of the baselines; `say` is told what goes on."""
    say("scoring the targets")
    nats = float(pair_nats(model, pairs, vocabulary, recurrence).sum())
    targets = targets_by_source(pairs.texts(vocabulary))
    sources = list(targets)
    converter = Converter(model, vocabulary, recurrence)
    written: dict[str, dict[str, str]] = {"greedy": {}}
    if beam > 1:
        written[f"beam {beam}"] = {}
    for first in range(0, len(sources), AT_ONCE):
        say(f"writing targets: {first:,} of {len(sources):,}")
        part = sources[first : first + AT_ONCE]
        written["greedy"] |= {one: each.text for one, each in zip(part, converter.greedy(part), strict=True)}
        if beam > 1:
            found = converter.beam(part, beam)
            written[f"beam {beam}"] |= {one: each[0].text for one, each in zip(part, found, strict=True)}
    say("asking the baselines")
    known = targets_by_source(train.texts(vocabulary)) if train is not None else None
    return PairScores(
        nats, pairs.characters, len(pairs),
        {name: compare(targets, texts) for name, texts in written.items()},
        _baselines(targets, known),
        by_source_length(targets, list(written.values())[-1]),
    )  # fmt: skip


def _baselines(targets: Mapping[str, Sequence[str]], known: Mapping[str, Sequence[str]] | None) -> dict[str, Match]:
    found = {"the source": compare(targets, {source: source for source in targets})}
    if known is None:
        return found
    counts = Counter(target for several in known.values() for target in several)
    frequent = counts.most_common(1)[0][0]
    found["most frequent target"] = compare(targets, dict.fromkeys(targets, frequent))
    nearest, some = NearestSource(known), list(targets)[:: max(1, len(targets) // ASKED)][:ASKED]
    found["target of the nearest source"] = compare(targets, {source: nearest(source) for source in some})
    return found


def _match(match: Match) -> dict[str, Any]:
    low, high = match.exact.interval
    return {
        "sources": match.exact.of,
        "exact": match.exact.share,
        "exact_low": low,
        "exact_high": high,
        "edits_per_character": match.edits_per_character,
    }

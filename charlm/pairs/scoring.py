"""How good a model of pairs is: the nats of targets, and how what it writes compares with them. Knows no training.

A conversion is right if it is one of the targets of its source. Its distance is the edit distance to the nearest of
them; edits per character are the sum of the distances over the sum of the lengths of those targets. The interval of the
share that is right is Wilson's, 95 % (Wilson 1927).

Shape letters: R pairs, B rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from charlm.kernels.blas import one_blas_thread
from charlm.model.probabilities import target_nats
from charlm.model.stack import Recurrence
from charlm.pairs.distances import edit_distance
from charlm.pairs.model import PairModel
from charlm.pairs.pair_lanes import batch_of
from charlm.pairs.pair_text import TAB, Pairs
from charlm.text.lanes import NO_TARGET
from charlm.text.vocabulary import Vocabulary

TOGETHER = 256  # pairs that are scored together
Z = 1.959964  # of the normal distribution, for 95 %


def pair_nats(model: PairModel, pairs: Pairs, vocabulary: Vocabulary, recurrence: Recurrence) -> np.ndarray:
    """(R,) the nats of each target, its end included, in the order of the pairs. The model may be of torch tensors."""
    start, end = vocabulary.symbols.index(TAB), vocabulary.symbols.index("\n")
    order = np.lexsort((pairs.target_lengths, -pairs.source_lengths))
    found = np.zeros(len(pairs))
    for first in range(0, len(pairs), TOGETHER):
        numbers = order[first : first + TOGETHER]
        batch = batch_of(pairs.take(numbers), start, end)
        with one_blas_thread():
            read = model.read(batch.source, batch.lengths, end, recurrence)
            logits, _, _ = model.write(read, batch.inputs, read.state, recurrence)
        exact = (logits if isinstance(logits, np.ndarray) else logits.cpu().numpy()).astype(np.float64)
        nats = target_nats(exact, np.maximum(batch.targets, 0))
        found[numbers] = np.where(batch.targets == NO_TARGET, 0.0, nats).sum(axis=0)
    return found


@dataclass(frozen=True)
class Share:
    """How many of how many, and Wilson's interval of the share."""

    right: int
    of: int

    @property
    def share(self) -> float:
        return self.right / self.of

    @property
    def interval(self) -> tuple[float, float]:
        """Between these with a probability of 95 %."""
        return wilson(self.right, self.of)


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, by Wilson's score; it stays within 0 and 1, also if all or none are right."""
    share, z2 = right / of, Z * Z / of
    middle = (share + z2 / 2) / (1 + z2)
    half = Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of)) / (1 + z2)
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))  # rounding apart


@dataclass(frozen=True)
class Match:
    """How conversions compare with the targets of their sources: those that are right, and edits per character."""

    exact: Share
    edits: int
    characters: int

    @property
    def edits_per_character(self) -> float:
        return self.edits / self.characters


def targets_by_source(texts: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """The targets of each source, in the order of the text, each once."""
    found: dict[str, dict[str, None]] = {}
    for source, target in texts:
        found.setdefault(source, {})[target] = None
    return {source: list(targets) for source, targets in found.items()}


def compare(targets: Mapping[str, Sequence[str]], written: Mapping[str, str]) -> Match:
    """What was written for each source, compared with its targets."""
    right = edits = characters = 0
    for source, text in written.items():
        distance, nearest = min((edit_distance(text, target), target) for target in targets[source])
        right += distance == 0
        edits += distance
        characters += len(nearest)
    return Match(Share(right, len(written)), edits, characters)


@dataclass(frozen=True)
class LengthBand:
    """Sources of these lengths, both included, and how many of them were converted right."""

    shortest: int
    longest: int
    exact: Share


def by_source_length(
    targets: Mapping[str, Sequence[str]], written: Mapping[str, str], bands: int = 4
) -> list[LengthBand]:
    """The share that is right, by the length of the source: bands of about equal numbers of sources."""
    lengths = np.array(sorted(len(source) for source in written))
    cuts = sorted({int(lengths[int(len(lengths) * part / bands) - 1]) for part in range(1, bands)} | {int(lengths[-1])})
    found, shortest = [], int(lengths[0])
    for longest in cuts:
        inside = [source for source in written if shortest <= len(source) <= longest]
        if inside:
            right = sum(written[source] in targets[source] for source in inside)
            found.append(LengthBand(shortest, longest, Share(right, len(inside))))
        shortest = longest + 1
    return found

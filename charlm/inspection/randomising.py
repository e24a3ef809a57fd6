"""The randomisation check of maps: does a map change when what the model learned is destroyed? Knows no files.

All values of each recurrent matrix are shuffled, in every layer; norms and the rest of the model stay. A map that
still ranks the characters alike shows the text and the shape of the network, and not what the model learned (Adebayo et
al. 2018, Sanity Checks for Saliency Maps). Maps are compared by the rank correlation of Spearman, with their signs. The
magnitudes alone stay similar in every recurrent network, as near characters weigh more than far ones whatever the
weights are; their correlation is given too, and not judged.

Shape letters: T time, S shuffles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.inspection.places import Place
from charlm.inspection.saliency import Saliency, saliency
from charlm.model.language_model import LanguageModel
from charlm.randomness import named_stream

SHUFFLES = 5
MOST_ALIKE = 0.3
RECURRENT = ".weight_hh"  # how the names of recurrent matrices go on


@dataclass(frozen=True, eq=False)
class Randomised:
    """Rank correlations (S,) of a map before and after each shuffle, with signs, and of the magnitudes alone."""

    integrated: np.ndarray
    gradient_input: np.ndarray
    integrated_magnitudes: np.ndarray
    gradient_input_magnitudes: np.ndarray
    characters: int  # T

    @property
    def chance(self) -> float:
        """How far from 0 the rank correlation of two maps that have nothing in common usually is."""
        return float((max(2, self.characters) - 1) ** -0.5)

    @property
    def passed(self) -> bool | None:
        """Whether the mean of both maps' correlations is under MOST_ALIKE; None if that could be chance."""
        if self.chance > MOST_ALIKE:
            return None
        return max(float(self.integrated.mean()), float(self.gradient_input.mean())) < MOST_ALIKE


def randomise(
    model: LanguageModel, place: Place, found: Saliency, shuffles: int = SHUFFLES, seed: int = 0
) -> Randomised | None:
    """Compare the maps with those of the shuffled model; None if it has no matrix of that name, as own cells may.

    Of a single character, no order could change: raises ValueError.
    """
    if len(found.ids) < 2:
        raise ValueError("a map of one character has no order")
    rows = []
    for number in range(shuffles):
        other = shuffled(model, named_stream(seed, "shuffle", number))
        if other is None:
            return None
        after = saliency(other, place, found.target)
        pairs = [(found.integrated, after.integrated), (found.gradient_input, after.gradient_input)]
        rows.append([rank_correlation(*pair) for pair in (*pairs, *[(abs(one), abs(two)) for one, two in pairs])])
    integrated, rough, magnitudes, rough_magnitudes = np.array(rows).T
    return Randomised(integrated, rough, magnitudes, rough_magnitudes, len(found.ids))


def shuffled(model: LanguageModel, rng: np.random.Generator) -> LanguageModel | None:
    """The model with the values of each recurrent matrix in another order; None if it has none."""
    names = [name for name in model.parameters if RECURRENT in name]
    if not names:
        return None
    old = {name: model.parameters[name] for name in names}
    new = {name: rng.permutation(value.ravel()).reshape(value.shape) for name, value in old.items()}
    return LanguageModel(model.settings, {**model.parameters, **new})


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's: the correlation of the ranks, from -1 to 1; 0 if all values of one are equal."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Equal values share the mean of their ranks."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[which])

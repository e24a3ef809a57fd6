"""Models of equal size: the width at which a stack has so many parameters. Shape letters: V symbols, H hidden."""

from __future__ import annotations

from charlm.config.settings import ModelSettings
from charlm.model.parameters import count
from charlm.model.stack import layers

LARGEST = 16_384  # units; as many as a layer may have


def sized(settings: ModelSettings, parameters: int, vocab_size: int) -> ModelSettings:
    """The settings with the `hidden_size` whose count of parameters is nearest to that.

    Widths that the cells cannot have are passed over. Whoever needs the counts to be close compares them: a small model
    cannot meet every number. Layers with widths of their own keep them.
    """
    low, high = 1, LARGEST
    while low < high:  # the narrowest that has at least as many
        middle = (low + high) // 2
        if count(_wide(settings, middle), vocab_size) < parameters:
            low = middle + 1
        else:
            high = middle
    near = [_possible(settings, low, -1), _possible(settings, low, +1), _possible(settings, low - 1, -1)]
    candidates = [wide for wide in near if wide is not None]
    return min(candidates, key=lambda wide: abs(count(wide, vocab_size) - parameters))


def _wide(settings: ModelSettings, hidden_size: int) -> ModelSettings:
    """For counting, every width is possible: a clockwork's groups are as if they divided it."""
    return settings.model_copy(update={"hidden_size": hidden_size})


def _possible(settings: ModelSettings, hidden_size: int, by: int) -> ModelSettings | None:
    """The nearest width, going up or down, that every layer can have; None where there is none."""
    while 1 <= hidden_size <= LARGEST:
        wide = _wide(settings, hidden_size)
        if all(layer.cell.problem(layer.hidden_size) is None for layer in layers(wide)):
            return wide
        hidden_size += by
    return None

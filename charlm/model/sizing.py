"""The size at which a model has a wanted number of parameters. Knows settings and counts, no weights."""

from __future__ import annotations

from charlm.cells.table import stack_problems
from charlm.config.settings import ModelSettings, Settings
from charlm.errors import UsageError
from charlm.model.parameters import count

TOLERANCE = 0.01  # share by which counts that are called equal may differ
LARGEST = 16_384


def nearest(model: ModelSettings, vocab_size: int, wanted: int) -> ModelSettings:
    """The model with the hidden size whose count of parameters is nearest to `wanted`.

    Sizes that the cell cannot have are stepped over. Where steps of the hidden size are too coarse, the width of the
    embedding is moved as well, unless it was given.
    """
    near = _neighbours(model, vocab_size, wanted)
    best = min(near, key=lambda each: _miss(each, vocab_size, wanted))
    if _miss(best, vocab_size, wanted) > TOLERANCE and model.embedding_dim is None and not model.tied:
        tuned = [_tuned(each, vocab_size, wanted) for each in near]
        best = min(tuned, key=lambda each: _miss(each, vocab_size, wanted))
    return best


def solve(model: ModelSettings, vocab_size: int, wanted: int, where: str) -> ModelSettings:
    """The same, within one per cent. Raises UsageError, naming the nearest counts, where that cannot be."""
    best = nearest(model, vocab_size, wanted)
    if _miss(best, vocab_size, wanted) > TOLERANCE:
        near = _neighbours(model, vocab_size, wanted)
        counts = " and ".join(f"{count(each, vocab_size):,} (hidden_size {each.hidden_size})" for each in near)
        raise UsageError(
            f"The parameters cannot be made equal: {wanted:,} are wanted within 1 %, the nearest are {counts}",
            where,
            "Take a larger model, or leave out `parameters`.",
        )
    return best


def _miss(model: ModelSettings, vocab_size: int, wanted: int) -> float:
    return abs(count(model, vocab_size) - wanted) / wanted


def _sized(model: ModelSettings, **sizes: int) -> ModelSettings:
    return ModelSettings.model_validate({**model.model_dump(), **sizes})


def _neighbours(model: ModelSettings, vocab_size: int, wanted: int) -> list[ModelSettings]:
    """The largest model that has at most the wanted count and the smallest with more, among those that can be."""
    low, high = 0, LARGEST
    while low < high:  # count grows with hidden_size
        middle = (low + high + 1) // 2
        if count(_sized(model, hidden_size=middle), vocab_size) <= wanted:
            low = middle
        else:
            high = middle - 1
    below = next((each for size in range(low, 0, -1) if _can_be(each := _sized(model, hidden_size=size))), None)
    above = next(
        (
            each
            for size in range(low + 1, min(2 * low + 100, LARGEST))
            if _can_be(each := _sized(model, hidden_size=size))
        ),
        None,
    )
    return [each for each in (below, above) if each is not None]


def _can_be(model: ModelSettings) -> bool:
    return not stack_problems(Settings(model=model))


def _tuned(model: ModelSettings, vocab_size: int, wanted: int) -> ModelSettings:
    """The model with the embedding's width moved so that its count comes nearest."""
    width = model.hidden_size
    slope = count(_sized(model, embedding_dim=width + 1), vocab_size) - count(
        _sized(model, embedding_dim=width), vocab_size
    )
    moved = width + round((wanted - count(model, vocab_size)) / slope)  # the count is linear in it
    return _sized(model, embedding_dim=moved) if 1 <= moved <= LARGEST else model

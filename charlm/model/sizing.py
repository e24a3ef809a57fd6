"""The size at which a model has a wanted number of parameters. Knows settings and counts, no weights.

`count` counts the parameters of the kind of model: the language model's, unless another kind brings its own.
"""

from __future__ import annotations

from collections.abc import Callable

from charlm.cells.stacks import stack_problems
from charlm.config.settings import ModelSettings, Settings
from charlm.errors import UsageError
from charlm.model.parameters import count_parameters

TOLERANCE = 0.01  # relative difference up to which two counts are called equal
LARGEST = 16_384  # of hidden_size and embedding_dim
Count = Callable[[ModelSettings, int], int]  # settings and symbols -> parameters


def resize_nearest(
    model_settings: ModelSettings, vocab_size: int, wanted: int, count: Count = count_parameters
) -> ModelSettings:
    """The settings with the hidden_size whose number of parameters is nearest to `wanted`.

    Sizes that the cell does not allow are skipped. If steps of hidden_size are too coarse, embedding_dim is changed as
    well, unless the user gave it.
    """
    nearest = _neighbours(model_settings, vocab_size, wanted, count)
    best = min(nearest, key=lambda each: _relative_error(each, vocab_size, wanted, count))
    added = model_settings.residual and model_settings.block.there  # the embedding is a part of the stream
    adjustable = model_settings.embedding_dim is None and not model_settings.tied and not added
    if _relative_error(best, vocab_size, wanted, count) > TOLERANCE and adjustable:
        adjusted = [_adjust_embedding(each, vocab_size, wanted, count) for each in nearest]
        best = min(adjusted, key=lambda each: _relative_error(each, vocab_size, wanted, count))
    return best


def resize_to_match(
    model_settings: ModelSettings, vocab_size: int, wanted: int, where: str, count: Count = count_parameters
) -> ModelSettings:
    """The same, within one per cent. Raises UsageError, naming the nearest counts, if that is impossible."""
    best = resize_nearest(model_settings, vocab_size, wanted, count)
    if _relative_error(best, vocab_size, wanted, count) > TOLERANCE:
        nearest = _neighbours(model_settings, vocab_size, wanted, count)
        counts = " and ".join(f"{count(each, vocab_size):,} (hidden_size {each.hidden_size})" for each in nearest)
        raise UsageError(
            f"The numbers of parameters cannot be made equal: {wanted:,} are wanted, the nearest are {counts}",
            where,
            "Take a larger model, or leave out `parameters`.",
        )
    return best


def _relative_error(model_settings: ModelSettings, vocab_size: int, wanted: int, count: Count) -> float:
    return abs(count(model_settings, vocab_size) - wanted) / wanted


def _with_sizes(model_settings: ModelSettings, **sizes: int) -> ModelSettings:
    return ModelSettings.model_validate({**model_settings.model_dump(), **sizes})


def _neighbours(model_settings: ModelSettings, vocab_size: int, wanted: int, count: Count) -> list[ModelSettings]:
    """The largest valid model with at most the wanted number of parameters, and the smallest valid one with more."""
    low, high = 0, LARGEST
    while low < high:  # bisection: the number of parameters grows with hidden_size
        middle = (low + high + 1) // 2
        if count(_with_sizes(model_settings, hidden_size=middle), vocab_size) <= wanted:
            low = middle
        else:
            high = middle - 1
    below = _first_valid(model_settings, range(low, 0, -1))
    above = _first_valid(model_settings, range(low + 1, min(2 * low + 100, LARGEST)))
    return [each for each in (below, above) if each is not None]


def _first_valid(model_settings: ModelSettings, sizes: range) -> ModelSettings | None:
    """The settings with the first of these hidden sizes that the cells allow; None if they allow none."""
    candidates = (_with_sizes(model_settings, hidden_size=size) for size in sizes)
    return next((each for each in candidates if not stack_problems(Settings(model=each))), None)


def _adjust_embedding(model_settings: ModelSettings, vocab_size: int, wanted: int, count: Count) -> ModelSettings:
    """The settings with the embedding_dim that brings the number of parameters nearest to `wanted`."""
    width = model_settings.hidden_size
    one_more = count(_with_sizes(model_settings, embedding_dim=width + 1), vocab_size)
    slope = one_more - count(_with_sizes(model_settings, embedding_dim=width), vocab_size)
    # the number of parameters is linear in embedding_dim
    adjusted = width + round((wanted - count(model_settings, vocab_size)) / slope)
    return _with_sizes(model_settings, embedding_dim=adjusted) if 1 <= adjusted <= LARGEST else model_settings

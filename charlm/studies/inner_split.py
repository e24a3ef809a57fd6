"""A text whose training split alone is divided again: to train candidates on most of it, and to score them on the rest.

The validation and test splits of the text become its test split, which no training reads. Knows no study.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import count

from charlm.config.settings import Settings, TextSettings
from charlm.errors import UsageError
from charlm.studies.one_training import open_text
from charlm.text.corpus import Corpus
from charlm.text.own_splits import shares_left
from charlm.training.task_kinds import split_sizes

REST = 9  # the candidates are scored on one part in so many of the training split
DIGITS = Decimal("0.000001")


def open_inside(
    settings: Settings, outer: Corpus, where: str, remedy: str = "Take a longer text, or leave choose out."
) -> Corpus:
    """The text of a training, `outer`, opened with the settings of `inside_training`.

    Raises UsageError unless its train and valid splits are exactly the train split of `outer`, and neither is empty.
    If `inside_training` made the one from the other, equal sizes are enough: both are the first units of one order.
    """
    within = settings.model_copy(update={"text": inside_training(settings, outer)})
    inner = open_text(within)
    parts, whole = split_sizes(within, inner), split_sizes(settings, outer)
    both = parts["train"], parts["valid"]
    if inner.split_kind != outer.split_kind or sum(both) != whole["train"] or min(both) < 2:
        raise UsageError("The training split is too short to choose on a part of it", where, remedy)
    return inner


def inside_training(settings: Settings, corpus: Corpus) -> TextSettings:
    """The settings of the same text, `corpus`, whose train and valid splits lie in its train split.

    Raises UsageError for pairs that have a text of their own to validate or test on: its sources are left out of train,
    and no division of the text alone could do that.
    """
    text = settings.text
    own = {name: sources for name in ("valid", "test") if (sources := getattr(text, name))}
    if own and settings.model.pairs.kind is not None:
        raise UsageError(
            f"The pairs cannot be divided once more, since the {next(iter(own))} text leaves some of them out",
            ", ".join(next(iter(own.values()))),
            "Leave that text out, and take its sources out of the pairs: then a part of these is held out instead.",
        )
    train = Decimal(str(shares_left(text.splits, own)[0] if own else text.splits[0]))
    first, rest = _divided(train)
    inner = text.model_copy(update={"splits": (first, rest, float(1 - train)), "valid": (), "test": ()})
    if settings.model.pairs.kind is not None:
        return inner
    # As it came about, since `auto` could decide differently about smaller shares.
    how = "contiguous" if corpus.split_kind == "contiguous" else "shuffled"
    return inner.model_copy(update={"split": how})


def _divided(share: Decimal) -> tuple[float, float]:
    """The share in two parts whose sum is exactly the share, as decimals and as floats: splits are cut at either."""
    nearest = (share / REST).quantize(DIGITS)
    parts = ((share - rest, rest) for rest in (nearest + DIGITS * number for number in count()))
    return next((float(first), float(rest)) for first, rest in parts if float(first) + float(rest) == float(share))

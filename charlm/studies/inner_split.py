"""A text whose training split alone is divided again: to train candidates on most of it, and to score them on the rest.

The validation and test splits of the text become its test split, which no training reads. Knows no study.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Literal

from charlm.config.settings import TextSettings
from charlm.errors import UsageError
from charlm.text.corpus import Corpus
from charlm.text.own_splits import shares_left

REST = 9  # the candidates are scored on one part in so many of the training split
DIGITS = Decimal("0.000001")


def inside_training(settings: TextSettings, corpus: Corpus) -> TextSettings:
    """The settings of the same text, `corpus`, whose train and valid splits lie in its train split."""
    own = {name: sources for name in ("valid", "test") if (sources := getattr(settings, name))}
    train = Decimal(str(shares_left(settings.splits, own)[0] if own else settings.splits[0]))
    first, rest = _divided(train)
    how: Literal["contiguous", "shuffled"] = "contiguous" if corpus.split_kind == "contiguous" else "shuffled"
    return settings.model_copy(
        update={
            "splits": (first, rest, float(1 - train)),
            "split": how,  # as it came about, since `auto` could decide differently about smaller shares
            "valid": (),
            "test": (),
        }
    )


def _divided(share: Decimal) -> tuple[float, float]:
    """The share in two parts whose sum is exactly the share, as decimals and as floats: splits are cut at either."""
    nearest = (share / REST).quantize(DIGITS)
    parts = ((share - rest, rest) for rest in (nearest + DIGITS * number for number in count()))
    return next((float(first), float(rest)) for first, rest in parts if float(first) + float(rest) == float(share))


def require_inside(
    inner: Corpus, outer: Corpus, where: str, remedy: str = "Take a longer text, or leave choose out."
) -> None:
    """Raise UsageError unless train and valid of `inner` are exactly the train split of `outer`, and neither is empty.

    If `inside_training` made the one from the other, equal sizes are enough: both are the first units of one order.
    """
    sizes = [end - first for first, end in (inner.splits[name] for name in ("train", "valid"))]
    if inner.split_kind != outer.split_kind or inner.splits["valid"][1] != outer.splits["train"][1] or min(sizes) < 2:
        raise UsageError(
            "The training split is too short to choose on a part of it",
            where,
            remedy,
        )

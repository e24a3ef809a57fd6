"""The kinds of models that are trained, and all that a training has to know of them: how their text is read and cut,
and which task learns it.

Everything else is the same for all kinds: it asks `opened` for the text, and the text for its task. Knows no run.
Imports torch only to make a task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charlm.config.settings import Settings, TextSettings
from charlm.pairs.pair_lanes import PairLanes, lanes_of
from charlm.pairs.pair_text import PairText, split_pairs, whole_text
from charlm.pairs.shapes import require_a_start
from charlm.processes.group import ALONE, Group
from charlm.text.corpus import Corpus
from charlm.text.lanes import Reader
from charlm.text.splitting import SPLITS
from charlm.training.memory import require_memory
from charlm.training.plan import train_reader
from charlm.training.rule import LANGUAGE, PAIRS, Constants

if TYPE_CHECKING:
    from charlm.device import Compute
    from charlm.training.language import LanguageTask
    from charlm.training.pairs import PairTask

Weights = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class OpenedText:
    """The text of a language model and the reader that cuts it, for the processes of `group` (see `Opened`).

    `initial` are the weights that a new training starts from; None: those of the seed.
    """

    corpus: Corpus
    reader: Reader
    initial: Weights | None = None
    group: Group = ALONE
    constants: ClassVar[Constants] = LANGUAGE

    def cut(self, settings: Settings) -> OpenedText:
        return replace(self, reader=train_reader(settings, self.corpus))

    def task(self, settings: Settings) -> LanguageTask:
        from charlm.training.language import LanguageTask

        return LanguageTask(settings, self.corpus, self.reader, self._compute(settings), self.initial, self.group)

    def _compute(self, settings: Settings) -> Compute:
        """The device, if it has memory enough."""
        from charlm.engines.precision import compute_for

        compute, characters = compute_for(settings), int(self.corpus.split("train").size)
        require_memory(settings, self.corpus.vocabulary.size, characters, compute, self.group.size)
        return compute


class OpenedLines(OpenedText):
    """The text of a model with latent variables, which reads it by whole lines, in float32."""

    def task(self, settings: Settings) -> LanguageTask:
        from charlm.training.latent import LatentTask

        compute = replace(self._compute(settings), precision="fp32")
        return LatentTask(settings, self.corpus, self.reader, compute, self.initial)


@dataclass(frozen=True, eq=False)
class OpenedPairs:
    """The text of a model of pairs, and the lanes that cut it (see `Opened`)."""

    pairs: PairText
    reader: PairLanes
    initial: Weights | None = None
    constants: ClassVar[Constants] = PAIRS

    @property
    def corpus(self) -> Corpus:
        return self.pairs.corpus

    def cut(self, settings: Settings) -> OpenedPairs:
        return replace(self, reader=lanes_of(self.pairs, settings))

    def task(self, settings: Settings) -> PairTask:
        from charlm.engines.precision import compute_for
        from charlm.training.pairs import PairTask

        require_a_start(settings.model)
        return PairTask(settings, self.pairs, self.reader, compute_for(settings), self.initial)


def read_as(settings: Settings) -> TextSettings:
    """How the text is read: one of pairs in its own order, since its pairs are split by their sources afterwards."""
    return settings.text if settings.model.pairs.kind is None else whole_text(settings.text)


def reads_lines(settings: Settings) -> bool:
    """Whether a batch of such a model has whole lines, and not windows of a fixed length."""
    return settings.model.pairs.kind is not None or settings.model.latent.kind is not None


def is_bounded(settings: Settings) -> bool:
    """Whether scores of such a model are upper bounds of the true ones: with latent variables."""
    return settings.model.latent.kind is not None


def opened(
    settings: Settings, corpus: Corpus, initial: Weights | None = None, group: Group = ALONE
) -> OpenedText | OpenedPairs:
    """The text, read as `read_as` says, and cut for these settings. Raises TextError if their model cannot learn it."""
    if settings.model.pairs.kind is not None:
        pairs = split_pairs(corpus, settings.text)
        return OpenedPairs(pairs, lanes_of(pairs, settings), initial)
    kind = OpenedText if settings.model.latent.kind is None else OpenedLines
    return kind(corpus, train_reader(settings, corpus), initial, group)


def split_sizes(settings: Settings, corpus: Corpus) -> dict[str, int]:
    """The characters of each split that such a model learns or is scored on. Raises TextError if pairs have none."""
    if settings.model.pairs.kind is not None:
        pairs = split_pairs(corpus, settings.text)
        return {name: pairs.split(name).characters for name in SPLITS}
    return {name: end - first for name, (first, end) in corpus.splits.items()}


def name_of_kind(settings: Settings) -> str:
    """What the names of runs say of their kind of model, after their cells: `-line`, `-attending`, or nothing."""
    kind = settings.model.latent.kind or settings.model.pairs.kind
    return f"-{kind}" if kind else ""

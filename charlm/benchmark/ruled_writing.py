"""What is timed under each rule of sampling: an untrained model that writes a text's characters, and what a rule needs.

Without training, all characters are about equally likely; no truncation leaves many out, and no two in a row are
those of a text. So the bias of the model's head is the logarithm of how often each character stands in TEXT. This is
still less certain than a trained model. The limit on copies looks in TEXT itself. Knows no clock.
Shape letters: N symbols of the text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from charlm.benchmark.rules import Setting
from charlm.benchmark.workload import VOCAB_SIZE, random_model
from charlm.config.settings import ModelSettings
from charlm.engines.choosing import stepper
from charlm.model.language_model import LanguageModel
from charlm.model.stepping import Stepper
from charlm.sampling.constraints.constraining import Asked, make_constraint
from charlm.sampling.copies.copy_limit import CopyLimit
from charlm.sampling.copies.verbatim import Verbatim, suffix_array
from charlm.sampling.loop.masks import Masks
from charlm.sampling.rules.decoding import Decoding
from charlm.text.corpora.named import CORPORA, corpus_file
from charlm.text.files.spool import Spool
from charlm.text.vocabulary import Ids, Vocabulary

TEXT = "python-docs"  # needs no download, and has about as many characters as many a training text


class Way(NamedTuple):
    """How characters are chosen, and what is forbidden."""

    decoding: Decoding
    masks: Masks


@dataclass(frozen=True, eq=False)
class WrittenText:
    """ids (N,) of a text without its rare characters, and a vocabulary of as many as the timed models have."""

    vocabulary: Vocabulary
    ids: Ids

    @cached_property
    def verbatim(self) -> Verbatim:
        """The text with its suffix array. Raises UsageError if pydivsufsort is missing."""
        return Verbatim(self.ids, suffix_array(self.ids))

    def stepper(self, model_settings: ModelSettings) -> Stepper:
        """The stepper that charlm chooses for an untrained model that writes these characters as often as the text."""
        counts = np.bincount(self.ids, minlength=VOCAB_SIZE)
        bias = np.log(counts / counts.sum()).astype(np.float32)
        parameters = {**random_model(model_settings).parameters, "head.bias": bias}
        return stepper(LanguageModel(model_settings, parameters))

    def way(self, setting: Setting, length: int) -> Way:
        """What the setting asks, for samples of at most `length` characters.

        Raises UsageError if it needs a package of the extra `constrain` that is missing.
        """
        values: dict[str, Any] = dict(setting)
        decoding = Decoding(**{each.name: values[each.name] for each in fields(Decoding) if each.name in values})
        asked = Asked(regex=values.get("regex"), only=values.get("only"))
        most = values.get("max_copy")
        copies = None if most is None else CopyLimit(self.verbatim, most)
        return Way(decoding, Masks(make_constraint(asked, self.vocabulary, length, None), copies))


def open_text() -> WrittenText:
    """The text named TEXT. It is built the first time, which takes some seconds."""
    with Spool() as spool:
        text = corpus_file(CORPORA[TEXT], spool).read_text(encoding="utf-8")
    vocabulary = Vocabulary(tuple(sorted(symbol for symbol, _ in Counter(text).most_common(VOCAB_SIZE))))
    return WrittenText(vocabulary, vocabulary.encode(text, "skip").ids)

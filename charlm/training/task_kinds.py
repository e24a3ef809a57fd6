"""Which task a training has: of a language model, or of a model with latent variables. Knows no run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.processes.group import ALONE, Group
from charlm.text.corpus import Corpus
from charlm.text.lanes import Reader
from charlm.training.language import LanguageTask


def task_of(
    settings: Settings,
    corpus: Corpus,
    reader: Reader,
    compute: Compute,
    initial: Mapping[str, np.ndarray] | None = None,
    group: Group = ALONE,
) -> LanguageTask:
    """The task of these settings; see LanguageTask."""
    if settings.model.latent.kind is None:
        return LanguageTask(settings, corpus, reader, compute, initial, group)
    from charlm.training.latent import LatentTask  # late: few models have latents

    return LatentTask(settings, corpus, reader, replace(compute, precision="fp32"))

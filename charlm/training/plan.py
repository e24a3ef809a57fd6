"""What a training is made from."""

from __future__ import annotations

from dataclasses import dataclass

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.runs import Run
from charlm.text.corpus import Corpus
from charlm.text.lanes import Reader


@dataclass(frozen=True)
class Plan:
    """Settings, a text, the reader that cuts its train split into windows, a run to keep things in, and a device."""

    settings: Settings
    corpus: Corpus
    reader: Reader
    run: Run
    compute: Compute

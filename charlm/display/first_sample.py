"""The options of the first `charlm sample` that is suggested after a training. Knows no model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charlm.config.settings import TextSettings
    from charlm.text.corpus import Corpus

HEAD = 20_000  # characters of the training text in which a prompt is looked for
WORDS = 4  # of a prompt
NO_PROSE = re.compile(r"licen[cs]e|copyright|gutenberg|rights reserved|permission|e-?book|https?:|www\.", re.IGNORECASE)
EDGES = ".,;:!?\"'“”‘’()[]-–—*_"  # of words


def first_sample_options(corpus: Corpus, settings: TextSettings) -> list[str]:
    """Records are drawn whole; running text is begun with a prompt from it, if there is one."""
    if settings.records:
        return ["--count", "10"]
    prompt = prompt_from(corpus)
    return ["--prompt", prompt] if prompt else []


def prompt_from(corpus: Corpus) -> str:
    """The first words of the first line of prose: no licence, no numbers, no addresses. Empty if there is none.

    It has only characters that the model knows.
    """
    opening = corpus.vocabulary.decode(corpus.split("train")[:HEAD])
    for line in opening.splitlines():
        words = line.split()[:WORDS]
        if len(words) == WORDS and not NO_PROSE.search(line) and all(map(_is_word, words)):
            return " ".join(words)
    return ""


def _is_word(word: str) -> bool:
    return word.strip(EDGES).replace("'", "").replace("’", "").replace("-", "").isalpha()

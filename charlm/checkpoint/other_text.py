"""Opens a text that is not a checkpoint's own in the form of its own, in its symbols. Knows no model."""

from __future__ import annotations

from collections.abc import Sequence

from charlm.checkpoint.contents import Checkpoint
from charlm.text.corpus import Corpus, open_corpus
from charlm.text.vocabulary import Unknown


def open_other_text(
    checkpoint: Checkpoint, sources: Sequence[str], encoding: str | None = None, unknown: Unknown = "skip"
) -> Corpus:
    """The text of these sources. Raises TextError as `open_corpus` does."""
    changes: dict[str, object] = {
        "sources": tuple(sources),
        "decided": (),
        "split": "contiguous",
        "valid": (),
        "test": (),
    }
    if encoding:
        changes["encoding"] = encoding
    return open_corpus(checkpoint.settings.text.model_copy(update=changes), checkpoint.vocabulary, unknown)

"""Reopens the text that a checkpoint was trained on and checks that it is the same. Knows no model."""

from __future__ import annotations

from charlm.checkpoint.contents import Checkpoint
from charlm.errors import CheckpointError
from charlm.text.corpus import Corpus, open_corpus


def reopen_text(checkpoint: Checkpoint, remedy: str) -> Corpus:
    """The checkpoint's own text, as ids of its vocabulary.

    Raises CheckpointError, with the given remedy, if the text has changed; TextError if it is gone.
    """
    corpus = open_corpus(checkpoint.settings.text, checkpoint.vocabulary)
    require_same_text(checkpoint, corpus, remedy)
    return corpus


def require_same_text(checkpoint: Checkpoint, corpus: Corpus, remedy: str) -> None:
    """Raises CheckpointError, with the given remedy, if the corpus is not the checkpoint's text."""
    if corpus.sha256 != checkpoint.text.sha256:
        raise CheckpointError(
            f"The text {corpus.name} is no longer the one that {checkpoint.run_name} was trained on",
            f"sha256 {corpus.sha256[:16]}... instead of {checkpoint.text.sha256[:16]}...",
            remedy,
        )

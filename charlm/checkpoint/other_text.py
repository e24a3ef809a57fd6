"""Opens a text that is given to a checkpoint in the form of its own, in its symbols. Knows no model."""

from __future__ import annotations

import shlex
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


def trained_notes(checkpoint: Checkpoint, corpus: Corpus) -> tuple[str, ...]:
    """What to say if that text is the checkpoint's own: a score of all of it is mostly one of what was trained on."""
    if corpus.sha256 != checkpoint.text.sha256:
        return ()
    share = checkpoint.settings.text.splits[0]
    score = "pairs" if checkpoint.pair_kind else "bound" if checkpoint.latent_kind else "perplexity"
    what = f"{checkpoint.run_name} was trained on {share:.0%} of this text, so a score of all of it is no test"
    return (f"{what}; of what was held out: charlm eval {score} {shlex.quote(checkpoint.run_name)}",)

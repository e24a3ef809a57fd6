"""Opens the text that a model was trained on again, where it is now, and checks that it is the same. Knows no model."""

from __future__ import annotations

from collections.abc import Sequence

from charlm.checkpoint.contents import Checkpoint
from charlm.config.settings import TextSettings
from charlm.errors import CheckpointError, TextError
from charlm.text.corpus import Corpus, open_corpus
from charlm.text.sources import STDIN
from charlm.text.vocabulary import Vocabulary


def reopen_text(checkpoint: Checkpoint, again: str, otherwise: str = "", sources: Sequence[str] = ()) -> Corpus:
    """The checkpoint's own text, as ids of its vocabulary. The arguments and errors are those of `open_same_text`."""
    settings, vocabulary = checkpoint.settings.text, checkpoint.vocabulary
    return open_same_text(settings, vocabulary, checkpoint.text.sha256, checkpoint.run_name, again, otherwise, sources)


def open_same_text(
    settings: TextSettings,
    vocabulary: Vocabulary | None,
    sha256: str,
    run: str,
    again: str,
    otherwise: str,
    sources: Sequence[str] = (),
) -> Corpus:
    """The text of the settings, or of `sources` if it has moved there, if its fingerprint is `sha256`.

    `again` is the command that names a moved text, `otherwise` advice on another text. Raises TextError if
    the text is gone or was standard input, CheckpointError if it is another text than the one that `run` was trained
    on. Both say how to name it.
    """
    if STDIN in settings.sources and not sources:
        raise TextError(
            f"{run} was trained on standard input, which cannot be read again",
            "text.sources: -",
            f"Name a file with that text: {again}\nOr send it again, with `-` for PATH.",
        )
    named = settings.model_copy(update={"sources": tuple(sources)}) if sources else settings
    try:
        # a character that is new is left out here: it means that the text is another one, which is said below
        corpus = open_corpus(named, vocabulary, "skip" if vocabulary else "error")
    except TextError as error:
        if sources:
            raise
        moved = f"If the text of {run} has moved, name it: {again}"
        raise TextError(error.what, error.where, moved) from None
    remedy = otherwise if sources else f"If it has moved, name it: {again}\n{otherwise}".strip()
    require_same_text(corpus, sha256, run, remedy, "is not" if sources else "is no longer")
    return corpus


def require_same_text(corpus: Corpus, sha256: str, run: str, remedy: str, verb: str = "is no longer") -> None:
    """Raises CheckpointError, with the given remedy, if the corpus does not have this fingerprint."""
    if corpus.sha256 != sha256:
        raise CheckpointError(
            f"The text {' '.join(corpus.sources)[:80]} {verb} the one that {run} was trained on",
            f"sha256 {corpus.sha256[:16]}... instead of {sha256[:16]}...",
            remedy,
        )

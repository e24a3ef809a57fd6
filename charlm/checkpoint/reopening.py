"""Opens the text that a model was trained on again, where it is now, and checks that it is the same. Knows no model."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from charlm.checkpoint.contents import Checkpoint
from charlm.checkpoint.moved import CALLED, OPTIONS, Moved
from charlm.config.settings import TextSettings
from charlm.errors import CheckpointError, TextError, UsageError
from charlm.text.corpus import Corpus, open_corpus
from charlm.text.files.spool import Spool
from charlm.text.shards.known_files import differences, kept_files
from charlm.text.sources import STDIN, find_files
from charlm.text.vocabulary import Vocabulary

LONGEST = 80  # characters of names in a message


def reopen_text(
    checkpoint: Checkpoint,
    again: str,
    otherwise: str = "",
    moved: Moved | None = None,
    options: Mapping[str, str] = OPTIONS,
) -> Corpus:
    """The checkpoint's own text, as ids of its vocabulary. The arguments and errors are those of `open_same_text`."""
    settings, vocabulary, sha256 = checkpoint.settings.text, checkpoint.vocabulary, checkpoint.text.sha256
    return open_same_text(settings, vocabulary, sha256, checkpoint.run_name, again, otherwise, moved, options)


def open_same_text(
    settings: TextSettings,
    vocabulary: Vocabulary | None,
    sha256: str,
    run: str,
    again: str,
    otherwise: str,
    moved: Moved | None = None,
    options: Mapping[str, str] = OPTIONS,
) -> Corpus:
    """The text of the settings, or where it has `moved`, if its fingerprint is `sha256`.

    `again` is the command that names a moved text, with the `options` after it; `otherwise` is advice on another text.
    Raises UsageError if a text is named that the run does not have, TextError if one is gone or was standard input,
    CheckpointError if they are not the ones that `run` was trained on. All say how to name what has moved.
    """
    moved = moved or Moved()
    named, given = moved.settings(settings), moved.given
    parts = [name for name in OPTIONS if name == "sources" or getattr(settings, name)]
    _refuse_other_parts(given, parts, run, otherwise)

    def line(lacking: Sequence[str], words: Sequence[str] = ()) -> str:
        return " ".join([again, *words, *dict.fromkeys(options[name] for name in lacking)])

    for name in parts:
        if STDIN in getattr(named, name) and name not in given:
            read = "was trained on" if name == "sources" else f"read its {CALLED[name]} from"
            raise TextError(
                f"{run} {read} standard input, which cannot be read again",
                f"text.{name}: -",
                f"Name a file with that text: {line([name], _quoted(moved))}\n"
                f"Or send it again, with `-` for {options[name].split()[-1]}.",
            )
    try:
        # a character that is new is left out here: it means that the text is another one, which is said below
        corpus = open_corpus(named, vocabulary, "skip" if vocabulary else "error")
    except TextError as error:
        gone = [name for name in parts if name not in given and _is_gone(named, name)]
        if given and not gone:
            raise
        lacking = gone or parts
        has, it = ("has", "it") if len(lacking) == 1 else ("have", "them")
        what = " and the ".join(CALLED[name] for name in lacking)
        remedy = f"If the {what} of {run} {has} moved, name {it}: {line(lacking, _quoted(moved))}"
        raise TextError(error.what, error.where, remedy) from None
    remedy = otherwise
    if len(parts) > 1:
        remedy = f"Name those that have moved: {line(parts)}\n{otherwise}".strip()
    elif not given:
        remedy = f"If it has moved, name it: {line(parts)}\n{otherwise}".strip()
    require_same_text(corpus, sha256, run, remedy, "is not" if given else "is no longer", _own_texts(named, parts))
    return corpus


def require_same_text(
    corpus: Corpus, sha256: str, run: str, remedy: str, verb: str = "is no longer", own: str = ""
) -> None:
    """Raises CheckpointError, with the given remedy, if the corpus does not have this fingerprint.

    `own` are the run's own validation and test texts, in words.
    """
    if corpus.sha256 != sha256:
        before = kept_files(sha256)
        changed = differences(before, corpus.files) if before else ""
        raise CheckpointError(
            f"The text {_shown(corpus.sources)}{own} {verb} the one that {run} was trained on",
            changed or f"sha256 {corpus.sha256[:16]}... instead of {sha256[:16]}...",
            f"Put its files back as they were. {remedy}" if changed else remedy,
        )


def _shown(sources: Sequence[str]) -> str:
    """The names of texts; of long ones the end, which tells them apart."""
    names = " ".join(sources)
    return names if len(names) <= LONGEST else f"...{names[-LONGEST:]}"


def _refuse_other_parts(given: Mapping[str, Sequence[str]], parts: Sequence[str], run: str, otherwise: str) -> None:
    for name, paths in given.items():
        if name not in parts:
            option = OPTIONS[name].split()[0]
            raise UsageError(
                f"{run} has no {CALLED[name]} of its own: its {name} split is a part of its text",
                f"{option} {' '.join(paths)}",
                f"Leave {option} out.\n{otherwise}".strip(),
            )


def _is_gone(settings: TextSettings, name: str) -> bool:
    """Whether the files of this text cannot be found."""
    try:
        with Spool() as spool:
            find_files(settings.model_copy(update={"sources": getattr(settings, name)}), spool)
    except TextError:
        return True
    return False


def _quoted(moved: Moved) -> list[str]:
    return [shlex.quote(word) for word in moved.words()]


def _own_texts(settings: TextSettings, parts: Sequence[str]) -> str:
    own = [f"its {CALLED[name]} {_shown(getattr(settings, name))}" for name in parts if name != "sources"]
    return f" with {' and '.join(own)}" if own else ""

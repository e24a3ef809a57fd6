"""The word list of `charlm sample --words`, read from its file. Knows no model but its vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from charlm.errors import TextError

if TYPE_CHECKING:
    from charlm.text.vocabulary import Vocabulary

LARGEST = 2**24  # bytes; /dev/zero is endless


def read_words(file: str) -> list[str]:
    """The words of a file in UTF-8, which white space separates. Raises TextError if there are none."""
    option = f"--words {file}"
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise TextError(f"The word list has more than {LARGEST:,} bytes", option, "Give a shorter one.")
        words = content.decode("utf-8-sig").split()
    except UnicodeDecodeError as error:
        what = f"The word list is not UTF-8: the byte at offset {error.start:,}"
        raise TextError(what, option, f"Convert it: iconv -f latin1 -t utf-8 {file}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise TextError(f"The word list cannot be read: {reason}", option, "Give a text file of words.") from None
    if not words:
        raise TextError("The word list is empty", option, "Give a text file of words.")
    return words


def writable_words(file: str, words: list[str], vocabulary: Vocabulary) -> tuple[list[str], str]:
    """The words that the model can write, and a note on the others; the note is empty if there are none.

    Raises TextError if it can write none.
    """
    from charlm.sampling.constraints.word_lists import known_words

    known = known_words(words, vocabulary)
    lacking = len(set(words)) - len(known)
    if not known:
        what = "The model can write no word of the list: each has a character that it does not know"
        raise TextError(what, f"--words {file}", "Give words of the model's own alphabet.")
    note = f"{lacking:,} of {len(set(words)):,} words have characters that the model does not know" if lacking else ""
    return known, note

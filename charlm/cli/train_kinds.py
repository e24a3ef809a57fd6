"""What `charlm train` shows of a text and of the next steps, by the kind of model. Computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charlm.display.summary import Row
    from charlm.training.events import Finished
    from charlm.training.experiment import Training
    from charlm.training.language import LanguageTask
    from charlm.training.pairs import PairTask


def rows_of(task: LanguageTask | PairTask) -> list[Row]:
    """What was read, and how it is split."""
    from charlm.display.summary import pair_rows, text_rows
    from charlm.training.pairs import PairTask

    return pair_rows(task.pairs) if isinstance(task, PairTask) else text_rows(task.corpus)


def commands_of(training: Training[LanguageTask | PairTask]) -> Callable[[Finished], Sequence[str]]:
    """A function that gives the commands for the next steps after a training."""
    from charlm.display.first_sample import first_sample_options
    from charlm.display.summary import next_commands, pair_commands
    from charlm.training.pairs import PairTask

    task, run = training.task, training.run.name
    cells = [layer.cell for layer in training.settings.model.stack()]
    if isinstance(task, PairTask):
        return lambda finished: pair_commands(finished, run, cells)
    options = first_sample_options(task.corpus, training.settings.text)
    return lambda finished: next_commands(finished, run, options, cells)

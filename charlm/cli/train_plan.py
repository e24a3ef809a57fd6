"""What `charlm train --dry-run` prints: what a training would do, without torch and without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charlm.display.output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charlm.config.settings import Settings
    from charlm.training.resuming import Asked, ResumableRun
    from charlm.training.task_kinds import OpenedPairs, OpenedText


def print_plan(settings: Settings, text: OpenedText | OpenedPairs, notes: Sequence[str], as_json: bool) -> None:
    """A plan as JSON, of the settings and what is told about the text, or as rows."""
    from charlm.checkpoint.kinds_of_model import count_parameters_of
    from charlm.display.summary import pair_plan_rows, plan_rows
    from charlm.text.corpus import describe_corpus
    from charlm.training.task_kinds import OpenedPairs

    parameters = count_parameters_of(settings.model, text.corpus.vocabulary.size)
    pairs = text.pairs if isinstance(text, OpenedPairs) else None
    if as_json:
        sizes = {name: len(part) for name, part in pairs.splits.items()} if pairs else {}
        described = {"pairs": sizes} if pairs else {"text": describe_corpus(text.corpus)}
        print_json({"settings": settings.model_dump(mode="json"), "parameters": parameters, **described})
        return
    from rich.console import Console

    from charlm.display.summary import print_rows

    rows = pair_plan_rows(settings, pairs, parameters) if pairs else plan_rows(settings, text.corpus, parameters)
    print_rows(Console(highlight=False), [*(("note", note) for note in notes), *rows])


def reopened(target: str | None, asked: Asked) -> ResumableRun[OpenedText | OpenedPairs]:
    """What `charlm train --resume` would go on from: the run is locked while it is read, and nothing is written."""
    from charlm.runs import lock_run, open_run, runs_root
    from charlm.training.resuming import reopen
    from charlm.training.run_text import open_run_text

    run = open_run(runs_root(), target)
    with lock_run(run):
        return reopen(run, asked, open_run_text)

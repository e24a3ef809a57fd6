"""What `charlm train --dry-run` prints: what a training would do, without torch and without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charlm.display.output import print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charlm.config.settings import Settings
    from charlm.text.corpus import Corpus
    from charlm.training.resuming import AnyText, Asked, OpenText, ResumableRun


def print_plan(settings: Settings, corpus: Corpus, notes: Sequence[str], as_json: bool) -> None:
    """What a training would do, without torch and without a run."""
    from charlm.display.summary import plan_rows
    from charlm.latent.table import count_parameters_of
    from charlm.text.corpus import describe_corpus

    parameters = count_parameters_of(settings.model, corpus.vocabulary.size)
    about = {"parameters": parameters, "text": describe_corpus(corpus)} if as_json else {}
    print_plan_of(settings, about, plan_rows(settings, corpus, parameters), notes, as_json)


def print_plan_of(
    settings: Settings,
    about: Mapping[str, object],
    rows: Sequence[tuple[str, str]],
    notes: Sequence[str],
    as_json: bool,
) -> None:
    """A plan as JSON, of the settings and what is told about it, or as rows."""
    if as_json:
        print_json({"settings": settings.model_dump(mode="json"), **about})
        return
    from rich.console import Console

    from charlm.display.summary import print_rows

    print_rows(Console(highlight=False), [*(("note", note) for note in notes), *rows])


def reopened(target: str | None, asked: Asked, open_text: OpenText[AnyText]) -> ResumableRun[AnyText]:
    """What `charlm train --resume` would go on from: the run is locked while it is read, and nothing is written."""
    from charlm.runs import lock_run, open_run, runs_root
    from charlm.training.resuming import reopen

    run = open_run(runs_root(), target)
    with lock_run(run):
        return reopen(run, asked, open_text)

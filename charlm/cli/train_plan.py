"""What `charlm train --dry-run` prints: what a training would do, without torch and without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charlm.display.output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charlm.config.settings import Settings
    from charlm.text.corpus import Corpus


def print_plan(settings: Settings, corpus: Corpus, notes: Sequence[str], as_json: bool) -> None:
    """What a training would do, without torch and without a run."""
    from charlm.latent.table import count_parameters_of
    from charlm.text.corpus import describe_corpus

    parameters = count_parameters_of(settings.model, corpus.vocabulary.size)
    if as_json:
        plan = {"settings": settings.model_dump(mode="json"), "parameters": parameters, "text": describe_corpus(corpus)}
        print_json(plan)
        return
    from rich.console import Console

    from charlm.display.summary import plan_rows, print_rows

    console = Console(highlight=False)
    print_rows(console, [*(("note", note) for note in notes), *plan_rows(settings, corpus, parameters)])

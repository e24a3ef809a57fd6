"""`charlm train`: from a text to a trained model, in one command. Connects training and display; computes nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.display.output import print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charlm.config.settings import Settings
    from charlm.text.corpus import Corpus
    from charlm.training.experiment import Training


def train(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders, globs, named corpora or - (standard input). Default: python-docs. "
            "With --resume: a run."
        ),
    ] = None,
    config: Annotated[str | None, typer.Option("--config", "-c", help="A preset's name, or a YAML file.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="A setting; can be repeated.")
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Name of the run. Default: made from the text and the cell.")
    ] = None,
    budget: Annotated[str | None, typer.Option(help="Wall-clock time to train for: 90s, 10m, 2h.")] = None,
    steps: Annotated[int | None, typer.Option(help="Number of updates to train for.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a run. Default: the latest one.")] = False,
    device: Annotated[str | None, typer.Option(help="Device: auto, cpu, cuda or mps.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed; the same seed, command and machine give the same weights.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the text; auto decides for each file. Default: utf-8.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be trained, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Train a model on a text."""
    options = {
        "text.sources": None if resume else text,
        "text.encoding": encoding,
        "training.budget": budget,
        "training.steps": steps,
        "training.device": device,
        "training.seed": seed,
    }
    if resume:
        _resume(_run_to_resume(text, config, run), settings or [], options, dry_run, as_json)
        return
    from charlm.cells.table import stack_problems
    from charlm.config.resolving import resolve

    _begin(resolve(config, settings or [], options, [stack_problems]).settings, run, dry_run, as_json)


def _run_to_resume(text: list[str] | None, config: str | None, name: str | None) -> str | None:
    """The run that the user named; None for the latest."""
    from charlm.errors import UsageError

    wanted = [*(text or []), *([name] if name else [])]
    if len(wanted) > 1 or config:
        raise UsageError(
            "--resume takes one run, and continues it with its own text and settings",
            " ".join([*wanted, *(["-c", config] if config else [])]),
            "Use `charlm train --resume RUN`; --steps, --budget and some -s training.KEY=VALUE can be added.",
        )
    return wanted[0] if wanted else None


def _begin(settings: Settings, name: str | None, dry_run: bool, as_json: bool) -> None:
    if dry_run:
        from charlm.text.corpus import open_corpus

        _print_plan(settings, open_corpus(settings.text), as_json)
        return
    from charlm.training.experiment import begin

    _train(begin(settings, name), as_json)


def _resume(
    target: str | None, overrides: list[str], options: Mapping[str, object], dry_run: bool, as_json: bool
) -> None:
    from charlm.training.experiment import reopen, resume

    if dry_run:
        from charlm.runs import lock_run, open_run, runs_root

        run = open_run(runs_root(), target)
        with lock_run(run):
            stored = reopen(run, overrides, options)
        _print_plan(stored.settings, stored.corpus, as_json)
        return
    _train(resume(target, overrides, options), as_json)


def _train(training: Training, as_json: bool) -> None:
    """Train, show it, and print the summary. Raises StoppedError after a signal."""
    from charlm.display.console import StderrConsole
    from charlm.display.live import LiveView, supports_live_view
    from charlm.display.loss_plot import plot_loss_of
    from charlm.display.plain import PlainView
    from charlm.display.summary import print_rows, print_summary, prompt_from, summary_json, text_rows
    from charlm.errors import StoppedError
    from charlm.signals import Stop
    from charlm.training.events import Finished

    run, corpus = training.run, training.corpus
    console = StderrConsole()
    print_rows(console, [*text_rows(corpus), *(("note", note) for note in training.notes)])
    title = f"{run.name}  {training.settings.model.in_short()}"
    view = LiveView(console, title) if supports_live_view(console) else PlainView(sys.stderr)
    finished = None
    with Stop() as stop, view:
        for event in training.events(stop.asked):
            view.show(event)
            if isinstance(event, Finished):
                finished = event
    assert finished is not None
    plot_loss_of(run)
    print_summary(console, finished, run.name, run.folder, prompt_from(corpus))
    if as_json:
        print_json(summary_json(finished, run.name, run.folder))
    if stop.signal:
        raise StoppedError(
            stop.signal,
            f"Interrupted at step {finished.step:,}; everything is saved",
            str(run.folder),
            f"Go on with: charlm train --resume {run.name}",
        )


def _print_plan(settings: Settings, corpus: Corpus, as_json: bool) -> None:
    """What a training would do, without torch and without a run."""
    from charlm.model.parameters import count_parameters
    from charlm.text.corpus import describe_corpus

    parameters = count_parameters(settings.model, corpus.vocabulary.size)
    if as_json:
        plan = {"settings": settings.model_dump(mode="json"), "parameters": parameters, "text": describe_corpus(corpus)}
        print_json(plan)
        return
    from rich.console import Console

    from charlm.display.summary import plan_rows, print_rows

    print_rows(Console(highlight=False), plan_rows(settings, corpus, parameters))

"""`charlm train`: from a text to a trained model, in one command. Wires the rooms together; does no arithmetic."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.display.output import print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charlm.config.settings import Settings
    from charlm.runs import Run
    from charlm.text.corpus import Corpus
    from charlm.training.experiment import Training


def train(
    text: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, globs, - or named corpora; none: python-docs. With --resume: a run."),
    ] = None,
    config: Annotated[str | None, typer.Option("--config", "-c", help="A preset's name, or a YAML file.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="A setting; can be given again.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="The run's name; none: from the text and the cell.")] = None,
    budget: Annotated[str | None, typer.Option(help="Wall-clock time to train for: 90s, 10m, 2h.")] = None,
    steps: Annotated[int | None, typer.Option(help="Updates to train for.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run; the latest unless named.")] = False,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same command, same machine: same bits.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the text; utf-8 unless told.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
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
        _go_on(_to_resume(text, config, run), settings or [], options, dry_run, as_json)
        return
    from charlm.cells.table import stack_problems
    from charlm.config.resolving import resolve

    _begin(resolve(config, settings or [], options, [stack_problems]).settings, run, dry_run, as_json)


def _to_resume(text: list[str] | None, config: str | None, name: str | None) -> str | None:
    """The run that is meant; None is the latest."""
    from charlm.errors import UsageError

    wanted = [*(text or []), *([name] if name else [])]
    if len(wanted) > 1 or config:
        raise UsageError(
            "--resume takes one run, and goes on with its own text and settings",
            " ".join([*wanted, *(["-c", config] if config else [])]),
            "Give `charlm train --resume RUN`, with --steps, --budget or -s training.KEY=VALUE where wanted.",
        )
    return wanted[0] if wanted else None


def _begin(settings: Settings, name: str | None, dry_run: bool, as_json: bool) -> None:
    if dry_run:
        from charlm.text.corpus import open_corpus

        _show_plan(settings, open_corpus(settings.text), as_json)
        return
    from charlm.training.experiment import begin

    _train(begin(settings, name), as_json)


def _go_on(
    target: str | None, overrides: list[str], options: Mapping[str, object], dry_run: bool, as_json: bool
) -> None:
    from charlm.training.experiment import reopen, resume

    if dry_run:
        from charlm.runs import lock_run, open_run, runs_root

        run = open_run(runs_root(), target)
        with lock_run(run):
            stored = reopen(run, overrides, options)
        _show_plan(stored.settings, stored.corpus, as_json)
        return
    _train(resume(target, overrides, options), as_json)


def _train(training: Training, as_json: bool) -> None:
    """Train, show it, and leave the card, or raise StoppedError after a signal."""
    from charlm.display.card import print_card, print_rows, result, text_rows
    from charlm.display.live import LiveView, is_fit
    from charlm.display.plain import PlainView
    from charlm.display.talk import Talk
    from charlm.errors import StoppedError
    from charlm.signals import Stop
    from charlm.training.events import Finished

    run, corpus = training.run, training.corpus
    console = Talk()
    print_rows(console, [*text_rows(corpus), *(("note", note) for note in training.notes)])
    title = f"{run.name}  {training.settings.model.in_short()}"
    view = LiveView(console, title) if is_fit(console) else PlainView(sys.stderr)
    finished = None
    with Stop() as stop, view:
        for event in training.events(stop.asked):
            view.show(event)
            if isinstance(event, Finished):
                finished = event
    assert finished is not None
    _draw_curve(run)
    print_card(console, finished, run.name, run.folder, _first_words(corpus))
    if as_json:
        print_json(result(finished, run.name, run.folder))
    if stop.signal:
        raise StoppedError(
            stop.signal,
            f"Interrupted at step {finished.step:,}; everything is saved",
            str(run.folder),
            f"Go on with: charlm train --resume {run.name}",
        )


def _first_words(corpus: Corpus) -> str:
    """The first line of the text that has some words, as a prompt that the model is sure to know."""
    opening = corpus.vocabulary.decode(corpus.ids[:400])
    return next((" ".join(words[:4]) for line in opening.splitlines() if len(words := line.split()) > 1), "")


def _draw_curve(run: Run) -> None:
    """loss.png, where the extra `plot` is installed and there is something to draw."""
    from contextlib import suppress
    from importlib.util import find_spec

    from charlm.display.plot import plot
    from charlm.runs import read_metrics

    if find_spec("matplotlib") is not None:
        rows = list(read_metrics(run.metrics))
        if any(row.get("event") == "updated" for row in rows):
            with suppress(OSError):  # a picture is not worth an error after all is saved
                plot(rows, run.folder / "loss.png")


def _show_plan(settings: Settings, corpus: Corpus, as_json: bool) -> None:
    """What a training would be, without torch and without a run."""
    from rich.console import Console

    from charlm.display.card import print_rows, text_rows
    from charlm.model.parameters import count_parameters
    from charlm.text.corpus import describe_corpus

    parameters = count_parameters(settings.model, corpus.vocabulary.size)
    if as_json:
        plan = {"settings": settings.model_dump(mode="json"), "parameters": parameters, "text": describe_corpus(corpus)}
        print_json(plan)
        return
    training = settings.training
    length = next(
        f"{name} {value}" for name in ("steps", "epochs", "budget") if (value := getattr(training, name)) is not None
    )
    rows = [
        *text_rows(corpus),
        ("model", f"{settings.model.in_short()}, {parameters:,} parameters"),
        ("length", f"{length}, {training.batch_size} x {training.seq_len} characters an update"),
        ("dry run", "nothing was trained and nothing written; `charlm config show` has every setting"),
    ]
    print_rows(Console(highlight=False), rows)

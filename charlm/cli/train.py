"""`charlm train`: from a text to a trained model, in one command. Connects training and display; computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.completing import complete_text
from charlm.cli.opening import say_what_is_awaited
from charlm.cli.options import (
    CellFile,
    Config,
    DeviceIfGiven,
    Encoding,
    JsonAtEnd,
    Latent,
    Overrides,
    Records,
    Test,
    Valid,
)
from charlm.cli.serve import require_server
from charlm.cli.train_pairs import Pairs, begin_pairs, chosen_kind, resume_pairs
from charlm.cli.train_plan import print_plan, reopened
from charlm.cli.train_shown import Shown, train_and_show
from charlm.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charlm.checkpoint.moved import Moved
    from charlm.config.resolving import Resolved
    from charlm.training.experiment import Training
    from charlm.training.language import LanguageTask


def train(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders, globs, named corpora or - (standard input). Default: alice. With --resume: a run.",
            autocompletion=complete_text,
        ),
    ] = None,
    config: Config = None,
    settings: Overrides = None,
    run: Annotated[
        str | None,
        typer.Option(
            "--run", "--name", metavar="NAME", help="Name of the run. Default: made from the text and the cell."
        ),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="Total wall-clock time to train for: 90s, 10m, 2h.")
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help="Total number of updates to train for.")] = None,
    epochs: Annotated[
        float | None, typer.Option(metavar="N", help="Total number of passes over the training text.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue a run, bit for bit as if it had never stopped. Default: the latest one. "
            "--steps, --epochs and --budget stay totals: what is done counts.",
        ),
    ] = False,
    more: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNT", help="With --resume: train for this much more than is done: 500 (updates), 2epochs, 5m."
        ),
    ] = None,
    moved: Annotated[
        list[str] | None,
        typer.Option(
            "--text",
            metavar="PATH",
            help="With --resume: where the run's text is now, if it has moved; --valid and --test likewise.",
        ),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN",
            help="Start a new run from the weights of this run or checkpoint, with its model and vocabulary.",
        ),
    ] = None,
    device: DeviceIfGiven = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed; the same seed, command and machine give the same weights.")
    ] = None,
    encoding: Encoding = None,
    records: Records = False,
    latent: Latent = None,
    pairs: Pairs = False,
    valid: Valid = None,
    test: Test = None,
    cell_file: CellFile = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Open a page in the browser that shows the training while it runs.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be trained, and write nothing.")] = False,
    as_json: JsonAtEnd = False,
) -> None:
    """Train a model on a text.

    Ctrl-C, SIGTERM and SIGHUP save a checkpoint and end the training; SIGUSR1 saves one and goes on.
    """
    options = {
        "text.sources": None if resume else text,
        "text.encoding": encoding,
        "text.valid": None if resume else valid,
        "text.test": None if resume else test,
        "text.records": records or None,
        "model.latent.kind": latent,
        "training.budget": budget,
        "training.steps": steps,
        "training.epochs": epochs,
        "training.device": device,
        "training.seed": seed,
        "model.pairs.kind": chosen_kind(pairs, text, settings or []),
    }
    shown = Shown(as_json, watch and not dry_run, cell_file)
    if shown.page:
        require_server("--watch", "charlm train --watch")
    if resume:
        target = _run_to_resume(text, config, run, origin)
        from charlm.checkpoint.kind_of_run import is_of_pairs
        from charlm.checkpoint.moved import Moved

        places = Moved(moved or (), valid or (), test or ())
        if is_of_pairs(target):
            resume_pairs(target, settings or [], options, more, places, dry_run, shown)
            return
        _resume(target, settings or [], options, more, places, dry_run, shown)
        return
    _refuse_without_resume(text, more, moved)
    from dataclasses import replace

    from charlm.cells.naming_files import own_settings, own_stack_problems
    from charlm.config.resolving import DEFAULT_PRESET, resolve_to_train

    if latent and config is None:
        config = DEFAULT_PRESET  # also by time: what chooses settings for a time knows language models alone
    preset = "pairs" if pairs and config is None else config
    resolved = resolve_to_train(preset, settings or [], options, [own_stack_problems])
    resolved = replace(resolved, settings=own_settings(resolved.settings))
    if resolved.settings.model.pairs.kind is not None:
        begin_pairs(resolved, run, origin, dry_run, shown)
        return
    _begin(resolved, run, origin, dry_run, shown)


def _run_to_resume(text: list[str] | None, config: str | None, name: str | None, origin: str | None) -> str | None:
    """The run that the user named; None for the latest."""
    wanted = [*(text or []), *([name] if name else [])]
    if origin:
        raise UsageError(
            "--resume continues a run, and --from starts a new one",
            f"--resume --from {origin}",
            f"Use one of them: charlm train --resume RUN, or charlm train TEXT --from {origin}",
        )
    if len(wanted) > 1 or config:
        raise UsageError(
            "--resume takes one run, and continues it with its own text and settings",
            " ".join([*wanted, *(["-c", config] if config else [])]),
            "Use `charlm train --resume RUN`; --more, --steps, --budget and some -s training.KEY=VALUE can be added.",
        )
    return wanted[0] if wanted else None


def _refuse_without_resume(text: list[str] | None, more: str | None, moved: list[str] | None) -> None:
    if more is not None:
        raise UsageError(
            "--more adds to what a run has done", f"--more {more}", f"Resume a run: charlm train --resume --more {more}"
        )
    if moved:
        named = " ".join(moved)
        raise UsageError(
            "--text names the text of a run that is resumed",
            f"--text {named}",
            f"For a new run, write the text alone: charlm train {named}" if not text else "Leave --text out.",
        )


def _begin(resolved: Resolved, name: str | None, origin: str | None, dry_run: bool, shown: Shown) -> None:
    settings, automatic, start = resolved.settings, resolved.automatic, None
    if automatic and settings.model.latent.kind is not None:
        raise UsageError(
            f"{', '.join(automatic)}: auto chooses for models without latent variables",
            ", ".join(dict.fromkeys(resolved.origins[each] for each in automatic)),
            "Give numbers, or another preset: -c quick",
        )
    say_what_is_awaited(settings.text.sources)
    notes: tuple[str, ...] = ()
    if origin is not None:
        from charlm.checkpoint import load_checkpoint
        from charlm.runs import find_checkpoint, runs_root
        from charlm.training.origin import settings_from

        start = load_checkpoint(find_checkpoint(runs_root(), origin))
        settings, notes = settings_from(resolved, start)
        automatic = ()
    from charlm.display.progress import watched_opening
    from charlm.display.waiting import Waiting
    from charlm.text.corpus import open_in_steps

    with Waiting("reading the text") as line:
        corpus = watched_opening(open_in_steps(settings.text), line)
    if dry_run:
        if start:
            from charlm.training.origin import open_with_origin

            corpus, grown = open_with_origin(settings.text, corpus, start)
            notes = (*grown.notes(), *notes)
        if automatic:
            from charlm.engines.precision import compute_for
            from charlm.training.automatic import choose

            choice = choose(settings, automatic, corpus, compute_for(settings))
            settings, notes = choice.settings, (*notes, f"chosen: {choice.note()}")
        if settings.model.latent.kind is not None:
            from charlm.training.latent_lines import line_reader

            line_reader(settings, corpus)  # refuses lines that are too long, or too few
        print_plan(settings, corpus, notes, shown.as_json)
        return
    from charlm.training.experiment import begin

    _train_language(begin(settings, name, start, notes, automatic, corpus), shown)


def _resume(
    target: str | None,
    overrides: list[str],
    options: Mapping[str, object],
    more: str | None,
    moved: Moved,
    dry_run: bool,
    shown: Shown,
) -> None:
    from charlm.training.experiment import resume

    if dry_run:
        from charlm.training.language_text import open_language_text
        from charlm.training.resuming import Asked

        stored = reopened(target, Asked(overrides, options, more, moved), open_language_text)
        print_plan(stored.settings, stored.text.corpus, stored.notes, shown.as_json)
        return
    _train_language(resume(target, overrides, options, more=more, moved=moved), shown)


def _train_language(training: Training[LanguageTask], shown: Shown) -> None:
    from charlm.display.first_sample import first_sample_options
    from charlm.display.summary import next_commands, text_rows

    corpus, run = training.task.corpus, training.run.name
    cells = [layer.cell for layer in training.settings.model.stack()]
    options = first_sample_options(corpus, training.settings.text)
    train_and_show(training, shown, text_rows(corpus), lambda finished: next_commands(finished, run, options, cells))

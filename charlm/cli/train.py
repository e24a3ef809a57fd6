"""`charlm train`: from a text to a trained model, in one command. Connects training and display; computes nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from charlm.cli.completing import complete_text
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
from charlm.cli.train_pairs import Pairs, chosen_kind
from charlm.cli.train_processes import in_group
from charlm.cli.train_runs import begin_run, follow_run, kind_of_start, load_start, resume_run
from charlm.cli.train_shown import Shown
from charlm.errors import UsageError
from charlm.processes.launch import follows


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
    options: dict[str, object] = {
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
    if dry_run and follows():
        return  # process 0 shows the plan
    shown = Shown(as_json, watch and not dry_run, cell_file)
    if shown.page and not follows():
        require_server("--watch", "charlm train --watch")
    with in_group(alone=dry_run) as group:
        if resume:
            from charlm.checkpoint.moved import Moved

            target = _run_to_resume(text, config, run, origin)
            places = Moved(moved or (), valid or (), test or ())
            if group.rank:
                follow_run(group)
            else:
                resume_run(target, settings or [], options, more, places, dry_run, shown, group)
            return
        _refuse_without_resume(text, more, moved)
        from dataclasses import replace

        from charlm.cells.naming_files import own_settings, own_stack_problems
        from charlm.config.resolving import resolve_to_train

        start = load_start(origin, group)
        if start is not None and not latent:
            options |= kind_of_start(start, pairs, settings or [], config)
        resolved = resolve_to_train(config, settings or [], options, [own_stack_problems])
        resolved = replace(resolved, settings=own_settings(resolved.settings))
        begin_run(resolved, run, start, dry_run, shown, group)


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

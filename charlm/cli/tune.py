"""`charlm tune`: searches for settings with many short trainings, which a sampler chooses. Computes nothing."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.completing import complete_corpus
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
from charlm.cli.ranges import SEEDS, require_within
from charlm.cli.train_pairs import Pairs, chosen_kind
from charlm.errors import UsageError
from charlm.version import install_extra

if TYPE_CHECKING:
    from charlm.studies.tuning.claiming import Search
    from charlm.studies.tuning.search_plan import SearchPlan


def tune(
    text: Annotated[
        list[str] | None,
        typer.Argument(help="The text, as for `charlm train`. Default: the preset's.", autocompletion=complete_corpus),
    ] = None,
    config: Config = None,
    settings: Overrides = None,
    trials: Annotated[int, typer.Option(help="How many trials there will be, with those of earlier sessions.")] = 40,
    each: Annotated[
        str, typer.Option(metavar="LENGTH", help="Length of a trial: 15s, 2m, 500steps or 200000characters.")
    ] = "15s",
    space: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="A YAML file of what is searched. Default: default.yaml of configs/spaces, or lines.yaml.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the search. Default: made from the text, the preset and the length.")
    ] = None,
    at_most_parameters: Annotated[
        int | None, typer.Option(metavar="N", help="No larger models: what is drawn and larger is not trained.")
    ] = None,
    at_most_time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="With --each in updates or characters: the best may take no longer than this."
        ),
    ] = None,
    device: DeviceIfGiven = None,
    seed: Annotated[int, typer.Option(help="Seed of the draws and of the trainings.")] = 1,
    encoding: Encoding = None,
    records: Records = False,
    latent: Latent = None,
    pairs: Pairs = False,
    valid: Valid = None,
    test: Test = None,
    cell_file: CellFile = None,
    as_json: JsonAtEnd = False,
) -> None:
    """Search for settings: many short trainings, scored on a part of the training split.

    The same command in the same folder goes on with a search, or joins it: several processes and machines may. Ctrl-C
    keeps all that is done.
    """
    require_optuna()
    require_within("--trials", trials, 1, 100_000, "from 1 to 100,000")
    require_within("--seed", seed, *SEEDS)
    from charlm.display.waiting import Waiting
    from charlm.runs import runs_root
    from charlm.runs.creating import require_name
    from charlm.studies.tuning.search_folder import FOLDER, SearchFolder
    from charlm.studies.tuning.search_plan import Asked, prepare_search
    from charlm.studies.tuning.trial_length import read_length

    if at_most_parameters is not None:
        require_within("--at-most-parameters", at_most_parameters, 1, 10**12, "of at least 1")
    options = {
        "text.sources": text,
        "text.encoding": encoding,
        "text.valid": valid,
        "text.test": test,
        "text.records": records or None,
        "model.latent.kind": latent,
        "model.pairs.kind": chosen_kind(pairs, text, settings or [], "charlm tune"),
        "training.device": device,
        "training.seed": seed,
    }
    length = read_length(each)
    most = None
    if at_most_time is not None:
        most = read_length(at_most_time, "--at-most-time")
        if most.kind != "budget" or length.kind == "budget":
            raise UsageError(
                "--at-most-time is a time, for trials whose length is none",
                f"--at-most-time {at_most_time} --each {each}",
                "Give for example: --each 500steps --at-most-time 20s",
            )
    asked = Asked(config, settings or [], options, space, length, at_most_parameters, most.amount if most else None)
    with Waiting("reading the text"):
        plan = prepare_search(asked)
    name = name or _name(plan)
    require_name(name, "--name")
    home = SearchFolder(runs_root() / FOLDER / name)
    from charlm.studies.tuning.beginning import begin
    from charlm.studies.tuning.claiming import Search

    with Waiting("beginning the search"):
        plan = begin(plan, home)
    search = Search(plan, home)
    _run(search, trials)
    _report(search, _training_command(plan, home.best, cell_file), as_json)


def require_optuna() -> None:
    """Raises UsageError if the library of the extra `tune` is not there."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        install = f"Install it with: {install_extra('tune')}. Without it: charlm study search FILE"
        raise UsageError(f"charlm tune needs the library {error.name}", "it is not installed", install) from None


def _name(plan: SearchPlan) -> str:
    """`mybook-auto-15s`."""
    words = f"{plan.outer.name}-{Path(plan.asked.preset).stem}-{plan.asked.each}"
    return re.sub(r"[^\w.]+", "-", words)[-60:].strip("-.")


def _run(search: Search, wanted: int) -> None:
    """Train, and show it. Raises StoppedError after a signal."""
    from charlm.display.console import StderrConsole
    from charlm.display.printing import print_stderr
    from charlm.display.tune_view import TuneView
    from charlm.errors import StoppedError
    from charlm.signals import Stop
    from charlm.studies.tuning.results import best_of, rows_of
    from charlm.studies.tuning.running import TuneInterrupted, run_search

    rows, names = rows_of(search.study), ", ".join(search.plan.space.settings)
    print_stderr(f"{search.home.folder}: {len(rows)} of {wanted} trials of {search.plan.asked.each} are done")
    if chosen := search.plan.asked.chosen:
        values = ", ".join(f"{name.partition('.')[2]} {value}" for name, value in chosen.items())
        print_stderr(f"chosen for {search.plan.asked.each}: {values}")
    print_stderr(f"searched: {names}")
    event = None
    with Stop() as stop, TuneView(StderrConsole(), best_of(rows), wanted, search.plan.bounded) as view:
        for event in run_search(search, wanted, stop.asked, stop.save_asked):
            view.show(event)
    if isinstance(event, TuneInterrupted):
        raise StoppedError(
            stop.signal,
            f"Interrupted with {len(rows_of(search.study))} of {wanted} trials finished; everything is saved",
            str(search.home.folder),
            f"Go on with: charlm {shlex.join(sys.argv[1:])}",
        )


def _report(search: Search, command: str, as_json: bool) -> None:
    """Print the best trials. Raises DivergedError if none has a score."""
    from charlm.display.output import print_json, print_table
    from charlm.display.printing import print_stderr
    from charlm.display.tune_table import end_lines, failure_lines, table_rows, to_json
    from charlm.errors import DivergedError
    from charlm.studies.tuning.results import best_of, importances, rows_of, running_elsewhere

    rows, shares = rows_of(search.study), importances(search.study)
    best = best_of(rows)
    if best is None:
        failed = next((row.why for row in rows if row.why), "each of them takes too long")
        raise DivergedError(
            f"None of {len(rows)} trials can be used: {failed}",
            str(search.home.folder),
            "Give other ranges with --space FILE, or longer trials with --each, and another --name.",
        )
    if as_json:
        print_json(
            {
                "search": search.home.name,
                "path": str(search.home.folder),
                **({"bounded": True} if search.plan.bounded else {}),
                "best": to_json(best),
                "importances": shares,
                "preset": str(search.home.best),
                "command": command,
                "trials": [to_json(row) for row in rows],
            }
        )
        return
    table = table_rows(rows, shares, search.plan.bounded)
    print_table(table, right=table[0][1:])
    for line in (*failure_lines(rows), *end_lines(search.plan.space, best)):
        print_stderr(line)
    if others := running_elsewhere(search.study):
        print_stderr(f"{others} more in training by other processes: repeat the command when they are done")
    print_stderr("the best settings, on the whole training split; add --budget 10m to train for longer than a trial:")
    print_stderr(f"  {command}", dim=False)


def _training_command(plan: SearchPlan, preset: Path, cell_files: list[str] | None) -> str:
    """The line that trains with the best settings, without a length."""
    text = plan.settings.text
    files = {"--valid": text.valid, "--test": text.test, "--cell-file": cell_files or ()}
    named = [word for option, paths in files.items() for path in paths for word in (option, path)]
    return shlex.join(["charlm", "train", *text.sources, "-c", str(preset), *named])

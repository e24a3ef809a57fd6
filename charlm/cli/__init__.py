"""The command tree: one file per command. A command connects the rooms below and hands the results to display/.

stdout carries data, stderr carries messages. Nothing heavy is imported until a command runs, so that `--help` is quick.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

from charlm.cli import (
    bench,
    cells,
    compress,
    config,
    convert,
    data,
    doctor,
    evaluate,
    export,
    import_model,
    inspect,
    runs,
    sample,
    serve,
    study,
    train,
    tune,
)
from charlm.cli.completing_bash import answer_bash, is_bash_asking
from charlm.cli.completing_part import asked_words, part_for
from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.train_processes import refuse_several_processes
from charlm.display.printing import print_stderr
from charlm.errors import CharlmError
from charlm.machine import choose_waiting
from charlm.processes.launch import follows
from charlm.signals import harmless_saves, quiet_interrupts
from charlm.version import __version__

app = typer.Typer(
    name="charlm",
    cls=Group,
    help="Train character-level recurrent language models, sample from them, and measure them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

TRAIN = examples(
    "charlm train mybook.txt --budget 2m",
    "charlm train names.txt --records --steps 800",
    "charlm train --resume mybook --more 5m",
    "charlm train poems.txt --from mybook --epochs 3",
)
SAMPLE = examples(
    'charlm sample mybook --prompt "The owl " -n 400',
    "charlm sample names --count 10 --seed 1",
    "charlm sample mybook -i",
)
COMPRESS = examples("charlm compress mybook letter.txt", "charlm compress mybook - --portable -o out.clm")
DECOMPRESS = examples("charlm decompress letter.txt.clm -o letter.txt", "charlm decompress out.clm --run mybook -o -")
CONVERT = examples(
    "charlm convert sums sums.txt", "charlm convert sounds words.txt --beam 8 --nbest 3", "charlm convert sums --json"
)
IMPORT = examples("charlm import mymodel-hub --name owl", "charlm import mymodel-torch")
SERVE = examples("charlm serve mybook", "charlm serve mybook names --port 8080")
TUNE = examples(
    "charlm tune mybook.txt --trials 40 --each 15s",
    "charlm tune words.tsv --pairs --each 1m",
    "charlm tune mybook.txt --space myspace.yaml --each 500steps",
    "charlm tune mybook.txt -c mine.yaml --at-most-parameters 500000",
)
DOCTOR = examples("charlm doctor", "charlm doctor mybook.txt -c auto")

app.command("train", cls=Command, epilog=TRAIN)(train.train)
app.command("sample", cls=Command, epilog=SAMPLE)(sample.sample)
app.command("convert", cls=Command, epilog=CONVERT)(convert.convert)
app.command("compress", cls=Command, epilog=COMPRESS)(compress.compress)
app.command("decompress", cls=Command, epilog=DECOMPRESS)(compress.decompress)
app.command("import", cls=Command, epilog=IMPORT)(import_model.import_model)
app.command("serve", cls=Command, epilog=SERVE)(serve.serve)
app.add_typer(evaluate.app, name="eval", help="Score text with a trained model.")
app.add_typer(inspect.app, name="inspect", help="Look inside a trained model: what its units do, and why.")
app.add_typer(export.app, name="export", help="Write a model, or what it knows, as files for other programs.")
app.add_typer(runs.app, name="runs", help="List, show, watch, compare, draw, push, rename, export and remove runs.")
app.add_typer(data.app, name="data", help="List, show, download and measure texts.")
app.add_typer(cells.app, name="cells", help="List the recurrent cells and show their equations.")
app.add_typer(config.app, name="config", help="Show and check settings, and print their schema.")
app.add_typer(bench.app, name="bench", help="Measure characters per second on this machine.")
app.add_typer(study.app, name="study", help="Compare variants over seeds, and search for settings.")
app.command("tune", cls=Command, epilog=TUNE)(tune.tune)
app.command("doctor", cls=Command, epilog=DOCTOR)(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"charlm {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    pass


def main() -> None:
    """Run the command line. A CharlmError is printed in three lines and ends with its exit code."""
    with quiet_interrupts(), harmless_saves():
        if is_bash_asking():  # with no wait for a measurement: nothing is computed
            answer_bash(_run)
        choose_waiting()
        _run()


def _run() -> None:
    try:
        refuse_several_processes(sys.argv[1:])
        sys.exit(_invoked())
    except CharlmError as error:
        if not follows():
            print_stderr(f"charlm: {error}", dim=False)
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get("CHARLM_DEBUG"):
            raise
        print_stderr(f"charlm: {type(error).__name__}: {error}")
        print_stderr("This is a bug in charlm.")
        print_stderr("Please report it, with the output of the same command when CHARLM_DEBUG=1 is set.")
        sys.exit(1)


def _invoked() -> int:
    """Invoke the command that was named; gives the exit code. Raises UsageError for a word that has another name here.

    The errors of the parser are typer's own in newer versions and click's in older ones; all have `format_message`.
    """
    try:
        # the list of commands shows the groups by name, so what is in them need not be built
        asked = [""] if sys.argv[1:] in (["--help"], ["-h"]) else asked_words()
        needed = app if asked is None else part_for(app, asked)
        return int(needed(prog_name="charlm", standalone_mode=False) or 0)
    except Exception as error:
        of_parser: Any = error
        if not hasattr(of_parser, "format_message"):
            raise
        from charlm.cli.words import answer

        answered = answer(of_parser, sys.argv[1:])
        if answered:
            raise answered from None
        if not follows():
            of_parser.show()
        return int(of_parser.exit_code)

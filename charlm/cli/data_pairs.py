"""`charlm data synthetic reverse`, `sums` and others: made texts of pairs, for `charlm train --pairs`.

Annotations are evaluated where they stand, since those of a task's options depend on the task.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from charlm.cli.data_tasks import Output, Seed
from charlm.cli.help_pages import Command, examples
from charlm.text.corpora.pair_tasks import TASKS

Lines = Annotated[int, typer.Option(help="Number of lines, all different.")]


def add_pair_tasks(app: typer.Typer) -> None:
    """A command for each task."""
    for name, maker in TASKS.items():
        made = _with_length(name) if maker.length else _without_length(name)
        made.__doc__ = f"Make pairs: {maker.about}."
        shown = examples(f"charlm data synthetic {name} --lines 3", f"charlm data synthetic {name} -o {name}.tsv")
        app.command(name, cls=Command, epilog=shown)(made)


def _with_length(name: str) -> Callable[..., None]:
    maker = TASKS[name]

    def make(
        length: Annotated[int, typer.Option(metavar="N", help=f"Most {maker.length}.")] = maker.usual,
        lines: Lines = 50_000,
        seed: Seed = 1,
        output: Output = None,
    ) -> None:
        _write(name, lines, seed, output, length)

    return make


def _without_length(name: str) -> Callable[..., None]:
    def make(lines: Lines = 50_000, seed: Seed = 1, output: Output = None) -> None:
        _write(name, lines, seed, output, None)

    return make


def _write(name: str, lines: int, seed: int, output: Path | None, length: int | None) -> None:
    from charlm.display.printing import print_stderr
    from charlm.text.corpora.pair_tasks import pair_text

    text = pair_text(name, lines, seed, length)
    made = text.count("\n")
    if made < lines:
        print_stderr(f"the task has no more different lines than {made:,}, or few more")
    write_pairs(text, output)


def write_pairs(text: str, output: Path | None) -> None:
    """Write lines of pairs to a new file, and say how many; without one to standard output."""
    from charlm.cli.new_file import write_new
    from charlm.display.output import print_text
    from charlm.display.printing import print_stderr

    if output:
        write_new(output, text.encode("ascii"))
        count = text.count("\n")
        print_stderr(f"{count:,} pairs in {output}")
    else:
        print_text(text)

"""The tasks for a memory under `charlm data synthetic`: copy, repeat-copy, recall, sort and ngram. Draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.help_pages import Command, examples

if TYPE_CHECKING:
    import numpy as np

Lines = Annotated[int, typer.Option(help="Number of lines.")]
Seed = Annotated[int, typer.Option(help="Seed; the same seed gives the same text.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="A file that does not exist yet. Default: standard output."),
]
Letters = Annotated[int, typer.Option(metavar="N", help="Letters of the alphabet, from a on.")]
LONGEST = 10_000  # letters that a line is asked to copy


def copy(
    length: Annotated[str, typer.Option(metavar="N|A-B", help="Letters of what is copied.")] = "1-20",
    letters: Letters = 8,
    lines: Lines = 20_000,
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Make lines to copy: abda>abda."""
    from charlm.text.corpora.tasks import check_alphabet, copy_lines, parse_range

    alphabet, lengths = check_alphabet(letters), parse_range(length, "--length", 1, LONGEST)
    write_task("copy", lambda rng: copy_lines(rng, alphabet, lengths), lines, seed, output, letters)


def repeat_copy(
    length: Annotated[str, typer.Option(metavar="N|A-B", help="Letters of what is copied.")] = "1-10",
    times: Annotated[str, typer.Option(metavar="N|A-B", help="How often it is copied.")] = "1-10",
    letters: Letters = 8,
    lines: Lines = 20_000,
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Make lines to copy several times: abd*3>abdabdabd."""
    from charlm.text.corpora.tasks import check_alphabet, parse_range, repeat_copy_lines

    alphabet, lengths = check_alphabet(letters), parse_range(length, "--length", 1, LONGEST)
    counts = parse_range(times, "--times", 1, 1000)
    write_task(
        "repeat-copy", lambda rng: repeat_copy_lines(rng, alphabet, lengths, counts), lines, seed, output, letters
    )


def associative_recall(items: str, letters: int, lines: int, seed: int, output: Path | None) -> None:
    """The lines of `recall --items`: abc|dba|ccd?abc>dba."""
    from charlm.text.corpora.tasks import ITEM, check_alphabet, parse_range, recall_lines

    alphabet = check_alphabet(letters)
    count = parse_range(items, "--items", 2, min(LONGEST, letters**ITEM))
    write_task("recall", lambda rng: recall_lines(rng, alphabet, count), lines, seed, output, letters)


def sort(
    items: Annotated[str, typer.Option(metavar="N|A-B", help="Letters to be sorted, each with a number.")] = "20",
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of them that the answer has: those with the largest numbers.")
    ] = 0.8,
    letters: Letters = 8,
    lines: Lines = 20_000,
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Make lines to sort by number, the largest first: c17b84a05>bc."""
    from charlm.text.corpora.tasks import check_alphabet, parse_range, sort_lines

    alphabet, count = check_alphabet(letters), parse_range(items, "--items", 1, 100)
    write_task("sort", lambda rng: sort_lines(rng, alphabet, count, share), lines, seed, output, letters)


def ngram(
    bits: Annotated[int, typer.Option(min=6, max=100_000, help="Bits of a line; all but five are scored.")] = 200,
    lines: Lines = 20_000,
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Make lines of bits, each with the probability that the five bits before it have in this line."""
    from charlm.text.corpora.tasks import ngram_lines

    write_task("ngram", lambda rng: ngram_lines(rng, bits), lines, seed, output, 2)


def write_task(
    task: str,
    make: Callable[[np.random.Generator], Iterator[str]],
    lines: int,
    seed: int,
    output: Path | None,
    symbols: int,
) -> None:
    """Write the text, and say what the best possible model pays for its answers, and what guessing costs."""
    from charlm.cli.new_file import write_new
    from charlm.display.output import print_text
    from charlm.display.printing import print_stderr
    from charlm.text.corpora.tasks import MARK, guessing_bits, optimal_bits, task_text

    text = task_text(task, make, lines, seed)
    if output:
        write_new(output, text.encode("ascii"))
    print_stderr(f"{'optimum':<10}{optimal_bits(task, text):.2f} bits a sequence, after the mark {MARK}")
    print_stderr(f"{'guessing':<10}{guessing_bits(text, symbols):.2f}")
    ends = " -s text.score_ends=false" if task == "ngram" else ""
    print_stderr(
        f"to learn the answers alone: charlm train {output or 'FILE'} --records -s 'text.answer_after=>'{ends}"
    )
    if not output:
        print_text(text)


Commands = Mapping[str, tuple[Callable[..., None], tuple[str, ...]]]  # what each name runs, and its examples
COMMANDS: Commands = {
    "copy": (copy, ("charlm data synthetic copy --lines 3", "charlm data synthetic copy --length 50 -o copy-50.txt")),
    "repeat-copy": (repeat_copy, ("charlm data synthetic repeat-copy --length 1-5 --times 1-5 --lines 3",)),
    "sort": (sort, ("charlm data synthetic sort --items 5 --lines 3",)),
    "ngram": (ngram, ("charlm data synthetic ngram --lines 3",)),
}


def add_tasks(app: typer.Typer, commands: Commands = COMMANDS) -> None:
    """Add these commands to the group; recall is in data_synthetic.py."""
    for name, (command, lines) in commands.items():
        app.command(name, cls=Command, epilog=examples(*lines))(command)

"""`charlm convert`: a target for each source, by a model that was trained on pairs. Imports no torch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.completing import complete_run
from charlm.cli.options import CellFile, JsonAtEnd
from charlm.cli.options import Encoding as EncodingOption
from charlm.cli.ranges import require_within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from charlm.pairs.converting import Conversion, Converter

MOST_BEAM = 256
AT_ONCE = 4096  # sources between two outputs


def convert(
    run: Annotated[
        str | None,
        typer.Argument(
            help="A run of `charlm train --pairs`, its folder or one of its checkpoints. Default: the latest run.",
            autocompletion=complete_run,
        ),
    ] = None,
    text: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Sources, one a line. Default: standard input.")
    ] = None,
    beam: Annotated[
        int, typer.Option(metavar="K", help="Keep the K likeliest beginnings; 1 takes the likeliest character.")
    ] = 1,
    nbest: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Print the N likeliest targets of each source: source, target and bits, with tabs. Default beam: N.",
        ),
    ] = None,
    cell_file: CellFile = None,
    encoding: EncodingOption = None,
    as_json: JsonAtEnd = False,
) -> None:
    """Write a target for each source: for each line that is read, a line."""
    from charlm.errors import UsageError

    for option, value in (("--beam", beam), ("--nbest", nbest)):
        if value is not None:
            require_within(option, value, 1, MOST_BEAM, f"from 1 to {MOST_BEAM}")
    if nbest is not None and 1 < beam < nbest:
        what = f"A beam of {beam} finds no {nbest} targets"
        raise UsageError(what, f"--beam {beam} --nbest {nbest}", f"Give --beam {nbest}, or more, or leave it out.")
    width = max(beam, nbest or 1)
    from charlm.kernels.blas import limit_blas_threads

    limit_blas_threads()
    from charlm.cli.opening import open_pair_run, say_what_is_awaited
    from charlm.display.output import print_json
    from charlm.display.printing import print_stderr, until_closed
    from charlm.engines.choosing import run_with_numpy
    from charlm.pairs.asked import asked_sources
    from charlm.pairs.converting import Converter
    from charlm.text.whole_lines import read_lines

    checkpoint = open_pair_run(run, "charlm convert {run} {text}")
    sources = tuple(text or ("-",))
    say_what_is_awaited(sources)
    changes: dict[str, object] = {"sources": sources, "decided": ()} | ({"encoding": encoding} if encoding else {})
    read = read_lines(checkpoint.settings.text.model_copy(update=changes))
    longest = checkpoint.text.longest_source
    asked = asked_sources(read.lines, checkpoint.settings.text, checkpoint.vocabulary, longest, ", ".join(sources))
    for note in (*read.notes, *asked.notes):
        print_stderr(note)
    converter = Converter(checkpoint.pair_model, checkpoint.vocabulary, run_with_numpy)
    found = _converted(converter, asked.sources, width)
    if as_json:
        listed = [
            {"source": given, "targets": [_values(each) for each in targets[: nbest or 1]]}
            for given, targets in zip(asked.given, found, strict=True)
        ]
        about: dict[str, Any] = {"run": checkpoint.run_name, "step": checkpoint.step, "beam": width}
        print_json(about | {"notes": list(asked.notes), "conversions": listed})
        return
    with until_closed(sys.stdout):
        for given, targets in zip(asked.given, found, strict=True):
            sys.stdout.write("".join(_lines(given, targets, nbest)))


def _converted(converter: Converter, sources: Sequence[str], width: int) -> Iterator[Sequence[Conversion]]:
    """The targets of each source, the likeliest first; those of many sources at once."""
    for first in range(0, len(sources), AT_ONCE):
        part = sources[first : first + AT_ONCE]
        if width == 1:
            yield from ([each] for each in converter.greedy(part))
        else:
            yield from converter.beam(part, width)


def _values(found: Conversion) -> dict[str, Any]:
    from charlm.evaluation.score import in_bits

    return {"text": found.text, "bits": in_bits(-found.log_probability), "ended": found.ended}


def _lines(source: str, targets: Sequence[Conversion], nbest: int | None) -> Iterator[str]:
    from charlm.evaluation.score import in_bits

    if nbest is None:
        yield f"{targets[0].text}\n"
        return
    for each in targets[:nbest]:
        yield f"{source}\t{each.text}\t{in_bits(-each.log_probability):.4f}\n"

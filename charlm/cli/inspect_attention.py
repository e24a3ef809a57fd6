"""`charlm inspect attention`: where a model of pairs looks while it writes. Computes and draws nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from charlm.cli.completing import complete_run
from charlm.cli.inspect_files import Force, Html, Npz, check_files, write_arrays, write_page
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json
from charlm.display.printing import print_stderr
from charlm.errors import TextError, UsageError

COMMAND = "charlm inspect attention"


def attention(
    run: Annotated[
        str | None,
        typer.Argument(help="A run of `charlm train --pairs`. Default: the latest run.", autocompletion=complete_run),
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="TEXT", help="The source to convert.")] = None,
    target: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The target to write. Default: what the model writes.")
    ] = None,
    cell_file: CellFile = None,
    as_json: Json = False,
    npz: Npz = None,
    html: Html = None,
    force: Force = False,
    picture: Annotated[Path | None, typer.Option("--plot", metavar="FILE.png", help="Draw it to a file.")] = None,
) -> None:
    """Where a model looks in the source while it writes the target: a share for each pair of characters."""
    check_files(npz, html, force, as_json)
    if source is None:
        raise UsageError("A source is needed", COMMAND, f'Give one: {COMMAND} --source "123+45"')
    from charlm.cli.opening import open_pair_run
    from charlm.display.attention import look_arrays, look_json, look_page, plot_look, print_look
    from charlm.engines.choosing import run_with_numpy
    from charlm.pairs.asked import asked_sources
    from charlm.pairs.converting import Converter
    from charlm.pairs.looking import look_at

    checkpoint = open_pair_run(run, f"{COMMAND} {{run}} --source TEXT")
    model, vocabulary = checkpoint.pair_model, checkpoint.vocabulary
    if not model.attends:
        what = f"{checkpoint.run_name} does not look at its sources: it is of the kind {checkpoint.pair_kind}"
        raise UsageError(what, COMMAND, "Train one that does: charlm train pairs.tsv --pairs")
    text, longest = checkpoint.settings.text, checkpoint.text.longest_source
    asked = asked_sources([source], text, vocabulary, longest, "--source")
    if target is None:
        written = Converter(model, vocabulary, run_with_numpy).greedy(asked.sources)[0].text
    else:
        unknown = sorted(vocabulary.lacking(target) | ({"\t", "\n"} & set(target)))
        if unknown or not target:
            named = " ".join(map(repr, unknown))
            what = f"The model cannot write {named}" if unknown else "The target is empty"
            raise TextError(what, f"--target {target!r}", "Give a target in the characters of the training text.")
        written = target
    for note in asked.notes:
        print_stderr(note)
    look = look_at(model, vocabulary, asked.sources[0], written, run_with_numpy)
    about: dict[str, Any] = {
        "run": checkpoint.run_name, "step": checkpoint.step, "source": asked.sources[0], "target": written
    }  # fmt: skip
    if npz:
        write_arrays(npz, force, look_arrays(look))
    if html:
        write_page(html, force, look_page(about, look))
    if as_json:
        print_json(look_json(about, look))
    elif not npz and not html:
        print_look(about, look)
    if picture:
        try:
            plot_look(look, picture)
        except OSError as error:
            what = f"The picture cannot be written: {error.strerror}"
            raise UsageError(what, str(picture), "Name another file after --plot.") from None
        print_stderr(f"drawn in {picture}")

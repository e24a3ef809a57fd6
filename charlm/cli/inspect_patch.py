"""`charlm inspect patch`: a unit's value from one text put into another. Computes and draws nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_files, write_arrays, write_page
from charlm.cli.inspect_place import Run, typed_ids
from charlm.cli.inspect_subject import check_range
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json
from charlm.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    from charlm.checkpoint import Checkpoint

MOST_SHOWN = 1000


def patch(
    run: Run = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="TEXT", help="A text; its values at its end are taken.")
    ] = None,
    into: Annotated[
        str | None, typer.Option("--into", metavar="TEXT", help="A text; at its end the values are put in.")
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYER:UNIT",
            help="Units to patch together: 2:17, a range 2:17-20, a layer 2; can be repeated. Default: each by itself.",
        ),
    ] = None,
    then: Annotated[str, typer.Option("--then", metavar="TEXT", help="What both read after it.")] = "",
    top: Annotated[int, typer.Option(metavar="N", help="Rows of the tables.")] = 10,
    cell_file: CellFile = None,
    as_json: Json = False,
    npz: Npz = None,
    html: Html = None,
    force: Force = False,
) -> None:
    """How the next-character prediction moves when values of units come from another text."""
    from charlm.cli.opening import open_named
    from charlm.display.patching import (
        Direction,
        patch_arrays,
        patch_json,
        patch_page,
        print_patch,
        print_ranks,
        rank_arrays,
        ranks_json,
        ranks_page,
    )  # fmt: skip
    from charlm.inspection.chosen_units import choose_units
    from charlm.inspection.patching import patch as patched
    from charlm.inspection.patching import patch_each, read_to_last

    if source is None or into is None:
        missing = "--from" if source is None else "--into"
        remedy = 'Give both: charlm inspect patch RUN --from "He said (" --into "He said "'
        raise UsageError(f"There is no text after {missing}", "charlm inspect patch", remedy)
    check_range("--top", top, 1, MOST_SHOWN)
    check_files(npz, html, force, as_json)
    if then and not unit:
        raise UsageError("--then needs --unit: without it each unit is tried", "--then", "Name units with --unit.")
    checkpoint = open_named(run, "charlm eval perplexity {run} {text}")
    model, vocabulary = checkpoint.model, checkpoint.vocabulary
    sizes = [layer.hidden_size for layer in model.layers]
    units = choose_units(unit, sizes) if unit else None
    one, other = _ids(checkpoint, source, "--from"), _ids(checkpoint, into, "--into")
    after = typed_ids(checkpoint, then, "--then") if then else None
    of_one, of_other = read_to_last(model, one), read_to_last(model, other)
    about: dict[str, Any] = {"run": checkpoint.run_name, "step": checkpoint.step, "from": source, "into": into}
    if units is None:
        found = patch_each(model, of_one, of_other), patch_each(model, of_other, of_one)
        if npz:
            write_arrays(npz, force, rank_arrays(sizes, *found))
        if html:
            write_page(html, force, ranks_page(about, sizes, *found))
        if as_json:
            print_json(about | ranks_json(sizes, *found))
        elif not npz and not html:
            print_ranks(about, sizes, *found, top)
        return
    directions = (
        Direction("--from into --into", patched(model, of_one, of_other, units, after)),
        Direction("--into into --from", patched(model, of_other, of_one, units, after)),
    )
    about["units"] = list(units.names)
    if npz:
        write_arrays(npz, force, patch_arrays(directions))
    if html:
        write_page(html, force, patch_page(about, vocabulary, directions, then, top))
    if as_json:
        print_json(about | patch_json(vocabulary, directions))
    elif not npz and not html:
        print_patch(about, vocabulary, directions, then, top)


def _ids(checkpoint: Checkpoint, typed: str, option: str) -> np.ndarray:
    """The ids that the model reads for it. Raises UsageError if there are none."""
    import numpy as np

    end = checkpoint.record_end
    ids = typed_ids(checkpoint, typed, option).astype(np.int64)
    if end is not None:
        return np.concatenate([[end], ids])
    if not len(ids):
        raise UsageError("The text is empty", f"{option} ''", "Give some characters that the model is to read.")
    return ids

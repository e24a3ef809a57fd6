"""`charlm import`: a folder with weights and a vocabulary becomes a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charlm.display.output import print_columns
from charlm.display.printing import print_stderr


def import_model(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="A folder with model.safetensors and vocabulary.json, as `charlm export` writes it."
        ),
    ],
    name: Annotated[str | None, typer.Option(help="The name of the run. Default: the name of the folder.")] = None,
) -> None:
    """Make a run of a model that charlm or torch's LSTM, GRU or RNN trained elsewhere.

    model.safetensors has the names of a torch state dict (`...weight_ih_l0`), and vocabulary.json the symbols in the
    order of their ids. Pickled files (.pt) are not read: opening one runs the code in it.
    """
    from charlm.interchange.adopting import adopt
    from charlm.interchange.importing import read_folder
    from charlm.runs import runs_root

    imported = read_folder(folder)
    run = adopt(imported, runs_root(), name, folder.resolve().name)
    weights = sum(value.size for value in imported.parameters.values())
    print_columns(
        [
            ("run", run.name),
            ("model", f"{imported.model.in_short()}, {weights:,} weights"),
            ("symbols", f"{imported.vocabulary.size:,} {imported.vocabulary.unit}s"),
        ]
    )
    for note in imported.notes:
        print_stderr(note)
    print_stderr(f"next: charlm sample {run.name}; charlm train TEXT --from {run.name} trains it further")

"""The options that several commands take, each described once. Knows no command."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from charlm.cli.completing import complete_device, complete_preset, complete_run, complete_setting

_DEVICE = typer.Option(help="Device: auto, cpu, cuda or mps.", autocompletion=complete_device)

Run = Annotated[
    str | None,
    typer.Argument(
        help="A run's name, its folder or one of its checkpoints. Default: the latest run.",
        autocompletion=complete_run,
    ),
]
Config = Annotated[
    str | None, typer.Option("--config", "-c", help="A preset's name, or a YAML file.", autocompletion=complete_preset)
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", "-s", metavar="KEY=VALUE", help="A setting; can be repeated.", autocompletion=complete_setting
    ),
]


def _trust(paths: list[str] | None) -> list[str] | None:
    """Let these files run in this process. The commands themselves need not know of them."""
    if paths:
        from charlm.cells.own_files import trust

        for path in paths:
            trust(path)
    return paths


CellFile = Annotated[
    list[str] | None,
    typer.Option(
        "--cell-file",
        metavar="FILE.py",
        callback=_trust,
        help="The file of the model's cell, if that is code of your own: it runs only if you name it here.",
    ),
]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the text; auto decides for each file. Default: utf-8.")]
Records = Annotated[bool, typer.Option("--records", help="The text is a list: learn each line as an item of its own.")]
Latent = Annotated[
    Literal["line", "vrnn", "storn", "srnn", "draw"] | None,
    typer.Option(
        help="Give the model latent variables, and learn lines: one latent a line (line), one a character (vrnn, "
        "storn, srnn), or lines painted in rounds (draw). Scores are then bounds."
    ),
]
Valid = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="A text of its own to validate on; all of TEXT is then trained on."),
]
Test = Annotated[list[str] | None, typer.Option(metavar="FILE", help="A text of its own for the test split.")]
Device = Annotated[str, _DEVICE]
DeviceIfGiven = Annotated[str | None, _DEVICE]  # otherwise that of the settings
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
JsonAtEnd = Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")]

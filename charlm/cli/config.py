"""`charlm config`: settings with where each came from, whether a file is fine, and what settings there are."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.display.output import print_json

if TYPE_CHECKING:
    from charlm.config.settings import Settings

app = typer.Typer(no_args_is_help=True)

WIDEST = 60  # a longer line does not push everybody's comments to the right


@app.command("show")
def show(
    config: Annotated[str | None, typer.Option("--config", "-c", help="A preset's name, or a YAML file.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="A setting; can be given again.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show every setting with where its value came from. What is printed is a config file."""
    from charlm.cells.table import stack_problems
    from charlm.config.resolving import resolve
    from charlm.config.stored import to_yaml
    from charlm.display.printing import put, until_closed

    resolved = resolve(config, settings or [], {}, [stack_problems])
    if as_json:
        print_json({"settings": resolved.settings.model_dump(mode="json"), "sources": resolved.origins})
        return
    with until_closed(sys.stdout):
        put(sys.stdout, _with_origins(to_yaml(resolved.settings), resolved.origins))


@app.command("check")
def check(file: Annotated[str, typer.Argument(metavar="FILE", help="A YAML file, or a preset's name.")]) -> None:
    """Check a config file; what is wrong with it is listed all at once."""
    from charlm.cells.table import stack_problems
    from charlm.config.resolving import resolve
    from charlm.display.printing import put, until_closed

    settings = resolve(file, [], {}, [stack_problems]).settings
    with until_closed(sys.stdout):
        put(sys.stdout, f"{file} is fine: {_in_short(settings)}\n")


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of a config file, for editors that complete and check YAML."""
    from charlm.config.stored import json_schema

    print_json(json_schema())


def _with_origins(text: str, origins: Mapping[str, str]) -> str:
    """The YAML of settings, each line with its origins as a comment."""
    lines = text.splitlines()
    width = min(WIDEST, max(map(len, lines)))
    section = ""
    commented = []
    for line in lines:
        key = line.partition(":")[0].strip()
        if not line.startswith(" "):
            section = key
            commented.append(line)
            continue
        name = f"{section}.{key}"
        from_where = dict.fromkeys(where for each, where in origins.items() if f"{each}.".startswith(f"{name}."))
        commented.append(f"{line:<{width}}  # {', '.join(from_where)}")
    return "\n".join(commented) + "\n"


def _in_short(settings: Settings) -> str:
    model, training = settings.model, settings.training
    if training.budget is not None:
        length = f"{training.budget:g} seconds"
    else:
        length = f"{training.steps:,} steps" if training.steps is not None else f"{training.epochs:g} epochs"
    return (
        f"{model.in_short()}, {training.optimizer} {training.learning_rate:g}, "
        f"lanes {training.batch_size} x {training.seq_len}, {length}"
    )

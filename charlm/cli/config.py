"""`charlm config`: shows settings with their origins, checks a config file, and prints the schema of all settings."""

from __future__ import annotations

from typing import Annotated

import typer

from charlm.cli.help_pages import Command, Group, examples
from charlm.display.output import print_json, print_text

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.command(
    "show",
    cls=Command,
    epilog=examples("charlm config show -c char-rnn", "charlm config show -c char-rnn -s model.cell=gru > my.yaml"),
)
def show(
    config: Annotated[str | None, typer.Option("--config", "-c", help="A preset's name, or a YAML file.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="A setting; can be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show every setting and the origin of its value. The output is a valid config file."""
    from charlm.cells.table import stack_problems
    from charlm.config.resolving import resolve
    from charlm.config.stored import to_yaml
    from charlm.display.settings_text import with_origins

    resolved = resolve(config, settings or [], {}, [stack_problems])
    if as_json:
        print_json({"settings": resolved.settings.model_dump(mode="json"), "sources": resolved.origins})
    else:
        print_text(with_origins(to_yaml(resolved.settings), resolved.origins))


@app.command("check", cls=Command, epilog=examples("charlm config check my.yaml", "charlm config check char-rnn"))
def check(file: Annotated[str, typer.Argument(metavar="FILE", help="A YAML file, or a preset's name.")]) -> None:
    """Check a config file, and list everything that is wrong with it."""
    from charlm.cells.table import stack_problems
    from charlm.config.resolving import resolve
    from charlm.display.settings_text import settings_in_short

    settings = resolve(file, [], {}, [stack_problems]).settings
    print_text(f"{file} is fine: {settings_in_short(settings)}\n")


@app.command("schema", cls=Command, epilog=examples("charlm config schema > charlm.schema.json"))
def schema() -> None:
    """Print the JSON schema of a config file, for editors that complete and check YAML."""
    from charlm.config.stored import json_schema

    print_json(json_schema())

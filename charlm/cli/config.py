"""`charlm config`: shows settings with their origins, describes them, checks a config file, prints their schema."""

from __future__ import annotations

from typing import Annotated

import typer

from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.options import Config, Json, Overrides
from charlm.display.output import print_columns, print_json, print_text

app = typer.Typer(cls=Group, no_args_is_help=True)


@app.command(
    "show",
    cls=Command,
    epilog=examples("charlm config show -c char-rnn", "charlm config show -c char-rnn -s model.cell=gru > my.yaml"),
)
def show(
    config: Config = None,
    settings: Overrides = None,
    as_json: Json = False,
) -> None:
    """Show every setting and the origin of its value. The output is a valid config file."""
    from charlm.cells.naming_files import stack_problems_but_files
    from charlm.config.resolving import resolve_to_train
    from charlm.config.stored import to_yaml, with_auto
    from charlm.display.settings_text import with_origins

    resolved = resolve_to_train(config, settings or [], {}, [stack_problems_but_files])
    if as_json:
        print_json(
            {
                "settings": with_auto(resolved.settings.model_dump(mode="json"), resolved.automatic),
                "sources": resolved.origins,
            }
        )
    else:
        print_text(with_origins(to_yaml(resolved.settings, resolved.automatic), resolved.origins))


@app.command("list", cls=Command, epilog=examples("charlm config list", "charlm config list learning"))
def list_settings(
    word: Annotated[str, typer.Argument(metavar="WORD", help="Only settings whose name or description has it.")] = "",
    as_json: Json = False,
) -> None:
    """Describe every setting: its default, what it does, and the values that it takes.

    A preset may set another value: `charlm config show -c PRESET` shows them.
    """
    from charlm.config.describing import describe_settings
    from charlm.display.settings_text import described_rows
    from charlm.errors import UsageError

    found = describe_settings(word)
    if not found:
        raise UsageError(
            f"No setting has {word[:40]!r} in its name or description", "charlm config list", "Leave the word out."
        )
    if as_json:
        print_json({each.name: {"default": each.default, "about": each.about, "values": each.values} for each in found})
        return
    for number, section in enumerate(dict.fromkeys(each.section for each in found)):
        print_text("\n" * bool(number))
        print_columns(described_rows([each for each in found if each.section == section]))


@app.command("check", cls=Command, epilog=examples("charlm config check my.yaml", "charlm config check char-rnn"))
def check(file: Annotated[str, typer.Argument(metavar="FILE", help="A YAML file, or a preset's name.")]) -> None:
    """Check a config file, and list everything that is wrong with it."""
    from charlm.cells.naming_files import stack_problems_but_files
    from charlm.config.resolving import resolve_to_train
    from charlm.display.settings_text import settings_in_short

    resolved = resolve_to_train(file, [], {}, [stack_problems_but_files])
    print_text(f"{file} is fine: {settings_in_short(resolved.settings, resolved.automatic)}\n")


@app.command("schema", cls=Command, epilog=examples("charlm config schema > charlm.schema.json"))
def schema() -> None:
    """Print the JSON schema of a config file, for editors that complete and check YAML."""
    from charlm.config.stored import json_schema

    print_json(json_schema())

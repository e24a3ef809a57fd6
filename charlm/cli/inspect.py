"""`charlm inspect`: what happens inside trained models. Its commands are in the files that begin with the same word."""

from __future__ import annotations

import typer

from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.inspect_gates import gates
from charlm.cli.inspect_gradients import gradients
from charlm.cli.inspect_states import states

app = typer.Typer(cls=Group, no_args_is_help=True)

GRADIENTS = examples(
    "charlm inspect gradients mybook", "charlm inspect gradients mybook other --fresh --plot gradients.png"
)
GATES = examples("charlm inspect gates mybook", "charlm inspect gates mybook --fresh --text mybook.txt")

STATES = examples(
    "charlm inspect states mybook",
    "charlm inspect states mybook mybook.txt --unit 2:17 --from 100",
    "charlm inspect states mybook --html states.html",
)

app.command("states", cls=Command, epilog=STATES)(states)
app.command("gradients", cls=Command, epilog=GRADIENTS)(gradients)
app.command("gates", cls=Command, epilog=GATES)(gates)

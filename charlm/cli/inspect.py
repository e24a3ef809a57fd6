"""`charlm inspect`: what happens inside trained models. Its commands are in the files that begin with the same word."""

from __future__ import annotations

import typer

from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.inspect_attention import attention
from charlm.cli.inspect_canvas import canvas
from charlm.cli.inspect_cells import cells
from charlm.cli.inspect_context import context
from charlm.cli.inspect_gates import gates
from charlm.cli.inspect_gradients import gradients
from charlm.cli.inspect_lens import lens
from charlm.cli.inspect_match import match
from charlm.cli.inspect_memory import memory
from charlm.cli.inspect_neighbours import neighbours
from charlm.cli.inspect_patch import patch
from charlm.cli.inspect_saliency import saliency
from charlm.cli.inspect_states import states
from charlm.cli.inspect_steer import steer
from charlm.cli.inspect_weights import weights

app = typer.Typer(cls=Group, no_args_is_help=True)

GRADIENTS = examples(
    "charlm inspect gradients mybook", "charlm inspect gradients mybook other --fresh --plot gradients.png"
)
GATES = examples("charlm inspect gates mybook", "charlm inspect gates mybook --fresh --text mybook.txt")
SALIENCY = examples(
    'charlm inspect saliency mybook --prompt "The owl went o" --check',
    "charlm inspect saliency mybook mybook.txt --at 5000 --html saliency.html",
)
PATCH = examples(
    'charlm inspect patch mybook --from "The owl" --into "The mice"',
    'charlm inspect patch mybook --from "The owl" --into "The mice" --unit 2:17',
)
LENS = examples("charlm inspect lens mybook", "charlm inspect lens mybook mybook.txt --html lens.html")
CONTEXT = examples(
    "charlm inspect context mybook", "charlm inspect context mybook mybook.txt --longest 128 --html context.html"
)
WEIGHTS = examples("charlm inspect weights mybook", "charlm inspect weights mybook --fresh --html weights.html")
CANVAS = examples("charlm inspect canvas names Maria", "charlm inspect canvas names --seed 3 --png canvas.png")

STATES = examples(
    "charlm inspect states mybook",
    "charlm inspect states mybook mybook.txt --unit 2:17 --from 100",
    "charlm inspect states mybook --html states.html",
)
CELLS = examples(
    "charlm inspect cells mybook",
    "charlm inspect cells mybook --probe quotes --probe 'loud=[A-Z]{4,}' --steer",
    "charlm inspect cells mybook mybook.txt --steer --html cells.html",
)
STEER = examples("charlm inspect steer mybook --unit 2:17 --set 1 --probe quotes --show 1")
MATCH = examples(
    'charlm inspect match mybook --phrase "said the"', "charlm inspect match mybook mybook.txt --at 12:1 --length 8"
)
MEMORY = examples(
    "charlm inspect memory copier --prompt 'abca>abca'", "charlm inspect memory copier copy-50.txt --html memory.html"
)
NEIGHBOURS = examples(
    "charlm inspect neighbours mybook mybook.txt --line 40",
    'charlm inspect neighbours mybook --like "The owl went out"',
)

app.command("states", cls=Command, epilog=STATES)(states)
app.command("cells", cls=Command, epilog=CELLS)(cells)
app.command("steer", cls=Command, epilog=STEER)(steer)
app.command("match", cls=Command, epilog=MATCH)(match)
app.command("neighbours", cls=Command, epilog=NEIGHBOURS)(neighbours)
app.command("gradients", cls=Command, epilog=GRADIENTS)(gradients)
app.command("gates", cls=Command, epilog=GATES)(gates)
app.command("memory", cls=Command, epilog=MEMORY)(memory)
app.command("saliency", cls=Command, epilog=SALIENCY)(saliency)
app.command("patch", cls=Command, epilog=PATCH)(patch)
app.command("lens", cls=Command, epilog=LENS)(lens)
app.command("context", cls=Command, epilog=CONTEXT)(context)
ATTENTION = examples(
    'charlm inspect attention sums --source "123+45"',
    'charlm inspect attention sums --source "123+45" --html look.html --plot look.png',
)

app.command("attention", cls=Command, epilog=ATTENTION)(attention)
app.command("weights", cls=Command, epilog=WEIGHTS)(weights)
app.command("canvas", cls=Command, epilog=CANVAS)(canvas)

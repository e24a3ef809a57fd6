"""`charlm runs push`: the metrics of a run for TensorBoard, trackio, MLflow or Weights & Biases, while it trains."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from charlm.cli.completing import complete_run
from charlm.display.output import print_columns


def push(
    run: Annotated[
        str | None, typer.Argument(help="A run's name or folder. Default: the latest run.", autocompletion=complete_run)
    ] = None,
    to: Annotated[
        Literal["tensorboard", "trackio", "mlflow", "wandb"], typer.Option("--to", help="The logger.")
    ] = "tensorboard",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the training ends.")] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="PLACE",
            help="A folder, or MLflow's address. Default: the logger's own; of tensorboard and wandb, the runs'.",
        ),
    ] = None,
    project: Annotated[
        str, typer.Option(help="Name of the project or experiment, where the logger has them.")
    ] = "charlm",
) -> None:
    """Push the metrics of a run to a logger: what is new since the last time.

    The training does not wait for it and knows nothing of it. wandb is written offline; `wandb sync` uploads it.
    """
    from charlm.display.printing import print_stderr
    from charlm.errors import StoppedError
    from charlm.loggers.choosing import destination_for
    from charlm.loggers.pushing import Pushed, PushEnded, push_run
    from charlm.runs import command_name, open_run, runs_root
    from charlm.signals import Stop

    opened = open_run(runs_root(), run)
    destination = destination_for(to, at, project, runs_root())
    lines, step, end = 0, None, None
    with Stop() as stop:
        for event in push_run(opened, destination, follow, stop.asked):
            if isinstance(event, Pushed):
                lines, step = lines + event.lines, event.step
                if follow:
                    print_stderr(f"pushed {lines:,} lines, up to step {step:,}")
            else:
                end = event
    assert isinstance(end, PushEnded)
    about = "nothing new" if step is None else f"{lines:,} lines, up to step {step:,}"
    print_columns([("pushed", about), ("see it with", destination.advice)])
    if end.stopped:
        raise StoppedError(
            stop.signal,
            f"Interrupted; what was pushed is kept: {about}",
            str(opened.folder),
            f"Go on with: charlm runs push {command_name(opened)} --to {to} --follow",
        )

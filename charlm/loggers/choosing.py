"""The destination that a logger's name stands for. Imports a logger's library only if that logger is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from charlm.errors import UsageError
from charlm.loggers.destination import Destination
from charlm.version import install_extra

NAMES = ("tensorboard", "trackio", "mlflow", "wandb")
# What the libraries read when they are imported. Unless the user decides otherwise, they report nothing to anybody.
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "WANDB_ERROR_REPORTING": "false", "HF_HUB_DISABLE_TELEMETRY": "1"}


def destination_for(name: str, place: str | None, project: str, root: Path) -> Destination:
    """The destination of that name: one of NAMES.

    `place` is a folder, or MLflow's address; None is the logger's own default, or a folder in `root`, that of the runs.
    Raises UsageError, with the extra to install, if the library is not there.
    """
    makers: dict[str, Callable[[], Destination]] = {
        "tensorboard": lambda: _tensorboard(Path(place) if place else root / "tensorboard"),
        "trackio": lambda: _trackio(Path(place) if place else None, project),
        "mlflow": lambda: _mlflow(place, project),
        "wandb": lambda: _wandb(Path(place) if place else root, project),
    }
    for variable, value in QUIET.items():
        os.environ.setdefault(variable, value)
    try:
        return makers[name]()
    except ImportError as error:
        missing = error.name or name
        if missing.partition(".")[0] not in (name, "google"):
            raise
        raise UsageError(
            f"Pushing to {name} needs the library {name}",
            "it is not installed",
            f"Install it with: {install_extra(name)}",
        ) from None


def _tensorboard(folder: Path) -> Destination:
    from charlm.loggers.to_tensorboard import ToTensorBoard

    return ToTensorBoard(folder)


def _mlflow(address: str | None, project: str) -> Destination:
    from charlm.loggers.to_mlflow import ToMlflow

    return ToMlflow(address, project)


def _trackio(folder: Path | None, project: str) -> Destination:
    from charlm.loggers.to_trackio import ToTrackio

    return ToTrackio(folder, project)


def _wandb(folder: Path, project: str) -> Destination:
    from charlm.loggers.to_wandb import ToWandb

    return ToWandb(folder, project)

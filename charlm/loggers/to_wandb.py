"""A run for Weights & Biases, written offline: `wandb sync` uploads it. Imports wandb.

Each push writes a folder of its own below `wandb/`, under one id: when all are uploaded, they are one run.
"""

from __future__ import annotations

import html
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import wandb

from charlm.errors import CheckpointError
from charlm.loggers.destination import About
from charlm.loggers.measured import Measured


class ToWandb:
    """Writes below `folder`, for a run of `project`. The identity is the id of the run."""

    def __init__(self, folder: Path, project: str) -> None:
        self._folder, self._project = folder, project
        self._run: Any = None
        self.key = f"wandb {folder.absolute()} {project}"
        self.advice = f"wandb sync --append {folder}/wandb/offline-run-*"

    def has(self, identity: str) -> bool:
        return any(self._folder.glob(f"wandb/offline-run-*-{identity}"))

    def begin(self, about: About, identity: str) -> str:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._run = wandb.init(
                mode="offline",
                project=self._project,
                name=about.name,
                id=identity or secrets.token_hex(4),
                resume="allow",
                dir=str(self._folder),
                config=dict(about.settings),
                settings=wandb.Settings(silent=True, console="off", x_disable_stats=True, x_disable_meta=True),
            )
        except (OSError, wandb.Error) as error:
            raise CheckpointError(
                f"wandb cannot write: {str(error)[:200]}", str(self._folder), "Name another folder with --at."
            ) from error
        self._run.define_metric("*", step_metric="step")  # wandb's own steps must grow; ours go back with a training
        return str(self._run.id)

    def write(self, measured: Sequence[Measured], times: Sequence[float]) -> None:
        for each, time in zip(measured, times, strict=True):
            sample = (
                {}
                if each.sample is None
                else {"sample": wandb.Html(f"<pre>{html.escape(each.sample)}</pre>", inject=False)}
            )
            self._run.log({"step": each.step, "time": time, **each.numbers, **sample})

    def end(self, finished: bool) -> None:
        self._run.finish()

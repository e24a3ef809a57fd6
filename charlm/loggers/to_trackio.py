"""A run for trackio, in its local database; nothing leaves the machine. Imports trackio.

trackio finds its folder when it is imported, and prints what it does on standard output, which here carries data. Its
thread writes half a second after it got something: what a killed push had just given it can be lost.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlm.errors import CheckpointError
from charlm.loggers.destination import About
from charlm.loggers.measured import Measured

if TYPE_CHECKING:
    from types import ModuleType

FOLDER = "TRACKIO_DIR"


class ToTrackio:
    """Writes a run of `project` in the folder, None for trackio's own. The identity is the name of the run."""

    def __init__(self, folder: Path | None, project: str) -> None:
        if folder is not None:
            os.environ[FOLDER] = str(folder.absolute())
        import trackio
        from trackio.utils import TRACKIO_DIR

        self._trackio: ModuleType = trackio
        self._folder, self._project = Path(TRACKIO_DIR), project
        self._run: Any = None
        self.key = f"trackio {self._folder} {project}"
        self.advice = f"{FOLDER}={self._folder} trackio show --project {project}"

    def has(self, identity: str) -> bool:
        from trackio.sqlite_storage import SQLiteStorage

        return identity in SQLiteStorage.get_runs(self._project)

    def begin(self, about: About, identity: str) -> str:
        name = identity or about.name
        try:
            with redirect_stdout(io.StringIO()):
                self._run = self._trackio.init(
                    project=self._project,
                    name=name,
                    resume="allow" if identity else "never",
                    config={**about.settings},
                    embed=False,
                )
        except OSError as error:
            raise CheckpointError(
                f"trackio cannot write: {error.strerror}", str(self._folder), "Name another folder with --at."
            ) from error
        return str(self._run.name)

    def write(self, measured: Sequence[Measured], times: Sequence[float]) -> None:
        for each in measured:
            sample = {} if each.sample is None else {"sample": self._trackio.Markdown(f"```\n{each.sample}\n```")}
            self._run.log({**each.numbers, **sample}, step=each.step)

    def end(self, finished: bool) -> None:
        with redirect_stdout(io.StringIO()):
            self._run.finish()
        self._trackio.context_vars.current_run.set(None)  # otherwise it is finished again at the end of the process

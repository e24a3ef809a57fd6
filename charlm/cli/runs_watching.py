"""`charlm runs watch`, and the same beside a training (`charlm train --watch`): a page that shows it while it runs.

The page is served by a process of its own, which reads the folder of the run. Imports no torch.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.completing import complete_run
from charlm.cli.options import CellFile
from charlm.cli.serve import require_server
from charlm.display.printing import print_stderr

if TYPE_CHECKING:
    from charlm.runs import Run

HOST = "127.0.0.1"
LINGER = 3.0  # seconds after the end of a training in which the page asks a last time
COMMAND = "charlm runs watch"


def watch(
    run: Annotated[
        str | None, typer.Argument(help="A run's name or folder. Default: the latest run.", autocompletion=complete_run)
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 is a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    cell_file: CellFile = None,
    attached: Annotated[
        bool, typer.Option("--attached", hidden=True, help="End soon after standard input does.")
    ] = False,
) -> None:
    """Show a training in the browser while it runs, or after it: curves, samples, gates.

    The page is for this machine alone. The training, if it still runs, does not notice.
    """
    require_server("A page", COMMAND)
    from charlm.display.watch_page import watch_page
    from charlm.kernels.blas import limit_blas_threads
    from charlm.runs import open_run, runs_root

    limit_blas_threads()
    from charlm.service.limits import Limits
    from charlm.service.running import bind
    from charlm.service.running import run as serve
    from charlm.service.watched import watched

    opened = open_run(runs_root(), run)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    with bind(HOST, port, COMMAND) as address:

        def ready() -> None:
            print(address.url, flush=True)
            if not attached:
                print_stderr(f"{opened.name}: Ctrl-C ends the page, and nothing else")
            if browser:
                open_browser(address.url)

        if hasattr(os, "nice"):
            os.nice(10)  # the training comes first
        app = watched(opened, watch_page(opened.name), address.names)
        number = serve(app, address, Limits(), ready, _end_of_input() if attached else None)
    sys.exit(128 + number if number else 0)


@contextmanager
def watching(run: Run, wanted: bool, cell_files: Sequence[str] | None) -> Iterator[str]:
    """The page of a run beside its training, in a process of its own; gives its address, or why there is none.

    Empty if it is not wanted. The process ends by itself some seconds after this one does, however it ends.
    """
    if not wanted:
        yield ""
        return
    port = _free_port()
    cells = [word for path in cell_files or () for word in ("--cell-file", str(Path(path).absolute()))]
    command = [sys.executable, "-m", "charlm", "runs", "watch", str(run.folder.absolute()), "--port", str(port), *cells]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    quiet = subprocess.DEVNULL
    try:
        page = subprocess.Popen(
            [*command, "--attached"], stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, env=environment,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        yield f"no page: {error.strerror or error}"
        return
    try:
        yield f"http://{HOST}:{port}/"
    finally:
        assert page.stdin is not None
        page.stdin.close()  # it ends by itself; nobody waits
        page.returncode = page.poll() or 0


def open_browser(url: str) -> None:
    """Open a browser with windows, if there is one; a browser in the terminal would write over what is there."""
    windows = sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if windows:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port


def _end_of_input() -> Callable[[], bool]:
    """Whether standard input ended LINGER seconds ago."""
    ended: list[float] = []

    def read() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        ended.append(time.monotonic())

    threading.Thread(target=read, daemon=True).start()
    return lambda: bool(ended) and time.monotonic() > ended[0] + LINGER

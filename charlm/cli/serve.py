"""`charlm serve`: trained models over HTTP, for editors, programs and browsers. Imports no torch."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.completing import complete_run
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile
from charlm.display.printing import print_stderr
from charlm.errors import UsageError
from charlm.version import install_extra

if TYPE_CHECKING:
    from charlm.service.running import Address

KEY = "CHARLM_API_KEY"
PORT = 8765
LONGEST_KEY = 1024  # characters


def serve(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN...",
            help="Names, folders or checkpoints. Default: the latest run.",
            autocompletion=complete_run,
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help=f"Address to listen on; beyond this machine a key in {KEY} is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 is a free one.")] = PORT,
    rows: Annotated[int, typer.Option(min=1, max=1024, help="Most texts that are drawn at once.")] = 64,
    timeout: Annotated[float, typer.Option(min=1, max=3600, help="Seconds in which a text must be finished.")] = 60.0,
    cell_file: CellFile = None,
) -> None:
    """Serve models over HTTP: completions in OpenAI's form, scores, and a page.

    Ctrl-C and SIGTERM let texts that are being drawn finish for some seconds.
    """
    from charlm.kernels.blas import limit_blas_threads

    require_server("Serving", "charlm serve")
    limit_blas_threads()
    from charlm.display.model_page import model_page
    from charlm.service.app import service
    from charlm.service.limits import Limits
    from charlm.service.place import Place
    from charlm.service.running import bind, run
    from charlm.service.served import serve as name_models

    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    with bind(host, port, "charlm serve") as address:
        key = _key_for(address)
        models = name_models([open_named(name, "charlm serve {run}") for name in runs or (None,)])
        for served in models.values():
            served.model  # noqa: B018  # compiled and packed before the first request
            print_stderr(f"{served.name}, step {served.checkpoint.step}, {served.checkpoint.settings.model.in_short()}")
        limits = Limits(rows=rows, drawing=timeout)
        app = service(Place(models, model_page, limits), key, address.names)

        def ready() -> None:
            print(address.url, flush=True)
            print_stderr(f"completions: {address.url}v1   Ctrl-C ends it" + ("" if key is None else f"   key: {KEY}"))

        number = run(app, address, limits, ready)
    print_stderr("stopped; every request has ended")
    sys.exit(128 + number if number else 0)


def require_server(doing: str, where: str) -> None:
    """Raises UsageError if the libraries of the extra `serve` are not there."""
    try:
        import starlette
        import uvicorn  # noqa: F401
    except ImportError as error:
        install = f"Install it with: {install_extra('serve')}"
        raise UsageError(f"{doing} needs the library {error.name}", f"{where}: it is not installed", install) from None
    del starlette


def _key_for(address: Address) -> str | None:
    """The key of the environment. Raises UsageError if there is none, and the address can be reached from elsewhere."""
    key = os.environ.get(KEY, "")
    if key != key.strip() or not key.isascii() or not key.isprintable() or len(key) > LONGEST_KEY:
        raise UsageError(f"{KEY} must be plain characters without spaces around it", KEY, "Give it another value.")
    if key or address.loopback:
        return key or None
    remedy = f"Set one: {KEY}=$(openssl rand -hex 16) charlm serve --host {address.host}; or leave --host out."
    raise UsageError(
        f"{address.host} can be reached from other machines, and there is no key", f"--host {address.host}", remedy
    )

"""A run that is watched while it trains: an application with one page and its news. Knows no terminal, no training.

It reads the run's folder alone. The training neither waits for it nor knows of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from charlm.errors import CharlmError
from charlm.runs.folder import Run
from charlm.runs.lock import is_training
from charlm.runs.summary import summarize_run
from charlm.service.counters import Counters
from charlm.service.gate_history import GateHistory
from charlm.service.guard import Guard
from charlm.service.metrics_tail import MetricsTail
from charlm.service.refusal import RefusedError

LOOK = 1.0  # seconds between two looks at the checkpoints


def watched(run: Run, page: str, names: tuple[str, ...] | None) -> Guard:
    """The application. `page` is html; `names` are those of Guard."""
    tail, gates = MetricsTail(run.metrics), GateHistory(run)
    looking = ThreadPoolExecutor(1, "charlm gates")

    async def look() -> None:
        while True:
            with suppress(Exception):  # the page shows what there is; a folder may vanish at any time
                await asyncio.get_running_loop().run_in_executor(looking, gates.look)
            await asyncio.sleep(LOOK)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.ensure_future(look())
        try:
            yield
        finally:
            task.cancel()
            looking.shutdown(wait=False, cancel_futures=True)

    async def show(request: Request) -> Response:
        return HTMLResponse(page)

    async def news(request: Request) -> Response:
        asked = request.query_params
        found = tail.since(asked.get("version", ""), _whole(asked.get("offset", "0")))
        shares = gates.shares
        newest = str(shares[-1]["step"]) if shares else ""  # what the page has already is not sent again
        known = asked.get("gates", "") == newest
        told = {"gates": None if known else shares, "gates_newest": newest, "gates_note": gates.note}
        return JSONResponse({**asdict(found), **told, "run": facts_of(run)})

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return RefusedError(error.status_code, str(error.detail), "Paths: /, /news.").response()

    routes = [Route("/", show), Route("/news", news)]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: refused})
    return Guard(app, Counters(), ["/", "/news"], None, names)


def facts_of(run: Run) -> dict[str, Any]:
    """What the page says of the run, and whether a process trains it now."""
    try:
        about = summarize_run(run)
    except CharlmError:  # the folder is gone
        return {"name": run.name, "training": False, "gone": True}
    return {
        "name": run.name,
        "training": is_training(run),
        "gone": not run.folder.exists(),
        "text": about.text,
        "characters": about.text_characters,
        "cell": ", ".join(about.layers) or about.cell,
        "hidden_size": None if about.layers else about.hidden_size,
        "num_layers": None if about.layers else about.num_layers,
        "step": about.step,
        "valid_nats": about.valid_nats,
        "best_step": about.best_step,
    }


def _whole(word: str) -> int:
    return int(word) if word.isdecimal() and len(word) < 16 else 0

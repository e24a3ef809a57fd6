"""The paths of the service, and what answers each. Knows no terminal."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from charlm.errors import UsageError
from charlm.service.completions import completions
from charlm.service.guard import LEFT, Guard
from charlm.service.looking import card, looking, score, states, surprise
from charlm.service.own_page import own_page
from charlm.service.place import Place, place_of
from charlm.service.refusal import RefusedError
from charlm.service.served import Served

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def service(place: Place, key: str | None, names: Sequence[str] | None) -> Guard:
    """The application. `key` and `names` are those of Guard."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        place.drawing.start()
        try:
            yield
        finally:
            place.drawing.stop()
            place.looking.shutdown(wait=False, cancel_futures=True)

    handlers = {HTTPException: _no_such, RefusedError: _refused, ClientDisconnect: _left, Exception: _bug}
    app = Starlette(routes=ROUTES, lifespan=lifespan, exception_handlers=handlers)
    app.state.place = place
    return Guard(app, place.counters, [route.path for route in ROUTES], key, names)


async def models(request: Request) -> Response:
    """The models, as OpenAI lists them."""
    listed = [
        {"id": served.name, "object": "model", "created": served.created, "owned_by": "charlm"}
        for served in place_of(request).models.values()
    ]
    return JSONResponse({"object": "list", "data": listed})


async def metrics(request: Request) -> Response:
    """The counters, for Prometheus."""
    place = place_of(request)
    gauges = {"charlm_rows": float(place.drawing.rows), "charlm_waiting": float(place.drawing.waiting)}
    resident = resident_bytes()
    if resident is not None:
        gauges["charlm_resident_bytes"] = float(resident)
    return PlainTextResponse(place.counters.text(gauges), media_type=PROMETHEUS)


async def page(request: Request) -> Response:
    """The page that the model of ?model= writes in by itself; the other one for a model that cannot be a page."""
    place = place_of(request)
    served = place.model_named(request.query_params.get("model"))
    if served.name not in place.pages:
        place.pages[served.name] = await asyncio.get_running_loop().run_in_executor(place.looking, _page_of, served)
    own = place.pages[served.name]
    return HTMLResponse(place.page(served, place.models) if own is None else own)


async def writing_page(request: Request) -> Response:
    """The page on which the service writes, with the model of ?model=."""
    place = place_of(request)
    return HTMLResponse(place.page(place.model_named(request.query_params.get("model")), place.models))


def _page_of(served: Served) -> str | None:
    try:
        return own_page(served)
    except UsageError:
        return None


def resident_bytes() -> int | None:
    """The memory that this process occupies now; None where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


async def _no_such(request: Request, error: Exception) -> Response:
    """A path or a method that there is not."""
    assert isinstance(error, HTTPException)
    known = ", ".join(route.path for route in ROUTES)
    what = {404: f"There is nothing at {request.url.path[:80]}", 405: f"{request.method} is not answered there"}
    headers = dict(error.headers or {})
    return RefusedError(
        error.status_code, what.get(error.status_code, str(error.detail)), f"Paths: {known}.", None, headers
    ).response()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return error.response()


async def _left(request: Request, error: Exception) -> Response:
    """The client left while it sent its body; nobody reads this."""
    return Response(status_code=LEFT)


async def _bug(request: Request, error: Exception) -> Response:
    """Guard logs the error."""
    return RefusedError(500, type(error).__name__, "This is a bug in charlm.").response()


ROUTES = (
    Route("/v1/completions", completions, methods=["POST"]),
    Route("/v1/models", models, methods=["GET"]),
    Route("/score", looking(score, ("unknown",)), methods=["POST"]),
    Route("/surprise", looking(surprise, ()), methods=["POST"]),
    Route("/states", looking(states, ("layer", "value")), methods=["POST"]),
    Route("/card", card, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
    Route("/write", writing_page, methods=["GET"]),
    Route("/", page, methods=["GET"]),
)

"""The body of a request: read within limits of size and time, and parsed as JSON. Knows no model."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import Request

from charlm.service.limits import Limits
from charlm.service.refusal import RefusedError

SURPLUS = 16  # times the allowed size that is read, so that the client hears why it is refused


async def read_object(request: Request, limits: Limits) -> dict[str, Any]:
    """The JSON object of a request. Raises RefusedError, and ClientDisconnect if the client leaves."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # a form on a page of another site cannot send it
        remedy = "Send JSON, with the header Content-Type: application/json."
        raise RefusedError(415, f"The body is {kind[:80] or 'of no type'}", remedy, headers={"Connection": "close"})
    body = await _read(request, limits)
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "The body is not JSON", str(error).splitlines()[0][:200]) from None
    if not isinstance(found, dict):
        raise RefusedError(400, "The body must be a JSON object", 'Write it as {"prompt": "..."}')
    if surrogates(found):
        raise RefusedError(400, "The body has half of a character, a lone surrogate", "Leave it out.")
    return found


def surrogates(value: object) -> bool:
    """Whether some text in the value cannot be written as UTF-8."""
    match value:
        case str():
            return any("\ud800" <= character <= "\udfff" for character in value)
        case list():
            return any(map(surrogates, value))
        case dict():
            return any(map(surrogates, [*value, *value.values()]))
    return False


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number")


async def _read(request: Request, limits: Limits) -> bytes:
    close = {"Connection": "close"}
    read, kept = 0, []
    try:
        async with asyncio.timeout(limits.sending):
            async for chunk in request.stream():
                read += len(chunk)
                if read > SURPLUS * limits.body:
                    break
                if read <= limits.body:
                    kept.append(chunk)
    except TimeoutError:
        raise RefusedError(408, f"The body did not come in {limits.sending:g} seconds", headers=close) from None
    if read > limits.body:
        raise RefusedError(413, f"The body is larger than {limits.body:,} bytes", "Send less.", headers=close)
    return b"".join(kept)

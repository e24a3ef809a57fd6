"""What is checked before any answer: who asks, from which page, by which name. Knows no model.

On loopback any program of this machine may ask, and any page in a browser on it tries: a page of another site is told
apart by its Origin, and one whose name was rebound to 127.0.0.1 by the Host that it asks for (DNS rebinding). Beyond
loopback a key is needed, as a bearer token or, for a browser, as the password of any user.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import time
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from charlm.service.counters import Counters
from charlm.service.refusal import RefusedError

LOG = logging.getLogger("charlm.service")
LEFT = 499  # the status of a request whose client left, as nginx counts it
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """An application behind the checks. Counts its requests by the paths that it has."""

    def __init__(
        self, app: ASGIApp, counters: Counters, paths: Collection[str], key: str | None, names: Collection[str] | None
    ) -> None:
        """`key` is what a client must know, None for nothing; `names` are the hosts that it may ask for, None for
        all."""
        self._app, self._counters, self._paths, self._key, self._names = app, counters, paths, key, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(Headers(scope=scope))
            await self._app(scope, receive, sent)
        except RefusedError as refused:
            await refused.response()(scope, receive, sent)
        except Exception:
            LOG.exception("This is a bug in charlm: %s %s", scope["method"], scope["path"])
        finally:
            path = scope["path"] if scope["path"] in self._paths else "other"
            self._counters.add("charlm_requests_total", path=path, status=str(status or LEFT))
            self._counters.add("charlm_request_seconds_total", time.perf_counter() - began, path=path)

    def _check(self, headers: Headers) -> None:
        host = headers.get("host", "")
        if self._names is not None and _name_of(host) not in self._names:
            remedy = f"Ask for {LOOPBACK[0]} or {LOOPBACK[1]}; to be reached by other names: charlm serve --host"
            raise RefusedError(421, f"This service has not the name {host[:80]!r}", remedy)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise RefusedError(403, "A page of another site may not ask this service")
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            raise RefusedError(403, "A page of another site may not ask this service")
        if self._key is not None and not _knows(headers.get("authorization", ""), self._key):
            challenge = {"WWW-Authenticate": 'Basic realm="charlm", charset="UTF-8"'}
            raise RefusedError(
                401, "The key is missing or wrong", "Send the header Authorization: Bearer KEY.", headers=challenge
            )


def _name_of(host: str) -> str:
    """The host without its port, in small letters."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower().rstrip(".")


def _knows(authorization: str, key: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), key.encode())

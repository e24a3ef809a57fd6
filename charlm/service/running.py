"""A server: its socket, its life until a signal, its end. Knows no terminal and no paths."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp

from charlm.errors import UsageError
from charlm.service.connections import patient_protocol
from charlm.service.guard import LOOPBACK
from charlm.service.limits import Limits

MOST_HEAD = 16 * 1024  # bytes
MOST_UNREAD = 128 * 1024  # bytes that the system keeps for a client that does not read: it is noticed soon


@dataclass(frozen=True)
class Address:
    """Where a server listens. The socket is bound, and closed at the end of a context."""

    host: str
    port: int
    socket: socket.socket
    loopback: bool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def url(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names that a client may ask for; None for all: a key is needed there."""
        return (*LOOPBACK, f"[{self.host}]" if ":" in self.host else self.host.lower()) if self.loopback else None


def bind(host: str, port: int, command: str) -> Address:
    """Listen there; port 0 is a free one. Raises UsageError if that is not possible."""
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError, OverflowError) as error:
        what = f"There is no host {host}: {getattr(error, 'strerror', None) or error}"
        raise UsageError(what, where, "Give an address of this machine: --host 127.0.0.1") from None
    bound = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_UNREAD)
        bound.bind(address)
        bound.listen(1024)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            remedy = f"Stop the program that listens there, or take another port: {command} --port {port + 1}"
            raise UsageError(f"Port {port} is in use", where, f"{remedy}; --port 0 finds a free one.") from None
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{where} cannot be listened to: {reason}", where, "Try --host 127.0.0.1 --port 0") from None
    return Address(host, bound.getsockname()[1], bound, ipaddress.ip_address(address[0]).is_loopback)


class _Server(uvicorn.Server):
    """uvicorn's, with signals as charlm's commands have them: the second one ends the process at once."""

    signal = 0

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: `listening` lasts longer."""
        yield

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Within the context, which has the event loop to its very end, signals end the server."""
        numbers = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
        numbers = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._end) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            os._exit(128 + number)
        self.signal, self.should_exit = number, True


def run(
    app: ASGIApp, address: Address, limits: Limits, ready: Callable[[], Any], until: Callable[[], bool] | None = None
) -> int:
    """Serve until a signal, whose number is given, or until `until` holds (0). `ready` is called once it listens."""
    config = uvicorn.Config(
        app,
        http=patient_protocol(limits),
        ws="none",
        log_config=None,
        access_log=False,
        log_level="critical",
        server_header=False,
        timeout_keep_alive=int(limits.idle),
        timeout_graceful_shutdown=int(limits.closing),
        h11_max_incomplete_event_size=MOST_HEAD,
    )
    server = _Server(config)

    async def serve() -> None:
        running = asyncio.ensure_future(server.serve([address.socket]))
        while not (server.started or running.done()):
            await asyncio.sleep(0.005)
        ready()
        while until is not None and not running.done():
            await asyncio.sleep(0.2)
            server.should_exit = server.should_exit or until()
        await running

    with server.listening():
        asyncio.run(serve())
    return server.signal

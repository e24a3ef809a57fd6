"""A connection that ends if its client hangs: while it sends a head, or when it reads no further. Knows no requests.

uvicorn has a time for connections between two requests alone; the time of a body is that of bodies.py.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from charlm.service.limits import Limits

FULL = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def patient_protocol(limits: Limits) -> type[H11Protocol]:
    """The protocol of connections within these limits."""

    class Connection(H11Protocol):
        """uvicorn's, with a time for the client."""

        _awaited: asyncio.TimerHandle | None = None
        _reading: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                transport.write(FULL)
                transport.close()
            self._await_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._awaited, self._reading = _cancelled(self._awaited), _cancelled(self._reading)
            super().connection_lost(exc)

        def pause_writing(self) -> None:
            super().pause_writing()
            self._reading = self._reading or self._later()

        def resume_writing(self) -> None:
            super().resume_writing()
            self._reading = _cancelled(self._reading)

        def _await_head(self) -> None:
            """Give the client some time for what is left of a head, or of a body that nobody reads any more."""
            over = self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY
            if self.conn.their_state is h11.IDLE or over:
                self._awaited = self._awaited or self._later()
            else:
                self._awaited = _cancelled(self._awaited)

        def _later(self) -> asyncio.TimerHandle:
            return self.loop.call_later(limits.sending, self.transport.abort)

    return Connection


def _cancelled(timer: asyncio.TimerHandle | None) -> Any:
    if timer is not None:
        timer.cancel()

"""/v1/completions: a job for the thread that draws, and its pieces on their way to the client. Knows no model.

The job is given up as soon as the client leaves, or reads no further (connections.py ends such a connection).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from charlm.errors import CharlmError
from charlm.service.asked import Completion, read_completion
from charlm.service.bodies import read_object
from charlm.service.completion_form import CompletionForm, as_event
from charlm.service.drawing import Job
from charlm.service.guard import LEFT
from charlm.service.place import Place, place_of
from charlm.service.refusal import RefusedError, refusal_of
from charlm.service.row import Piece
from charlm.service.served import Prompt, Served


async def completions(request: Request) -> Response:
    """One text or several that continue a prompt, in OpenAI's form."""
    place = place_of(request)
    body = await read_object(request, place.limits)
    served = place.model_named(body.get("model"))
    asked = read_completion(body, served.checkpoint.vocabulary, place.limits)
    prompts = [served.prompt(prompt) for prompt in asked.prompts]
    drawn = Drawn(place, served, asked, prompts)
    form = CompletionForm(served, asked, prompts, secrets.token_hex(12), int(time.time()))
    drawn.submit()
    if asked.stream:
        return EventStream(drawn, form, place)
    return JSONResponse(await _whole(request, drawn, form, place))


class Drawn:
    """The pieces of one job, as they are drawn. It belongs to the event loop; the thread that draws puts them in."""

    def __init__(self, place: Place, served: Served, asked: Completion, prompts: list[Prompt]) -> None:
        self._place, self._queue = place, asyncio.Queue[list[Piece]]()
        loop = asyncio.get_running_loop()

        def deliver(pieces: list[Piece]) -> None:
            loop.call_soon_threadsafe(self._queue.put_nowait, pieces)

        self.job = Job(served, prompts, asked.count, asked.seed, asked.asked, asked.stream, deliver)

    def submit(self) -> None:
        """Raises RefusedError if too many wait."""
        try:
            self._place.drawing.submit(self.job)
        except CharlmError as error:
            raise refusal_of(error) from None

    async def pieces(self) -> AsyncIterator[list[Piece]]:
        """What is new, until all texts have ended. Raises RefusedError if one could not be drawn."""
        left = self.job.rows
        while left:
            pieces = await self._queue.get()
            for piece in pieces:
                if piece.error:
                    raise refusal_of(piece.error)
            left -= sum(piece.stopped is not None for piece in pieces)
            yield pieces

    def give_up(self) -> None:
        """Free the rows, if the texts have not ended."""
        if not self.job.over:
            self._place.drawing.give_up(self.job)


class EventStream(Response):
    """Server-sent events, an event for what is new of each text."""

    def __init__(self, drawn: Drawn, form: CompletionForm, place: Place) -> None:
        super().__init__(media_type="text/event-stream")
        del self.headers["content-length"]
        self._drawn, self._form, self._place = drawn, form, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                self._place.counters.add("charlm_left_total")
        finally:
            self._drawn.give_up()
            await _ended(sending, leaving)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            async for pieces in self._drawn.pieces():
                events = b"".join(self._form.event([part]) for piece in pieces for part in self._form.choices(piece))
                await send({"type": "http.response.body", "body": events, "more_body": True})
            last = self._form.last_events()
        except RefusedError as refused:  # the status has been sent: the error is an event
            last = as_event(refused.body)
        self._place.counters.add("charlm_drawn_symbols_total", self._form.drawn)
        await send({"type": "http.response.body", "body": last, "more_body": False})


async def _whole(request: Request, drawn: Drawn, form: CompletionForm, place: Place) -> dict[str, object]:
    """All pieces in one answer; the job is given up if the client leaves meanwhile."""

    async def collected() -> list[Piece]:
        return [piece async for pieces in drawn.pieces() for piece in pieces]

    collecting = asyncio.ensure_future(collected())
    leaving = asyncio.ensure_future(_left(request.receive))
    try:
        await asyncio.wait((collecting, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not collecting.done():
            place.counters.add("charlm_left_total")
            raise RefusedError(LEFT, "The client has left")
        answer = form.whole(collecting.result())
        place.counters.add("charlm_drawn_symbols_total", form.drawn)
        return answer
    finally:
        drawn.give_up()
        await _ended(collecting, leaving)


async def _left(receive: Receive) -> None:
    """Waits until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ended(*tasks: asyncio.Future[Any]) -> None:
    """Cancel what goes on; a failure of a task that has ended is raised."""
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, RefusedError):
            raise result

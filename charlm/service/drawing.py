"""All texts that are being drawn, of all requests: one thread that gives each model its turns. Knows no HTTP.

Requests are jobs. A job waits until there are rows for all its texts, in the order in which jobs came; its rows then
join the batches of its model. It ends when all its texts have, when it is given up, or at its time.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from charlm.errors import CharlmError
from charlm.randomness import sample_stream
from charlm.sampling.writer import Writer
from charlm.service.batches import Heard, Reader, TextBatches
from charlm.service.counters import Counters
from charlm.service.limits import Limits
from charlm.service.row import Asked, Piece, Row
from charlm.service.served import Prompt, Served

TOGETHER = 0.05  # seconds in which pieces for one request are collected, so that few are sent


class LateError(CharlmError):
    """A text that was not finished in time."""


class FullError(CharlmError):
    """A request too many."""


@dataclass(eq=False)
class Job:
    """A request for texts: `count` for each prompt. The first of text number n is that of sample number n % count.

    `deliver` is called by the thread that draws, with pieces in order; the last piece of a text says why it ended.
    Not all pieces are delivered as they come unless it is `streamed`. Anyone may set `over`: nothing more is drawn.
    """

    served: Served
    prompts: Sequence[Prompt]
    count: int
    seed: int
    asked: Asked
    streamed: bool
    deliver: Callable[[list[Piece]], None]
    until: float = 0.0
    over: bool = False
    open: int = field(init=False)  # texts that have not ended
    _pieces: list[Piece] = field(default_factory=list)
    _sent: float = 0.0

    def __post_init__(self) -> None:
        self.open = self.rows

    @property
    def rows(self) -> int:
        return len(self.prompts) * self.count

    def add(self, piece: Piece) -> None:
        """Something new of a text."""
        self._pieces.append(piece)
        if piece.stopped or piece.error:
            self.open -= 1
            self.over = self.over or not self.open

    def flush(self, now: float) -> None:
        """Deliver what was collected, if it is time to."""
        if self._pieces and (self.over or not self.open or (self.streamed and now >= self._sent + TOGETHER)):
            pieces, self._pieces, self._sent = self._pieces, [], now
            self.deliver(pieces)


class Drawing:
    """The thread, from `start` to `stop`. `submit` may be called by any other."""

    def __init__(self, limits: Limits, counters: Counters) -> None:
        self._limits, self._counters = limits, counters
        self._changed = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._jobs: list[Job] = []
        self._batches: dict[str, TextBatches] = {}
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="charlm drawing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread. What is being drawn is given up."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def submit(self, job: Job) -> None:
        """Draw the texts of a job as soon as there are rows for it. Raises FullError if too many jobs wait already."""
        with self._changed:
            if len(self._waiting) >= self._limits.waiting:
                raise FullError("Too many requests wait already", f"{len(self._waiting):,} of them", "Try again later.")
            job.until = time.monotonic() + self._limits.drawing
            self._waiting.append(job)
            self._changed.notify()

    def give_up(self, job: Job) -> None:
        """Nothing more of a job is wanted: its rows are free for others."""
        job.over = True
        with self._changed:
            self._changed.notify()

    @property
    def rows(self) -> int:
        """Rows that are in use."""
        return sum(job.rows for job in self._jobs)

    @property
    def waiting(self) -> int:
        """Jobs that wait for rows."""
        return len(self._waiting)

    def _run(self) -> None:
        with np.errstate(over="ignore", invalid="ignore"):  # scores that overflow are an error of their own
            while True:
                with self._changed:
                    while not (self._stopped or self._jobs or self._waiting):
                        self._changed.wait()
                    if self._stopped:
                        return
                    begun = self._begun()
                for job in begun:
                    self._begin(job)
                self._turn()

    def _begun(self) -> list[Job]:
        """The jobs for which there are rows now."""
        begun = []
        free = self._limits.rows - self.rows
        while self._waiting and (self._waiting[0].over or self._waiting[0].rows <= free):
            job = self._waiting.popleft()
            if not job.over:
                free -= job.rows
                begun.append(job)
        self._jobs += begun
        return begun

    def _begin(self, job: Job) -> None:
        batches = self._batches.setdefault(job.served.name, TextBatches(job.served))
        for number, prompt in enumerate(job.prompts):
            batches.read(Reader(job, number * job.count, prompt))
        self._counters.add("charlm_prompt_symbols_total", sum(len(prompt.ids) for prompt in job.prompts))

    def _turn(self) -> None:
        """A turn of every model, and what follows from it."""
        now = time.monotonic()
        seconds = f"{self._limits.drawing:g} seconds"
        for jobs, error in (
            (self._jobs, LateError(f"The text was not finished in {seconds}", "", "Ask for fewer characters.")),
            (list(self._waiting), FullError(f"Others were drawn for {seconds}", "", "Try again later.")),
        ):
            for job in jobs:
                if now > job.until and not job.over:
                    self._end(job, error)
        for name, batches in list(self._batches.items()):
            try:
                for reader, heard in batches.turn():
                    self._continue(batches, reader, heard)
            except Exception as error:  # of this model alone; what others draw goes on
                self._fail(name, error)
            if name in self._batches and not batches.rows:
                del self._batches[name]
        now = time.monotonic()
        for job in self._jobs:
            job.flush(now)
        self._jobs = [job for job in self._jobs if not job.over]

    def _continue(self, batches: TextBatches, reader: Reader, heard: Heard) -> None:
        """A prompt has been read: its texts begin."""
        job: Job = reader.job
        if job.asked.echoed:
            job.add(Piece(reader.number, choices=reader.choices, heard=True))
        vocabulary, asked = job.served.checkpoint.vocabulary, job.asked
        for sample in range(job.count):
            writer = Writer(vocabulary, asked.stops, job.served.end)
            recent = deque(reader.prompt.ids, maxlen=asked.decoding.repetition_window)
            random = sample_stream(job.seed, sample)
            row = Row(job, reader.number + sample, writer, random, recent, asked.length)
            if asked.length:
                batches.draw(row, heard)
            else:
                row.take([])

    def _fail(self, name: str, error: Exception) -> None:
        """A bug, or memory that is gone: the jobs of this model end with it."""
        del self._batches[name]
        for job in self._jobs:
            if job.served.name == name and not job.over:
                told = error if isinstance(error, CharlmError) else CharlmError(f"{type(error).__name__}: {error}")
                self._end(job, told)

    def _end(self, job: Job, error: CharlmError) -> None:
        job.over = True
        job.add(Piece(0, error=error))
        job.flush(time.monotonic())

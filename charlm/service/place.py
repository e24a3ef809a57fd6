"""What all requests share: the models, the thread that draws, the limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from starlette.requests import Request

from charlm.service.counters import Counters
from charlm.service.drawing import Drawing
from charlm.service.limits import Limits
from charlm.service.refusal import RefusedError
from charlm.service.served import Served, hint_for

Page = Callable[[Served, Mapping[str, Served]], str]  # the html page on which the service writes with a model


@dataclass(eq=False)
class Place:
    """`page` makes the page of a model. `looking` is the thread of the requests that do not draw."""

    models: Mapping[str, Served]
    page: Page
    limits: Limits = field(default_factory=Limits)
    counters: Counters = field(default_factory=Counters)
    drawing: Drawing = field(init=False)
    looking: ThreadPoolExecutor = field(init=False)
    pages: dict[str, str | None] = field(default_factory=dict)  # those that models write in by themselves
    looks: int = 0  # requests that wait for `looking`, and the one that it answers

    def __post_init__(self) -> None:
        self.drawing = Drawing(self.limits, self.counters)
        self.looking = ThreadPoolExecutor(1, "charlm looking")

    def model_named(self, name: object) -> Served:
        """The model of that name; None or nothing is the first one. Raises RefusedError."""
        if name in (None, ""):
            return next(iter(self.models.values()))
        if not isinstance(name, str):
            raise RefusedError(400, "model must be a name", hint_for("", dict(self.models)), "model")
        if name not in self.models:
            raise RefusedError(404, f"There is no model {name[:80]!r}", hint_for(name, dict(self.models)), "model")
        return self.models[name]


def place_of(request: Request) -> Place:
    place = request.app.state.place
    assert isinstance(place, Place)
    return place

"""/score, /surprise, /states and /card: what a model makes of a text, and what it is. Knows no threads that draw.

One text is read at a time, in a thread of its own. Shape letters: N ids of a text, V symbols, H hidden.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from charlm.errors import CharlmError
from charlm.evaluation.characters import score_places, with_end
from charlm.evaluation.likeliest import PlaceScorer
from charlm.evaluation.score import in_bits
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import Policy, reading_of, score_text
from charlm.inspection.inner_values import inner_values
from charlm.inspection.value_names import chosen_values, value_names
from charlm.service.asked import given_text, whole
from charlm.service.bodies import read_object
from charlm.service.place import Place, place_of
from charlm.service.refusal import RefusedError, refusal_of
from charlm.service.served import Served
from charlm.text.given_text import encode_given
from charlm.text.length import require_two
from charlm.text.vocabulary import Encoded

POLICIES: tuple[Policy, ...] = ("skip", "error", "nearest", "charge")
MOST_VALUES = 200_000  # numbers of one answer of /states

Look = Callable[[Served, Mapping[str, Any]], dict[str, Any]]


def looking(look: Look, names: tuple[str, ...]) -> Callable[[Request], Any]:
    """The endpoint of a look at a text: its body has the text, a model, and these parameters."""

    async def endpoint(request: Request) -> Response:
        place = place_of(request)
        body = await read_object(request, place.limits)
        if extra := next((name for name in body if name not in ("model", "text", *names)), None):
            remedy = f"There are: {', '.join(('model', 'text', *names))}."
            raise RefusedError(400, f"There is no parameter {extra[:80]!r}", remedy, extra[:80])
        served = place.model_named(body.get("model"))
        given_text(body, "text")
        return JSONResponse({"model": served.name, **await _in_turn(place, look, served, body)})

    return endpoint


async def _in_turn(place: Place, look: Look, served: Served, body: Mapping[str, Any]) -> dict[str, Any]:
    """The look, when all before it are done. Raises RefusedError if too many wait."""
    if place.looks >= place.limits.looks:
        raise RefusedError(429, "Too many texts wait already", "Try again later.", headers={"Retry-After": "1"})
    place.looks += 1
    try:
        found = await asyncio.get_running_loop().run_in_executor(place.looking, _looked, look, served, body)
    except CharlmError as error:
        raise refusal_of(error, "text") from None
    finally:
        place.looks -= 1
    place.counters.add("charlm_scored_symbols_total", len(body["text"]))
    return found


def _looked(look: Look, served: Served, body: Mapping[str, Any]) -> dict[str, Any]:
    with np.errstate(over="ignore", invalid="ignore"):  # numbers that overflow are null in the answer
        return look(served, body)


def score(served: Served, body: Mapping[str, Any]) -> dict[str, Any]:
    """The exact score of a text, as `charlm eval perplexity` gives it."""
    policy = body.get("unknown", "skip")
    if policy not in POLICIES:
        raise RefusedError(400, f"unknown must be one of {', '.join(POLICIES)}", "", "unknown")
    encoded = _encoded(served, body, policy)
    vocabulary = served.checkpoint.vocabulary
    scorer = NumpyScorer(served.checkpoint.model)
    found = score_text(scorer, encoded.ids, vocabulary, served.end, policy, encoded.unknown)
    result = found.score
    return {
        "characters": result.characters,
        "nats": finite(result.nats),
        "nats_per_character": finite(result.nats_per_character),
        "bits_per_character": finite(result.bits_per_character),
        "bits_per_byte": finite(result.bits_per_byte(found.bytes)) if found.bytes else None,
        "perplexity": finite(result.perplexity),
        "unknown": encoded.unknown,
    }


def surprise(served: Served, body: Mapping[str, Any]) -> dict[str, Any]:
    """The bits of each symbol, null for one that is not scored, and the likeliest in its place with their natural
    logarithms."""
    encoded, vocabulary = _encoded(served, body, "skip"), served.checkpoint.vocabulary
    ids = with_end(encoded.ids, served.end)
    scorer = PlaceScorer(served.checkpoint.model, ids)
    found = score_places(scorer, ids, vocabulary, served.end, encoded.unknown)
    names = vocabulary.symbols
    return {
        "symbols": [names[one] for one in ids],
        "bits": [finite(round(in_bits(nats), 4)) for nats in found.nats.tolist()],
        "likeliest": [
            None
            if math.isnan(nats)
            else [[names[one], finite(round(log, 4))] for one, log in zip(best, logs, strict=True)]
            for nats, best, logs in zip(
                found.nats.tolist(), scorer.likeliest.ids.tolist(), scorer.likeliest.logs.tolist(), strict=True
            )
        ],
        "bits_per_character": finite(found.score.bits_per_character),
        "unknown": encoded.unknown,
    }


def states(served: Served, body: Mapping[str, Any]) -> dict[str, Any]:
    """The inner values of a layer by name, a row after each symbol of a text that is read from a fresh state."""
    model = served.checkpoint.model
    layer = whole(body, "layer", len(model.layers), 1, len(model.layers))
    there = {name: chosen_values(model, layer, name)[0] for name in value_names(model.layers[layer - 1])}
    asked = body.get("value")
    if asked is not None and str(asked) not in there:
        what = f"Layer {layer} has no value {str(asked)[:80]!r}"
        raise RefusedError(400, what, f"There are: {', '.join(there)}.", "value")
    wanted = [*there.values()] if asked is None else [there[str(asked)]]
    encoded = _encoded(served, body, "skip")
    count = len(encoded.ids)
    most = max(1, MOST_VALUES // min(value.units for value in wanted))
    if count > most:
        what = f"The text has {count:,} symbols, and {most:,} of this model can be looked into at once"
        raise RefusedError(400, what, "Send a part of it.", "text")
    if count * sum(value.units for value in wanted) > MOST_VALUES:
        what = f"All {len(wanted)} values of {count:,} symbols are too many"
        raise RefusedError(400, what, f"Ask for one value: {', '.join(there)}; or send a shorter text.", "value")
    found = inner_values(model, encoded.ids, wanted)
    return {
        "layer": layer,
        "values": {
            name: [[finite(round(one, 5)) for one in row] for row in values.tolist()] for name, values in found.items()
        },
        "symbols": [served.checkpoint.vocabulary.symbols[one] for one in encoded.ids],
        "unknown": encoded.unknown,
    }


def card_of(served: Served) -> dict[str, Any]:
    """What the model is, and how well it did."""
    checkpoint = served.checkpoint
    settings, scores = checkpoint.settings, checkpoint.scores
    return {
        "model": served.name,
        "step": checkpoint.step,
        "fingerprint": served.fingerprint,
        "cell": settings.model.in_short(),
        "parameters": served.parameters,
        "text": {
            "name": checkpoint.text.name,
            "characters": checkpoint.text.characters,
            "sha256": checkpoint.text.sha256,
        },
        "records": served.end is not None,
        "unit": checkpoint.vocabulary.unit,
        "symbols": [symbol for symbol in checkpoint.vocabulary.symbols if symbol],
        "scores": {
            "valid_bits_per_character": None if scores.valid_nats is None else in_bits(scores.valid_nats),
            "train_bits_per_character": None if scores.train_nats is None else in_bits(scores.train_nats),
            "protocol": "every character of the valid split after the first, state carried",
        },
    }


async def card(request: Request) -> Response:
    """The card of the model that ?model= names."""
    return JSONResponse(card_of(place_of(request).model_named(request.query_params.get("model"))))


def finite(value: float) -> float | None:
    """The number; None for one that JSON cannot hold."""
    return value if math.isfinite(value) else None


def _encoded(served: Served, body: Mapping[str, Any], policy: Policy) -> Encoded:
    vocabulary = served.checkpoint.vocabulary
    found = encode_given(body["text"], served.checkpoint.settings.text, vocabulary, reading_of(policy))
    require_two(found.ids.size, "The text", "text", bool(found.unknown))
    return found

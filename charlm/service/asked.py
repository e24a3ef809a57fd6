"""The body of a request to /v1/completions, checked. Knows no model but its vocabulary.

The names are OpenAI's; `top_k`, `min_p`, `typical_p`, `repeat_penalty` and `repeat_last_n` are llama.cpp's. A parameter
that would change the text and is not known is refused, and so is one that has a wrong value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charlm.config.suggestions import suggestion
from charlm.errors import CharlmError
from charlm.randomness import fresh_seed
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.rules.logit_bias import bias_of_ids
from charlm.service.limits import Limits
from charlm.service.refusal import RefusedError, refusal_of
from charlm.service.row import Asked
from charlm.text.vocabulary import Vocabulary

LENGTH = 256  # symbols of a text, unless the request says how many
MOST_STOPS = 4
MOST_LIKELIEST = 5
IGNORED = ("model", "user", "metadata", "store")  # they change no text; `model` is read before
NUMBERS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "min_p": "min_p",
    "typical_p": "typical",
    "repeat_penalty": "repetition_penalty",
}
WHOLE = {"top_k": "top_k", "repeat_last_n": "repetition_window"}
OFF = {"top_p": 1, "typical_p": 1, "top_k": 0, "min_p": 0}  # as others write that a rule does not apply
OTHERS = (
    "prompt", "n", "best_of", "max_tokens", "seed", "stop", "logprobs", "echo", "stream", "stream_options", "suffix",
    "logit_bias",
)  # fmt: skip
NAMES = (*IGNORED, *NUMBERS, *WHOLE, *OTHERS)


@dataclass(frozen=True)
class Completion:
    """What is asked for: `count` texts for each of the prompts."""

    prompts: tuple[str, ...]
    count: int
    seed: int
    asked: Asked
    echo: bool
    stream: bool
    usage: bool  # whether the last event of a stream tells the numbers of symbols


def read_completion(body: Mapping[str, Any], vocabulary: Vocabulary, limits: Limits) -> Completion:
    """The request, within the limits. Raises RefusedError."""
    for name in body:
        if name not in NAMES:
            raise RefusedError(400, f"There is no parameter {name[:80]!r}", suggestion(name, NAMES), name[:80])
    if body.get("suffix"):
        raise RefusedError(400, "A model that reads from left to right knows no suffix", "Leave it out.", "suffix")
    count = whole(body, "n", 1, 1, limits.rows)
    if whole(body, "best_of", count, 1, limits.rows) != count:
        raise RefusedError(400, "best_of must be n, if it is given", "Leave it out.", "best_of")
    prompts = _prompts(body.get("prompt"), limits.rows)
    length = whole(body, "max_tokens", LENGTH, 0, limits.symbols)
    for what, number, most in (
        ("texts at once", len(prompts) * count, limits.rows),
        ("symbols (prompts x n x max_tokens)", len(prompts) * count * length, limits.symbols),
    ):
        if number > most:
            raise RefusedError(400, f"{number:,} {what} are asked for, and {most:,} are allowed", "Ask for fewer.")
    likeliest = None if body.get("logprobs") is None else whole(body, "logprobs", 0, 0, MOST_LIKELIEST)
    echo = flag(body, "echo")
    options = body.get("stream_options") or {}
    if not isinstance(options, dict):
        raise RefusedError(400, "stream_options must be an object", "Leave it out.", "stream_options")
    asked = Asked(read_decoding(body, vocabulary), length, _stops(body.get("stop")), likeliest, echo)
    seed = whole(body, "seed", fresh_seed(), 0, 2**63 - 1)
    return Completion(prompts, count, seed, asked, echo, flag(body, "stream"), flag(options, "include_usage"))


def read_decoding(body: Mapping[str, Any], vocabulary: Vocabulary) -> Decoding:
    """The rules of decoding; the temperature is 1 unless it is given. Raises RefusedError."""
    given: dict[str, Any] = {"temperature": 1.0}
    for name, own in {**NUMBERS, **WHOLE}.items():
        value = body.get(name)
        if value is None:
            continue
        _require_number(name, value, name in WHOLE)
        given[own] = None if name in OFF and value == OFF[name] else value
    try:
        biases = body.get("logit_bias") or {}
        if not isinstance(biases, dict):
            raise RefusedError(400, "logit_bias must map characters to numbers", "Leave it out.", "logit_bias")
        for amount in biases.values():
            _require_number("logit_bias", amount, False)
        return Decoding(**given, logit_bias=bias_of_ids(biases, vocabulary))
    except CharlmError as error:
        raise refusal_of(error) from None


def whole(body: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """A whole number of the body. Raises RefusedError if it is something else."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RefusedError(400, f"{name} must be a whole number from {least:,} to {most:,}", "", name)
    return value


def flag(body: Mapping[str, Any], name: str) -> bool:
    """True or false; false if the body does not say. Raises RefusedError if it is something else."""
    value = body.get(name)
    if value not in (None, True, False):
        raise RefusedError(400, f"{name} must be true or false", "", name)
    return bool(value)


def given_text(body: Mapping[str, Any], name: str) -> str:
    """A text of the body. Raises RefusedError if it is something else."""
    value = body.get(name)
    if not isinstance(value, str):
        raise RefusedError(400, f"{name} must be a text", f'Write it as {{"{name}": "..."}}', name)
    return value


def _require_number(name: str, value: object, is_whole: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int if is_whole else int | float):
        raise RefusedError(400, f"{name} must be a {'whole ' if is_whole else ''}number", "", name)


def _prompts(given: object, most: int) -> tuple[str, ...]:
    if given is None:
        return ("",)
    prompts = [given] if isinstance(given, str) else given
    if not isinstance(prompts, list) or not all(isinstance(prompt, str) for prompt in prompts):
        remedy = "Symbols have no numbers here: write them."
        raise RefusedError(400, "prompt must be a text, or a list of texts", remedy, "prompt")
    if not 1 <= len(prompts) <= most:
        raise RefusedError(400, f"prompt must have from 1 to {most} texts", "", "prompt")
    return tuple(prompts)


def _stops(given: object) -> tuple[str, ...]:
    stops = [] if given is None else [given] if isinstance(given, str) else given
    if not isinstance(stops, list) or len(stops) > MOST_STOPS or not all(isinstance(one, str) and one for one in stops):
        raise RefusedError(400, f"stop must be a text, or a list of at most {MOST_STOPS}, and none empty", "", "stop")
    return tuple(stops)

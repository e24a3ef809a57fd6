"""Decoding: from a model's logits to the probabilities of the next symbol, by the rules of logits.py. V symbols.

Knows no model, no vocabulary and no random generator. The rules apply one after the other, each to the result of the
one before:

    logit bias -> samplers, in their order -> mirostat -> softmax

SAMPLERS is their usual order. There, the truncations come after the temperature, so they see the probabilities that are
sampled from; llama.cpp has the temperature last. What a rule excludes stays excluded. Characters that are forbidden
altogether (loop/masks.py) are excluded before all of these.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charlm.config.suggestions import suggestion
from charlm.errors import IntegrityError, UsageError
from charlm.model.drawing import RULES, Rules
from charlm.sampling.rules import mirostat
from charlm.sampling.rules.logits import (
    LEAST_TEMPERATURE,
    Logits,
    Probabilities,
    biased,
    min_p,
    penalised,
    tempered,
    top_k,
    top_p,
    typical,
)

Unnormalised = NDArray[np.float64]  # (V,) probabilities times a positive constant

SAMPLERS = ("penalties", *RULES)  # as llama.cpp names them
OTHER_NAMES = {"temp": "temperature", "typical": "typ_p", "typical_p": "typ_p"}
HOTTEST = 1_000_000  # all symbols are then equally likely, but for one that is never written (LanguageModel)
USUAL_TEMPERATURE = 0.8
MOST_BIAS = 1000.0
Allowed = NDArray[np.bool_]  # (V,)


@dataclass(frozen=True)
class Decoding:
    """How the next symbol is chosen. None turns a rule off, as does a penalty of 1, 0 for the other two penalties, or
    mirostat 0; temperature 0 is greedy.

    Raises UsageError, which names the option, if a value is out of range or two rules exclude each other.
    """

    temperature: float = USUAL_TEMPERATURE
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    repetition_window: int = 64  # the last symbols that the penalties apply to; the prompt counts
    typical: float | None = None
    mirostat: int = 0  # its version, 1 or 2
    mirostat_lr: float = 0.1
    mirostat_ent: float = 2.0  # bits; llama.cpp's 5 are for tokens, and few characters are as surprising
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    no_repeat: int | None = None  # no sequence of so many symbols twice; the prompt counts
    logit_bias: Mapping[int, float] = field(default_factory=dict)  # what is added to the logit of each id
    samplers: Sequence[str] = SAMPLERS  # the rules in their order; one that is not named does not apply

    def __post_init__(self) -> None:
        _require(
            0 <= self.temperature <= HOTTEST,
            "temperature",
            self.temperature,
            f"0 (greedy) or more, at most {HOTTEST:,}",
        )
        _require(self.top_k is None or self.top_k >= 1, "top-k", self.top_k, "a whole number from 1 on")
        _require(self.top_p is None or 0 < self.top_p <= 1, "top-p", self.top_p, "above 0 and at most 1")
        _require(self.min_p is None or 0 <= self.min_p <= 1, "min-p", self.min_p, "between 0 and 1")
        _require(self.typical is None or 0 < self.typical <= 1, "typical", self.typical, "above 0 and at most 1")
        _require(self.mirostat in (0, 1, 2), "mirostat", self.mirostat, "1 or 2, its version, or 0 for none")
        _require(0 < self.mirostat_lr <= 1, "mirostat-lr", self.mirostat_lr, "above 0 and at most 1")
        _require(0 < self.mirostat_ent <= 100, "mirostat-ent", self.mirostat_ent, "above 0 and at most 100, in bits")
        penalty = self.repetition_penalty
        _require(0.01 <= penalty <= 100, "repetition-penalty", penalty, "between 0.01 and 100, where 1 is none")
        _require(self.repetition_window >= 0, "repetition-window", self.repetition_window, "0 or more")
        for name in ("frequency_penalty", "presence_penalty"):
            value = getattr(self, name)
            _require(-100 <= value <= 100, name.replace("_", "-"), value, "between -100 and 100, where 0 is none")
        _require(self.no_repeat is None or self.no_repeat >= 1, "no-repeat", self.no_repeat, "a whole number from 1 on")
        for amount in self.logit_bias.values():
            _require(abs(amount) <= MOST_BIAS, "logit-bias", amount, f"between -{MOST_BIAS:g} and {MOST_BIAS:g}")
        self._check_samplers()

    def _check_samplers(self) -> None:
        given = list(self._truncations)
        if self.mirostat and given:
            named = option_of(given[0])
            raise UsageError(
                f"--mirostat and {named} exclude each other",
                f"--mirostat {self.mirostat} {named}",
                f"Mirostat does the truncating itself: leave {named} out, or leave --mirostat out.",
            )
        if self.samplers == SAMPLERS:
            return
        object.__setattr__(self, "samplers", tuple(map(_sampler, self.samplers)))
        where = f"--samplers {';'.join(self.samplers)}"
        if len(set(self.samplers)) < len(self.samplers):
            raise UsageError("--samplers names a rule twice", where, "Name each rule once.")
        if self._penalises:
            given.append("penalties")
        if self.temperature not in (USUAL_TEMPERATURE, 1.0):
            given.append("temperature")
        for name in given:
            if name not in self.samplers:
                what = f"--samplers leaves out {name}, which is asked for"
                raise UsageError(what, where, f"Name it in --samplers, or leave {option_of(name)} out.")
        if "temperature" not in self.samplers:
            object.__setattr__(self, "temperature", 1.0)

    @cached_property
    def _truncations(self) -> Mapping[str, float]:
        """The values of the truncations that are asked for."""
        values = {"top_k": self.top_k, "typ_p": self.typical, "top_p": self.top_p, "min_p": self.min_p}
        return {name: value for name, value in values.items() if value is not None}

    @cached_property
    def _penalises(self) -> bool:
        return (self.repetition_penalty, self.frequency_penalty, self.presence_penalty) != (1, 0, 0)

    @cached_property
    def reads_back(self) -> bool:
        """Whether a penalty reads the symbols before."""
        return self._penalises and self.repetition_window > 0

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """The samplers that do something, in their order."""
        working = {"temperature", *self._truncations, *(["penalties"] if self.reads_back else [])}
        return tuple(name for name in self.samplers if name in working)

    @cached_property
    def shifted(self) -> bool:
        """Whether the likeliest symbol has the logit 0 after all rules: the temperature sees to it, if it is kept."""
        after = self.rules[self.rules.index("temperature") + 1 :] if "temperature" in self.rules else SAMPLERS
        return not {"penalties", "typ_p"}.intersection(after)

    @cached_property
    def of_logits(self) -> Rules | None:
        """The rules with their values, if they need nothing but the logits: a model may apply these as it draws."""
        if self.reads_back or self.mirostat or self.logit_bias:
            return None
        temperature = max(self.temperature, LEAST_TEMPERATURE) if self.temperature else 0.0
        values = {"temperature": temperature, **self._truncations}
        return tuple((name, values[name]) for name in self.rules)

    @cached_property
    def only_temperature(self) -> bool:
        """Whether a temperature above 0 is the only rule, apart from what is forbidden altogether."""
        return self.temperature > 0 and self.rules in (("temperature",), ()) and not (self.mirostat or self.logit_bias)


def read_samplers(words: str | None) -> Sequence[str]:
    """The names of rules, in an order as `--samplers` has it: separated by `;` as in llama.cpp, or by commas."""
    return SAMPLERS if words is None else tuple(word for word in words.replace(",", ";").split(";") if word.strip())


def option_of(sampler: str) -> str:
    """The option that turns a rule on; of the penalties, the oldest one."""
    return {"penalties": "--repetition-penalty", "typ_p": "--typical"}.get(sampler, f"--{sampler.replace('_', '-')}")


def _sampler(word: str) -> str:
    """The name of a rule. Raises UsageError if there is none of that name."""
    name = word.strip().lower().replace("-", "_")
    name = OTHER_NAMES.get(name, name)
    if name not in SAMPLERS:
        hint = suggestion(name, SAMPLERS)
        raise UsageError(
            f"There is no rule {word.strip()!r}", "--samplers", f"{hint} The rules are {', '.join(SAMPLERS)}.".strip()
        )
    return name


def _require(holds: bool, option: str, value: object, expected: str) -> None:
    if not holds:
        raise UsageError(f"--{option} cannot be {value}", "in the options of sampling", f"Give a number {expected}.")


def probabilities(logits: NDArray[np.floating], decoding: Decoding, recent: Collection[int] = ()) -> Probabilities:
    """(V,) logits of a model to (V,) probabilities of the next symbol; `recent` are the last ids of the text so far.

    Raises IntegrityError if a logit is not finite.
    """
    chances = unnormalised(logits, decoding, recent)
    normalised: Probabilities = chances / chances.sum()
    return normalised


def unnormalised(
    logits: NDArray[np.floating],
    decoding: Decoding,
    recent: Collection[int] = (),
    allowed: Allowed | None = None,
    mu: float | None = None,
) -> Unnormalised:
    """The probabilities times a constant, so that the likeliest symbol has 1. Enough for drawing, and cheaper.

    Symbols that are not allowed have 0; at least one must be. `mu` is mirostat's bound on surprise; None is its first.
    Raises IntegrityError if a logit is not finite.
    """
    scores: Logits = logits.astype(np.float64)
    if error := non_finite_error(scores):
        raise error
    if allowed is not None:
        np.putmask(scores, ~allowed, -np.inf)
    if decoding.logit_bias:
        scores = biased(scores, decoding.logit_bias)
    for name in decoding.rules:
        scores = _ruled(name, scores, decoding, recent)
    if decoding.mirostat:
        scores = mirostat.cut(scores, decoding.mirostat, mirostat.first_mu(decoding.mirostat_ent) if mu is None else mu)
    if not decoding.shifted:
        scores = scores - scores.max()
    powers: Unnormalised = np.exp(scores)
    return powers


def _ruled(name: str, scores: Logits, decoding: Decoding, recent: Collection[int]) -> Logits:
    """The scores after one of the samplers."""
    match name:
        case "temperature":
            return tempered(scores, decoding.temperature)
        case "top_k" if decoding.top_k is not None:
            return top_k(scores, decoding.top_k)
        case "typ_p" if decoding.typical is not None:
            return typical(scores, decoding.typical)
        case "top_p" if decoding.top_p is not None:
            return top_p(scores, decoding.top_p)
        case "min_p" if decoding.min_p is not None:
            return min_p(scores, decoding.min_p)
        case "penalties" if recent:
            repetition, frequency = decoding.repetition_penalty, decoding.frequency_penalty
            return penalised(scores, recent, repetition, frequency, decoding.presence_penalty)
    return scores


def non_finite_error(scores: NDArray[np.floating]) -> IntegrityError | None:
    """The error for logits (V,) of which some are not finite, or None if all are."""
    # If there is a NaN, argmax and argmin both find it, and it compares as false.
    if -math.inf < scores[scores.argmin()] and scores[scores.argmax()] < math.inf:
        return None
    bad = np.count_nonzero(~np.isfinite(scores))
    return IntegrityError(
        "The model gave no usable scores",
        f"{bad} of {scores.size} are not finite numbers",
        "Sample from an earlier checkpoint; `charlm runs show` lists them.",
    )

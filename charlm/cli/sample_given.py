"""The options of `charlm sample` as they were given, as one value, and what of them cannot be. Reads nothing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from charlm.cli.ranges import SEEDS, require_within
from charlm.config.device_names import check_device_option
from charlm.errors import UsageError
from charlm.sampling.excluding import CONSTRAINTS, EXCLUDED, MOST_TOGETHER, excluded_pair

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.checkpoint.moved import Moved
    from charlm.sampling.rules.decoding import Decoding

# In a session, a person takes the place of what follows.
ALONE = ("count", "as_json", "unique", "novel", "report", "show_probabilities", *CONSTRAINTS, "best_of", "beam")
NOT_TOGETHER: Mapping[str, Sequence[str]] = {
    "choose": ("interactive", *ALONE),
    "interactive": ALONE,
    **EXCLUDED,
    "between": ("near", "count"),
}


@dataclass(frozen=True)
class Given:
    """The parameters of the command by their names. None, or False, was not given."""

    run: str | None
    prompt: str | None
    prompt_file: str | None
    length: int | None
    count: int
    label: str | None
    cell_file: list[str] | None
    unique: bool
    novel: bool
    temperature: float
    top_k: int | None
    top_p: float | None
    min_p: float | None
    typical: float | None
    repetition_penalty: float
    frequency_penalty: float
    presence_penalty: float
    repetition_window: int
    no_repeat: int | None
    logit_bias: list[str] | None
    mirostat: int
    mirostat_ent: float
    mirostat_lr: float
    samplers: str | None
    regex: str | None
    only: str | None
    words: str | None
    utf8: bool
    max_copy: int | None
    report: bool
    moved: list[str] | None
    valid: list[str] | None
    test: list[str] | None
    best_of: int | None
    beam: int | None
    ensemble: list[str] | None
    show_probabilities: bool
    stop: list[str] | None
    seed: int | None
    unknown: Literal["skip", "error", "nearest"]
    adapt: str | None
    adapt_rate: float | None
    between: tuple[str, str] | None
    steps: int | None
    near: str | None
    device: str
    as_json: bool
    interactive: bool
    choose: bool

    @property
    def session(self) -> bool:
        """Whether a person answers."""
        return self.interactive or self.choose

    @property
    def stops(self) -> tuple[str, ...]:
        return tuple(self.stop or ())

    @property
    def of_latents(self) -> bool:
        """Whether something is asked that only a model with latent variables has."""
        return self.between is not None or self.near is not None

    def places(self) -> Moved:
        """Where the texts of the run are now, if they have moved."""
        from charlm.checkpoint.moved import Moved

        return Moved(self.moved or (), self.valid or (), self.test or ())

    def again(self, checkpoint: Checkpoint) -> str:
        """The command that reads the training text again, as far as that is why: a text that has moved comes after."""
        copies = [f"--max-copy {self.max_copy}"] if self.max_copy is not None else []
        flags = [_option(name) for name in ("report", "novel") if getattr(self, name)]
        return " ".join(["charlm sample", shlex.quote(self.run or checkpoint.run_name), *copies, *flags])

    def names(self) -> list[str]:
        """The parameters that were given and are no value of a rule; `--count 1` is what is written anyway."""
        return [name for name, value in vars(self).items() if not _is_absent(value) and (name, value) != ("count", 1)]

    def decoding(self) -> Decoding:
        """The rules for the next character, but for the biases, which need a vocabulary. Raises UsageError."""
        from charlm.sampling.rules.decoding import Decoding, read_samplers

        return Decoding(
            self.temperature, self.top_k, self.top_p, self.min_p, self.repetition_penalty, self.repetition_window,
            self.typical, self.mirostat, self.mirostat_lr, self.mirostat_ent, self.frequency_penalty,
            self.presence_penalty, self.no_repeat, samplers=read_samplers(self.samplers),
        )  # fmt: skip

    def biases(self) -> dict[str, float]:
        """The logit biases by character. Raises UsageError."""
        from charlm.sampling.rules.logit_bias import read_bias

        return dict(map(read_bias, self.logit_bias or ()))

    def settings(self, decoding: Decoding, length: int, ensemble: Sequence[str]) -> dict[str, Any]:
        """How the samples are written, as values for JSON: the decoding as it applies, the length, the other runs."""
        named = ("regex", "only", "words", "utf8", "max_copy", "best_of", "beam")
        return (
            asdict(replace(decoding, logit_bias={}))
            | {name: getattr(self, name) for name in named}
            | {"ensemble": list(ensemble), "logit_bias": self.biases(), "length": length}
            | {"stop": list(self.stops), "unknown": self.unknown}
        )

    def check(self) -> None:
        """Raise UsageError for a value out of range, for options that exclude each other, or that lack another one."""
        from charlm.cli.adapted import check_adapting

        _check_values(self)
        check_adapting(self.adapt, self.adapt_rate)
        if pair := excluded_pair(self.names(), NOT_TOGETHER):
            one, other = map(_option, pair)
            remedy = f"Leave {other} out, or leave {one} out."
            raise UsageError(f"{one} and {other} cannot go together", f"{one} {other}", remedy)
        if self.steps is not None and self.between is None:
            raise UsageError("--steps is for --between", f"--steps {self.steps}", "Give --between LINE LINE too.")
        if self.show_probabilities and not self.as_json:
            raise UsageError("--show-probabilities is for --json", "--show-probabilities", "Give --json too.")


def _check_values(given: Given) -> None:
    """Raise UsageError for a value out of range."""
    ranges = {
        "length": (0, 10**9, "from 0 to 1,000,000,000"),
        "count": (1, 10**6, "from 1 to 1,000,000"),
        "seed": SEEDS,
        "max_copy": (1, 2**63 - 1, "of characters, from 1 on"),
        "best_of": (1, MOST_TOGETHER, f"from 1 to {MOST_TOGETHER:,}"),
        "beam": (1, MOST_TOGETHER, f"from 1 to {MOST_TOGETHER:,}"),
        "steps": (2, 1000, "from 2 to 1,000"),
    }
    for name, (least, most, expected) in ranges.items():
        value = getattr(given, name)
        if value is not None:
            require_within(_option(name), value, least, most, expected)
    if "" in given.stops:
        remedy = "Give the text to stop before, or leave the option out."
        raise UsageError("--stop cannot be empty", "--stop ''", remedy)
    check_device_option(given.device)


def _is_absent(value: object) -> bool:
    return value is None or value is False


def _option(name: str) -> str:
    """What a parameter is called on the command line."""
    return "--json" if name == "as_json" else f"--{name.replace('_', '-')}"

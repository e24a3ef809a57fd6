"""What `charlm eval` reads a text with: a model that adapts, an ensemble, a mixture with an n-gram. No command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from charlm.adaptation.adapting import AdaptingModel
    from charlm.adaptation.rule import Rule
    from charlm.baselines.ngram import NGram
    from charlm.checkpoint import Checkpoint
    from charlm.display.waiting import Waiting
    from charlm.evaluation.mixing import Blend
    from charlm.evaluation.predicting import Predictor
    from charlm.text.corpus import Corpus
    from charlm.text.vocabulary import Ids

BlendName = Literal["mean", "log-linear"]
MixName = Literal["ngram", "ngram-counting"]
Adapt = Annotated[
    bool,
    typer.Option("--adapt", help="Learn from the text while reading it (dynamic evaluation); the checkpoint stays."),
]
AdaptRate = Annotated[
    float | None, typer.Option("--adapt-rate", metavar="X", help="How much is learned from each segment.")
]
AdaptQuick = Annotated[
    bool, typer.Option("--adapt-quick", help="Only the recurrent and the output weights learn; takes less time.")
]
FIT: Literal["fit"] = "fit"
FITTED_ON = "the end of the training part"
SLICE = 50_000  # characters that a temperature is fitted on, at most
NUMBERS = 1 << 23  # log-probabilities of the slice that are in memory, at most


@dataclass(frozen=True)
class Adapting:
    """How a model learns while it reads: the rate, None for the usual one, and whether only some weights do."""

    rate: float | None = None
    quick: bool = False

    def words(self) -> list[str]:
        """The options as they were given."""
        rate = [] if self.rate is None else ["--adapt-rate", str(self.rate)]
        return ["--adapt", *rate, *(["--adapt-quick"] if self.quick else [])]

    def values(self) -> dict[str, Any]:
        """For the protocol of a score."""
        from dataclasses import asdict

        return {"adapted": asdict(self.rule()) | {"weights": "recurrent and output" if self.quick else "all"}}

    def model(self, checkpoint: Checkpoint, train: Ids, end: int | None) -> AdaptingModel:
        """The checkpoint's model, which learns from what it reads; the checkpoint stays. `train` (N,) is the text that
        the scales of the rule come from."""
        from charlm.adaptation.adapting import AdaptingModel
        from charlm.adaptation.scales import gradient_scales

        rule = self.rule()
        scales = gradient_scales(checkpoint.model, train, rule.segment, self.quick)
        return AdaptingModel(checkpoint.model, scales, rule, end)

    def rule(self) -> Rule:
        from charlm.adaptation.rule import Rule

        return Rule() if self.rate is None else Rule(rate=self.rate)


@dataclass(frozen=True)
class Choice:
    """The options that say what a text is read with."""

    temperature: float | Literal["fit"] | None
    ensemble: tuple[str, ...]
    blend: BlendName
    mix: MixName | None
    order: int
    adapt: Adapting | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is the model alone, which can be scored in lanes."""
        return self.temperature is None and not self.ensemble and self.mix is None and self.adapt is None

    @property
    def reads_training(self) -> bool:
        return self.mix is not None or self.temperature == FIT or self.adapt is not None

    def words(self) -> tuple[str, ...]:
        """The options as they were given, to give them again."""
        import shlex

        given = [word for run in self.ensemble for word in ("--ensemble", shlex.quote(run))]
        given += ["--temperature", str(self.temperature)] if self.temperature is not None else []
        given += ["--blend", self.blend] if self.blend != "mean" else []
        given += self.adapt.words() if self.adapt else []
        return (*given, *(["--mix", self.mix, "--order", str(self.order)] if self.mix else []))


def adapting_of(adapt: bool, rate: float | None, quick: bool) -> Adapting | None:
    """The values of the options of adaptation. Raises UsageError if one of them cannot be."""
    from charlm.errors import UsageError

    check_rate(rate)
    if not adapt and (rate is not None or quick):
        option = "--adapt-quick" if quick else "--adapt-rate"
        raise UsageError(f"{option} says how a model adapts", option, f"Give --adapt {option}, or neither.")
    return Adapting(rate, quick) if adapt else None


def check_rate(rate: float | None) -> None:
    """Raise UsageError if a model cannot adapt at this rate."""
    import math

    from charlm.errors import UsageError

    if rate is not None and not 0 <= rate < math.inf:
        raise UsageError("--adapt-rate must be 0 or more", f"--adapt-rate {rate}", "0.001 is a usual rate.")


def temperature_of(given: str | None) -> float | Literal["fit"] | None:
    """The value of `--temperature`. Raises UsageError if it is neither `fit` nor a number above 0."""
    import math

    from charlm.errors import UsageError

    if given is None:
        return None
    if given == FIT:
        return FIT
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise UsageError(
            "--temperature must be `fit` or a number above 0", f"--temperature {given}", "1 leaves the model as it is."
        )
    return value


@dataclass(frozen=True)
class Reading:
    """A predictor, and the values that say what it is; the weights of the blends as they are when it has read."""

    predictor: Predictor
    about: dict[str, Any]
    blends: dict[str, Blend]

    def values(self) -> dict[str, Any]:
        return self.about | {name: blend.weights.tolist() for name, blend in self.blends.items()}


def new_reading(
    choice: Choice, checkpoints: Sequence[Checkpoint], own: Corpus | None, end: int | None, line: Waiting
) -> Reading:
    """What the choice describes. `checkpoints` are the model and those of its ensemble, `own` is the model's own text.

    Raises CheckpointError if the models have other symbols than the first.
    """
    from charlm.checkpoint.same_symbols import require_same_symbols
    from charlm.evaluation.beside_model import blend_beside, readers_beside
    from charlm.evaluation.mixing import Mixture
    from charlm.evaluation.temperature import Tempered

    for other in checkpoints[1:]:
        require_same_symbols(checkpoints[0], other)
    about: dict[str, Any] = {}
    blends: dict[str, Blend] = {}
    line.say("preparing to adapt" if choice.adapt else "reading the text")
    predictor, blend = _models(choice, checkpoints, own, end)
    about |= choice.adapt.values() if choice.adapt else {}
    if choice.temperature is not None:
        temperature = choice.temperature
        if isinstance(temperature, str):
            assert own is not None
            temperature = fitted_temperature(_models(choice, checkpoints, own, end)[0], own, line)
            about["temperature_fitted_on"] = FITTED_ON
        about["temperature"] = temperature
        predictor = Tempered(predictor, temperature)
    if blend is not None:
        about |= {"ensemble": [other.run_name for other in checkpoints[1:]], "blend": choice.blend}
        blends["blend_weights"] = blend
    if choice.mix is not None:
        assert own is not None
        counts = counted_ngram(own, choice.order, line)
        about |= {"mix": choice.mix, "order": choice.order}
        counting = choice.mix == "ngram-counting"
        blends["mix_weights"] = blend_beside(counting)
        predictor = Mixture([predictor, *readers_beside(counts, counting)], blends["mix_weights"])
    return Reading(predictor, about, blends)


def counted_ngram(own: Corpus, order: int, line: Waiting) -> NGram:
    """An n-gram that has counted the training part of a run's own text."""
    from charlm.baselines.ngram import new_ngram

    line.say("counting the training part")
    counts = new_ngram(order, own.vocabulary.size)
    counts.count(own.split("train"))
    return counts


def fitted_temperature(predictor: Predictor, own: Corpus, line: Waiting) -> float:
    """The temperature that suits the end of the training part best; the predictor has read nothing yet."""
    from charlm.display.progress import WatchedReading
    from charlm.evaluation.temperature import fit_on

    ids = own.split("train")[-min(SLICE, NUMBERS // own.vocabulary.size) :]
    return fit_on(predictor, ids, WatchedReading("fitting the temperature on", len(ids), line).done)


def _models(
    choice: Choice, checkpoints: Sequence[Checkpoint], own: Corpus | None, end: int | None
) -> tuple[Predictor, Blend | None]:
    """The model, or the models blended; they have read nothing."""
    from charlm.evaluation.mixing import Linear, LogLinear, Mixture, equal_weights
    from charlm.evaluation.predicting import ModelPredictor

    models: list[Predictor]
    if choice.adapt:
        assert own is not None
        models = [choice.adapt.model(checkpoint, own.split("train"), end) for checkpoint in checkpoints]
    else:
        models = [ModelPredictor(checkpoint.model, end) for checkpoint in checkpoints]
    if len(models) == 1:
        return models[0], None
    weights = equal_weights(len(models))
    blend: Blend = LogLinear(weights) if choice.blend == "log-linear" else Linear(weights)
    return Mixture(models, blend), blend

"""`charlm inspect`: what goes on inside trained models. Wires and prints; what is measured is worked out elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.display.output import print_columns, print_json

if TYPE_CHECKING:
    import numpy as np

    from charlm.checkpoint import Checkpoint
    from charlm.inspection.gates import GateShares
    from charlm.inspection.gradients import GradientNorms
    from charlm.model.language_model import LanguageModel

app = typer.Typer(no_args_is_help=True)

SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # distances in the table; --json has all
FARTHEST, MOST_POSITIONS = 10_000, 10_000

Runs = Annotated[
    list[str] | None, typer.Argument(metavar="[RUN ...]", help="Names, folders or checkpoints; none: the latest run.")
]
Given = Annotated[
    str | None, typer.Option("--text", metavar="FILE|CORPUS", help="A text to read; none: each run's own valid split.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="The same for each network as it was before training.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Picture = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE.png", help="Where to draw it; none: beside the run, if it is one."),
]


@app.callback()
def _group() -> None:
    """Look inside a trained model."""


@dataclass(frozen=True, eq=False)
class Looked:
    """A run, and the text (N,) that it is looked at on."""

    checkpoint: Checkpoint
    text: str
    ids: np.ndarray

    @property
    def about(self) -> dict[str, Any]:
        return {
            "run": self.checkpoint.run_name,
            "step": self.checkpoint.step,
            "model": self.checkpoint.settings.model.in_short(),
            "text": self.text,
        }

    @property
    def before_training(self) -> LanguageModel:
        """The model as the run's seed made it."""
        from charlm.model.language_model import LanguageModel
        from charlm.model.parameters import initial_parameters
        from charlm.randomness import named_stream

        settings = self.checkpoint.settings
        rng = named_stream(settings.training.seed, "weights")
        return LanguageModel(settings.model, initial_parameters(settings.model, self.checkpoint.vocabulary.size, rng))


@app.command("gradients")
def gradients(
    runs: Runs = None,
    text: Given = None,
    distance: Annotated[int, typer.Option(help="How many characters to look back.")] = 100,
    positions: Annotated[int, typer.Option(help="Places in the text to look back from.")] = 128,
    fresh: Fresh = False,
    as_json: Json = False,
    picture: Picture = None,
) -> None:
    """How far back a loss is felt: the norm of its gradient with respect to the input k characters before."""
    from charlm.inspection.gradients import gradient_norms

    _check("--distance", distance, 1, FARTHEST)
    _check("--positions", positions, 1, MOST_POSITIONS)
    looked = _look_at(runs, text)

    def measured(model: LanguageModel, ids: np.ndarray) -> GradientNorms:
        return gradient_norms(model, ids, distance, positions)

    trained = [measured(each.checkpoint.model, each.ids) for each in looked]
    before = [measured(each.before_training, each.ids) if fresh else None for each in looked]
    if as_json:
        found = [
            each.about | {"trained": _curve(after), "fresh": _curve(start) if start else None}
            for each, after, start in zip(looked, trained, before, strict=True)
        ]
        print_json({"distance": distance, "runs": found})
    else:
        _say_texts(looked)
        print_columns(_norms_table(looked, trained, before, distance))

    def draw(path: Path) -> None:
        from charlm.display.inspection_plots import plot_gradients

        plot_gradients([each.checkpoint.run_name for each in looked], trained, before, path)

    _draw(draw, looked, picture, "gradients.png")


@app.command("gates")
def gates(
    runs: Runs = None, text: Given = None, fresh: Fresh = False, as_json: Json = False, picture: Picture = None
) -> None:
    """How much of the time each gate is nearly shut (under 0.1) or nearly open (over 0.9)."""
    from charlm.display.printing import say
    from charlm.inspection.gates import HIGH, LOW, gate_shares

    looked = _look_at(runs, text)
    trained = [gate_shares(each.checkpoint.model, each.ids) for each in looked]
    before = [gate_shares(each.before_training, each.ids) if fresh else () for each in looked]
    if as_json:
        found = [
            each.about | {"trained": [*map(asdict, after)], "fresh": [*map(asdict, start)] if fresh else None}
            for each, after, start in zip(looked, trained, before, strict=True)
        ]
        print_json({"low": LOW, "high": HIGH, "runs": found})
    else:
        _say_texts(looked)
        if any(trained):
            print_columns(_shares_table(looked, trained, before))
    for each, after in zip(looked, trained, strict=True):
        if not after:
            say(f"{each.checkpoint.run_name} has no gates: it is {each.checkpoint.settings.model.in_short()}")

    def draw(path: Path) -> None:
        from charlm.display.inspection_plots import plot_gates

        plot_gates([each.checkpoint.run_name for each in looked], trained, before, path)

    if any(trained):
        _draw(draw, looked, picture, "gates.png")


def _look_at(runs: list[str] | None, text: str | None) -> list[Looked]:
    return [_look(run, text) for run in runs] if runs else [_look(None, text)]


def _look(run: str | None, text: str | None) -> Looked:
    """Open a run, and its own valid split or the text that was given; say what a person should know of it."""
    from charlm.checkpoint import load_checkpoint
    from charlm.checkpoint.reopening import reopen_text
    from charlm.display.printing import say
    from charlm.errors import TextError
    from charlm.runs import find_checkpoint, runs_root
    from charlm.text.corpus import open_corpus

    checkpoint = load_checkpoint(find_checkpoint(runs_root(), run))
    settings, remedy = checkpoint.settings.text, f"Give a text: --text FILE with {checkpoint.run_name}"
    if checkpoint.settings.text.records:
        say(f"{checkpoint.run_name} reads records; here they are read as one stream, and the state is carried over")
    if text:
        corpus = open_corpus(settings.model_copy(update={"sources": (text,)}), checkpoint.vocabulary, "skip")
        if corpus.unknown:
            say(f"{sum(corpus.unknown.values()):,} characters that {checkpoint.run_name} does not know were left out")
        return Looked(checkpoint, corpus.name, corpus.ids)
    try:
        corpus = reopen_text(checkpoint, remedy)
    except TextError as error:
        raise TextError(error.what, error.where, remedy) from None
    return Looked(checkpoint, f"{corpus.name}, valid split", corpus.split("valid"))


def _check(option: str, value: int, least: int, most: int) -> None:
    from charlm.errors import UsageError

    if not least <= value <= most:
        raise UsageError(f"{option} is a number from {least} to {most:,}", f"{option} {value}", "Give one of those.")


def _curve(norms: GradientNorms) -> dict[str, Any]:
    """What is known of the norms, for JSON; lists have an item for each distance from 0 on."""
    lower, median, upper = norms.quartiles.tolist()
    return {
        "positions": norms.positions,
        "median": median,
        "lower_quartile": lower,
        "upper_quartile": upper,
        "factor_per_character": norms.factor,
        "half_distance": norms.half_distance,
        "vanished_at": norms.vanished_at,
    }


def _norms_table(
    looked: Sequence[Looked], trained: Sequence[GradientNorms], before: Sequence[GradientNorms | None], distance: int
) -> list[tuple[str, ...]]:
    """A row a network: the median norm at some distances, and how it falls, in words."""
    shown = sorted({k for k in SHOWN if k < distance} | {distance})
    rows = [("k", *map(str, shown), "from one character to the one before")]
    for each, after, start in zip(looked, trained, before, strict=True):
        name = each.checkpoint.run_name
        for label, norms in ((name, after), (f"{name}, fresh", start)):
            if norms:
                rows.append((label, *(f"{norms.median[k]:.1e}" for k in shown), _in_words(norms)))
    return rows


def _in_words(norms: GradientNorms) -> str:
    from charlm.inspection.gradients import VANISHED

    factor, half = norms.factor, norms.half_distance
    words = [] if factor is None else [f"x {factor:.3f}"]
    words += [] if half is None else [f"halves every {half:.1f}"]
    words += [] if norms.vanished_at is None else [f"under {VANISHED:.0e} from k = {norms.vanished_at} on"]
    return ", ".join(words) or "too few distances to say"


def _shares_table(
    looked: Sequence[Looked], trained: Sequence[Sequence[GateShares]], before: Sequence[Sequence[GateShares]]
) -> list[tuple[str, ...]]:
    heading = ("under 0.1", "between", "over 0.9")
    rows = [("run", "layer", "gate", *heading, *(f"fresh: {word}" for word in heading if any(before)))]
    for each, after, starts in zip(looked, trained, before, strict=True):
        for number, gate in enumerate(after):
            beside = _percent(starts[number]) if starts else ()
            rows.append((each.checkpoint.run_name, str(gate.layer), gate.gate, *_percent(gate), *beside))
    return rows


def _percent(gate: GateShares) -> tuple[str, str, str]:
    return f"{gate.low:.1%}", f"{gate.between:.1%}", f"{gate.high:.1%}"


def _draw(draw: Any, looked: Sequence[Looked], picture: Path | None, name: str) -> None:
    """Draw where it was asked for; beside a run that was looked at alone, if that can be done."""
    from importlib.util import find_spec

    from charlm.display.printing import say
    from charlm.errors import UsageError

    folder = looked[0].checkpoint.folder.resolve()
    if picture is None and (len(looked) > 1 or not folder.name.startswith("step-") or not find_spec("matplotlib")):
        return
    path = picture or folder.parent / name
    try:
        draw(path)
    except OSError as error:
        if picture:
            raise UsageError(
                f"The picture cannot be written: {error.strerror}", str(path), "Name another file after --plot."
            ) from None
        return
    say(f"drawn in {path}")


def _say_texts(looked: Sequence[Looked]) -> None:
    from charlm.display.printing import say

    for text in dict.fromkeys(each.text for each in looked):
        say(f"read: {text}")

"""The models that `charlm inspect` looks into, each with a text to read, and the options that its commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.completing import complete_corpus, complete_run
from charlm.cli.opening import open_named
from charlm.display.printing import print_stderr

if TYPE_CHECKING:
    import numpy as np

    from charlm.checkpoint import Checkpoint
    from charlm.model.language_model import LanguageModel

Runs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN", help="Runs, folders or checkpoints. Default: the latest run.", autocompletion=complete_run
    ),
]
Text = Annotated[
    str | None,
    typer.Option(
        "--text",
        metavar="FILE|CORPUS",
        help="A text to read. Default: each run's valid split.",
        autocompletion=complete_corpus,
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Also inspect each network as it was before training.")]
Picture = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE.png", help="Where to draw. Default: in the run's folder, if it is one run."),
]


@dataclass(frozen=True, eq=False)
class Subject:
    """A trained model, and the ids (N,) of the text that it reads."""

    checkpoint: Checkpoint
    text: str
    ids: np.ndarray

    @property
    def name(self) -> str:
        return self.checkpoint.run_name

    @property
    def end(self) -> int | None:
        """The id that ends a record; None if the model knows none."""
        return self.checkpoint.record_end

    @property
    def about(self) -> dict[str, Any]:
        return {
            "run": self.name,
            "step": self.checkpoint.step,
            "model": self.checkpoint.settings.model.in_short(),
            "text": self.text,
        }

    @property
    def before_training(self) -> LanguageModel:
        """The model as the run's seed initialised it."""
        from charlm.model.language_model import LanguageModel
        from charlm.model.parameters import initial_parameters
        from charlm.randomness import named_stream

        settings = self.checkpoint.settings
        rng = named_stream(settings.training.seed, "weights")
        return LanguageModel(settings.model, initial_parameters(settings.model, self.checkpoint.vocabulary.size, rng))


def open_subjects(command: str, runs: list[str] | None, text: str | None) -> list[Subject]:
    command = f"charlm inspect {command}"
    return [open_one(f"{command} {{run}} --text {{text}}", command, run, text, "--text ") for run in runs or (None,)]


def open_one(for_a_text: str, command: str, run: str | None, text: str | None, option: str = "") -> Subject:
    """Open a run, and the text that was given or the run's valid split; print what the user should know about it.

    `for_a_text` is as in `open_named`; `option` is what comes before a text in this command.
    """
    import shlex

    from charlm.checkpoint.moved import OPTIONS
    from charlm.checkpoint.other_text import open_other_text
    from charlm.checkpoint.reopening import reopen_text

    checkpoint = open_named(run, for_a_text)
    name = checkpoint.run_name
    if text:
        corpus = open_other_text(checkpoint, [text])
        if corpus.unknown:
            fate = "left out" if checkpoint.vocabulary.unknown_id is None else "read as its unknown symbol"
            print_stderr(f"{sum(corpus.unknown.values()):,} characters that {name} does not know were {fate}")
        return Subject(checkpoint, corpus.name, corpus.ids)
    # a split of its own may be what is gone; --text names any text
    again = f"{command} {shlex.quote(run or name)}"
    corpus = reopen_text(checkpoint, again, options=dict.fromkeys(OPTIONS, f"{option}FILE"))
    return Subject(checkpoint, f"{corpus.name}, valid split", corpus.split("valid"))


def check_range(option: str, value: int, least: int, most: int) -> None:
    from charlm.errors import UsageError

    if not least <= value <= most:
        limits = f"from {least} to {most:,}"
        raise UsageError(f"{option} must be a number {limits}", f"{option} {value}", f"Give a number {limits}.")


def draw_picture(draw: Callable[[Path], None], subjects: Sequence[Subject], picture: Path | None, name: str) -> None:
    """Draw where the user asked for it; without --plot in the folder of the run, if it is one run and that works."""
    from charlm.display.figures import has_matplotlib
    from charlm.errors import UsageError

    folder = subjects[0].checkpoint.folder.resolve()
    if picture is None and (len(subjects) > 1 or not folder.name.startswith("step-") or not has_matplotlib()):
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
    print_stderr(f"drawn in {path}")


def print_texts(subjects: Sequence[Subject]) -> None:
    for text in dict.fromkeys(subject.text for subject in subjects):
        print_stderr(f"read: {text}")

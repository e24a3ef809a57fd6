"""The library's front door: load, train, sample and score, each in one call. Its names are `charlm.load` and so on.

What a name of a run, a folder or a checkpoint means is what it means on the command line. Knows no terminal.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from charlm.checkpoint import Checkpoint
from charlm.checkpoint import load_checkpoint as load_folder
from charlm.evaluation.score import Score
from charlm.runs import find_checkpoint, runs_root
from charlm.sampling.decoding import Decoding
from charlm.training.experiment import Training


def load(run: str | Path | None = None) -> Checkpoint:
    """A trained model: of a run by its name, a run's folder or a checkpoint's; None is the latest run.

    Raises CheckpointError if there is none, IntegrityError if its files are not what was written.
    """
    return load_folder(find_checkpoint(runs_root(), None if run is None else str(run)))


def train(*texts: str | Path, config: str | None = None, run: str | None = None, **settings: Any) -> Training:
    """A training, ready to be iterated over: `for event in charlm.train("book.txt", steps=500): ...`

    `texts` are files, folders, globs or names of corpora; none is the embedded corpus. `config` is a preset's name or
    a YAML file. `settings` are named as on the command line, with two underscores for the dot: `model__hidden_size=64`;
    the bare `steps`, `epochs`, `budget`, `device` and `seed` are those of `training`. Raises UsageError for a setting
    that cannot be, TextError for a text that cannot be read.
    """
    from charlm.cells.table import stack_problems
    from charlm.config.resolving import resolve
    from charlm.training.experiment import begin

    options = {_dotted(name): value for name, value in settings.items()}
    if texts:
        options["text.sources"] = [str(text) for text in texts]
    return begin(resolve(config, (), options, [stack_problems]).settings, run)


def sample(
    model: Checkpoint | str | Path | None = None,
    prompt: str = "",
    *,
    length: int = 200,
    seed: int | None = None,
    decoding: Decoding | None = None,
) -> str:
    """`length` characters that go on from the prompt; fewer if a model of records ends its record.

    The same seed gives the text that `charlm sample --seed` writes. Raises IntegrityError if the model's scores are
    not finite.
    """
    from charlm.engines.choosing import stepper
    from charlm.randomness import fresh_seed
    from charlm.sampling.writing import write_text

    checkpoint = model if isinstance(model, Checkpoint) else load(model)
    return write_text(
        stepper(checkpoint.model),
        checkpoint.vocabulary,
        prompt,
        decoding,
        length=length,
        seed=fresh_seed() if seed is None else seed,
        records=checkpoint.settings.text.records,
    )


def score(model: Checkpoint | str | Path | None, text: str) -> Score:
    """The exact score of a text's characters: nats, bits per character, perplexity.

    Characters that the model does not know are left out. Raises TextError if fewer than two characters remain.
    """
    from charlm.errors import TextError
    from charlm.evaluation.scorers import NumpyScorer
    from charlm.evaluation.text import score_ids

    checkpoint = model if isinstance(model, Checkpoint) else load(model)
    ids = checkpoint.vocabulary.encode(text, "skip").ids
    if ids.size < 2:
        raise TextError("The text has under two characters to score", "charlm.score", "Give a longer text.")
    return score_ids(NumpyScorer(checkpoint.model), ids, checkpoint.vocabulary, checkpoint.settings.text.records)


def _dotted(name: str) -> str:
    """The setting's name in YAML: `training.steps` for `steps` or `training__steps`."""
    dotted = name.replace("__", ".")
    return dotted if "." in dotted else f"training.{dotted}"

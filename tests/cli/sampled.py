"""Made-up models to sample from, and `charlm sample` in this process and in one of its own."""

from __future__ import annotations

import json
import sys

import numpy as np
from command_line import in_this_process

from charlm.checkpoint import Scores, write_checkpoint
from charlm.checkpoint.contents import TextIdentity
from charlm.config.settings import Settings
from charlm.model.parameters import parameter_shapes
from charlm.text.vocabulary import UNKNOWN, Vocabulary

CHARLM = (sys.executable, "-m", "charlm")
LETTERS = "abcdefghijklmnopqrstuvwxyz ,.'ABC\n"


def make(
    root, name, symbols=LETTERS, unit="character", records=False, loudness=0.5, hidden_size=16, rare=False, extra=()
):
    """A run with one checkpoint of random weights. If `rare`, it has an unknown symbol, by far its likeliest one."""
    settings = Settings.model_validate(
        {"text": {"unit": unit, "records": records}, "model": {"hidden_size": hidden_size, "num_layers": 2}}
    )
    vocabulary = Vocabulary(tuple(sorted({*Vocabulary.of(symbols, unit).symbols, *extra})), unit)
    if rare:
        vocabulary = Vocabulary((UNKNOWN, *vocabulary.symbols), unit)
    random = np.random.default_rng(0)
    (root / name).mkdir(parents=True)
    parameters = {
        key: random.uniform(-loudness, loudness, shape).astype(np.float32)
        for key, shape in parameter_shapes(settings.model, vocabulary.size).items()
    }
    if rare:
        parameters["head.bias"][0] = 50
    write_checkpoint(
        root / name / "step-20",
        step=20,
        settings=settings,
        vocabulary=vocabulary,
        text=TextIdentity(name="made up", sha256="0" * 64, characters=9),
        scores=Scores(),
        parameters=parameters,
        training={},
        training_arrays={},
    )
    return root / name / "step-20"


def run(*arguments, stdin=b"", code=0, **environment):
    """The command line within this process: what it wrote, once it ended with that exit code."""
    done = in_this_process("sample", *arguments, env=environment, stdin=stdin)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    return done


def in_json(*arguments, **options):
    return json.loads(run(*arguments, "--json", **options).stdout)

"""One checkpoint, model, stepper and scorer used by several threads at once: the results are those of one thread.

    python sharing.py MODELS CALLS [LIBRARY]   8 threads, that many calls each of each model, named with commas between
                                               them; LIBRARY is a file of kernels to load

A job is a name and a function without arguments that gives a plain value. As a program it imports no torch.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import numpy as np

import charlm
from charlm.checkpoint import Checkpoint, Scores
from charlm.checkpoint.contents import TextIdentity
from charlm.config.settings import Settings
from charlm.engines.choosing import stepper
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import score_ids
from charlm.inspection.gates import gate_shares
from charlm.model.parameters import initial_parameters
from charlm.sampling.loop.generation import read
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writing import Wanted, write_samples, write_text
from charlm.text.vocabulary import Vocabulary

THREADS = 8
LETTERS = "abcdefghijklm .\n"
TEXT = "a cable.\na bed\n"
RULES = Decoding(temperature=1.0, top_k=9, repetition_penalty=1.2)
MODELS: dict[str, dict[str, object]] = {
    "lstm": {"num_layers": 2},
    "gru": {"cell": "gru", "hidden_size": 8},
    "grid over lstm": {"layers": [{"cell": "lstm", "hidden_size": 8}, {"cell": "grid", "hidden_size": 8}]},
    "by hand": {"layers": [{"cell": name, "hidden_size": 8} for name in ("matrix_lstm", "gated_delta", "ntm")]},
    "attention": {"hidden_size": 8, "num_layers": 1, "attention": {"window": 4}},
    "blocks": {"hidden_size": 8, "residual": True, "block": {"norm": "rms", "conv": 4, "gate": True, "mlp": 1}},
}

Job = Callable[[], object]


def checkpoint(**model) -> Checkpoint:
    """A model of random weights, as if it were opened from a folder."""
    settings = Settings.model_validate({"model": {"hidden_size": 64, **model}})
    vocabulary = Vocabulary.of(LETTERS)
    parameters = initial_parameters(settings.model, vocabulary.size, np.random.default_rng(1))
    identity = TextIdentity(name="made up", sha256="0" * 64, characters=9)
    louder = {name: 3 * value for name, value in parameters.items()}
    return Checkpoint(Path("step-1"), 1, settings, vocabulary, identity, Scores(), {}, louder)


def sampling(shared: Checkpoint) -> dict[str, Job]:
    """Calls that write with one stepper, and that make a stepper of one checkpoint."""
    model, vocabulary = stepper(shared.model), shared.vocabulary
    after = read(model, [3, 1, 2])

    def several(count: int) -> list[str]:
        samples = write_samples(model, vocabulary, after, Wanted(Decoding(), 2), 5, range(count))
        return ["".join(fragment.text for fragment in sample) for sample in samples]

    def stepped(rows: int) -> bytes:
        logits, state = model.step(np.arange(rows) % vocabulary.size, model.fresh(rows))
        return logits.tobytes() + b"".join(part.tobytes() for layer in state for part in layer)

    return {
        "a text": lambda: write_text(model, vocabulary, "a b", length=9, seed=1),
        "another text": lambda: write_text(model, vocabulary, "", length=5, seed=2),
        "a text by rules": lambda: write_text(model, vocabulary, "jam", RULES, length=3, seed=3),
        "3 samples": partial(several, 3),
        "9 samples": partial(several, 9),
        "a step of 2": partial(stepped, 2),
        "a step of 30": partial(stepped, 30),
        "charlm.sample": lambda: charlm.sample(shared, "a", length=4, seed=4),
    }


def scoring(shared: Checkpoint) -> dict[str, Job]:
    """Calls that score a text, and that inspect the model while it reads it."""
    scorer, ids = NumpyScorer(shared.model), shared.vocabulary.encode(TEXT, "skip").ids
    return {
        "scorer": lambda: score_ids(scorer, ids, None),
        "scorer of records": lambda: score_ids(scorer, ids, shared.vocabulary.newline),
        "charlm.score": lambda: charlm.score(shared, TEXT),
        "gates": lambda: gate_shares(shared.model, ids[:4]),
    }


def with_torch(shared: Checkpoint) -> dict[str, Job]:
    """Calls that use torch."""
    import torch

    from charlm.evaluation.scorers import TorchScorer
    from charlm.inspection.gradients import gradient_norms
    from charlm.model.language_model import LanguageModel

    ids = shared.vocabulary.encode(TEXT, "skip").ids
    tensors = {name: torch.tensor(value) for name, value in shared.parameters.items()}
    scorer = TorchScorer(LanguageModel(shared.settings.model, tensors))
    return {
        "scorer with torch": lambda: score_ids(scorer, ids, None),
        "gradients": lambda: gradient_norms(shared.model, ids[:12], 3, 2).norms.tobytes(),
    }


def wrong(jobs: dict[str, Job], calls: int) -> list[str]:
    """The jobs that gave another result on one of the threads, or raised an error, once for each call."""
    alone, names, together = {name: job() for name, job in jobs.items()}, list(jobs), Barrier(THREADS)

    def work(thread: int) -> list[str]:
        together.wait()
        found = []
        for call in range(calls):
            name = names[(call * 7 + thread) % len(names)]
            try:
                if jobs[name]() != alone[name]:
                    found.append(name)
            except Exception as error:
                found.append(f"{name}: {error!r}")
        return found

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            return [name for found in pool.map(work, range(THREADS)) for name in found]
    finally:
        sys.setswitchinterval(interval)


def main(names: str, calls: int, compiled: str = "") -> None:
    if compiled:
        file = importlib.import_module("charlm.kernels.library")
        file.library_path = lambda level: Path(compiled)
        assert file.library()._name == compiled
    for name in names.split(","):
        shared = checkpoint(**MODELS[name])
        found = wrong(sampling(shared) | scoring(shared), calls)
        if found:
            raise SystemExit(f"{name}: {len(found)} wrong: {sorted(set(found))}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])

"""A few real updates and a real sample: whether this device learns, how fast, and with which engines.

Knows no files and no terminal.
"""

from __future__ import annotations

import dataclasses
import math
import sys
import time
from collections.abc import Sequence

from charlm.config.settings import ModelSettings, Settings, TrainingSettings
from charlm.device import Compute, choose_compute
from charlm.diagnosis.finding import Finding, from_error
from charlm.engines.choosing import engines_of
from charlm.errors import CharlmError, UsageError
from charlm.text.corpus import Corpus
from charlm.text.lanes import Lanes
from charlm.text.vocabulary import Vocabulary

WORDS = "the owl went out to look for mice, the mice went out to look for rice. " * 40
UPDATES = 12
RATE = 1e-2
TIMED_UPDATES = 4
PATIENCE = 5  # seconds after which fewer will do
SAMPLE_LENGTH = 20


def try_device(device: str) -> tuple[Compute | None, list[Finding]]:
    """A tiny model trained for a moment and sampled from. None and a bad finding where that cannot be."""
    try:
        compute = choose_compute(device)
    except CharlmError as error:
        return None, [from_error("device", error)]
    try:
        device_finding = _learnt(compute)
    except RuntimeError as error:  # what torch raises for a driver, a kernel or memory that fails
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        remedy = "Try --device cpu; if that works, look at the driver and at the build of torch."
        failed = Finding("device", "bad", f"{compute.name}: {reason}", remedy, exit_code=UsageError.exit_code)
        return None, [failed]
    return compute, [device_finding, precision(compute)]


def _learnt(compute: Compute) -> Finding:
    from charlm.model.language_model import LanguageModel
    from charlm.model.stepping import DefinitionStepper
    from charlm.sampling.decoding import Decoding
    from charlm.sampling.generation import generate, random_stream, read
    from charlm.training.trainer import Trainer

    settings = Settings(
        model=ModelSettings(hidden_size=24, num_layers=1), training=TrainingSettings(batch_size=4, seq_len=24)
    )
    vocabulary = Vocabulary.of(WORDS)
    reader = Lanes(vocabulary.encode(WORDS).ids, 4, 24)
    began = time.perf_counter()
    trainer = Trainer(settings, vocabulary.size, reader.batch_size, compute)
    losses = [trainer.update(reader, position, RATE).nats for position in range(UPDATES)]
    stepper = DefinitionStepper(LanguageModel(settings.model, trainer.parameters()))
    drawn = list(generate(stepper, read(stepper, [0]), Decoding(), SAMPLE_LENGTH, random_stream(1, 0)))
    seconds = time.perf_counter() - began
    facts = {
        "device": compute.device,
        "name": compute.name,
        "first_nats": losses[0],
        "last_nats": losses[-1],
        "sampled_characters": len(drawn),
        "seconds": round(seconds, 3),
    }
    what = (
        f"{compute.device}, {compute.name}: {UPDATES} small updates took the loss from {losses[0]:.2f} to "
        f"{losses[-1]:.2f} nats, {len(drawn)} characters were sampled, in {seconds:.2f} s"
    )
    if not (all(map(math.isfinite, losses)) and losses[-1] < losses[0] and len(drawn) == SAMPLE_LENGTH):
        remedy = "This device computes wrongly: use --device cpu, and look at the build of torch."
        return Finding("device", "bad", what, remedy, facts, UsageError.exit_code)
    return Finding("device", "ok", what, facts=facts)


def precision(compute: Compute) -> Finding:
    """What `training.precision=auto` means here, and on how many threads."""
    why = {
        "fp32": "bf16 would not be faster on this device",
        "bf16": "this device multiplies it natively",
        "fp16": "this card has no bf16",
    }[compute.precision]
    what = f"auto is {compute.precision}: {why}; {compute.threads} processor thread{'s' * (compute.threads > 1)}"
    return Finding("precision", "ok", what, facts={"precision": compute.precision, "threads": compute.threads})


def engines(model_settings: ModelSettings, compute: Compute) -> Finding:
    """The engine of each job, for a model of these settings on this device."""
    found = engines_of(model_settings, compute)
    train = _by_layer(found.train) + " in a CUDA graph" * found.captured
    step = " and ".join(dict.fromkeys((found.step, found.step_many)))
    what = f"train: {train}; score: {_by_layer(found.score)}; sample: {step}"
    return Finding("engines", "ok", what, facts=dataclasses.asdict(found))


def _by_layer(engines_of_layers: Sequence[str]) -> str:
    """One name if all layers have the same engine; else those of the layers, from the lowest up."""
    return ", ".join(engines_of_layers if len(set(engines_of_layers)) > 1 else engines_of_layers[:1])


def characters_per_second(settings: Settings, corpus: Corpus, compute: Compute) -> float:
    """Of real updates on this text with these settings, the best of a few: the first one is never the fastest,
    and others may use the machine."""
    from charlm.training.plan import train_reader
    from charlm.training.trainer import Trainer

    reader = train_reader(settings, corpus)
    trainer = Trainer(settings, corpus.vocabulary.size, reader.batch_size, compute)
    speeds: list[float] = []
    started = time.perf_counter()
    while len(speeds) < TIMED_UPDATES and (len(speeds) < 2 or time.perf_counter() - started < PATIENCE):
        began = time.perf_counter()
        result = trainer.update(reader, len(speeds), RATE)
        speeds.append(result.characters / (time.perf_counter() - began))
    return max(speeds)


def peak_memory() -> int | None:
    """Bytes that this process has held at most, torch included; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024

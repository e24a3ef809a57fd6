"""A few real updates and a real sample: whether a device learns, and how fast. Knows no files and no terminal."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence

from charlm.config.settings import ModelSettings, Settings, TrainingSettings
from charlm.device import Compute, choose_compute
from charlm.diagnosis.finding import Finding, finding_from_error
from charlm.engines.choices import engines_of
from charlm.engines.stream_block import can_run_blocks
from charlm.errors import CharlmError, UsageError
from charlm.evaluation.score import in_bits
from charlm.model.block import build_blocks
from charlm.text.lanes import Lanes
from charlm.text.vocabulary import Vocabulary

WORDS = "the owl went out to look for mice, the mice went out to look for rice. " * 40
UPDATES = 12
RATE = 1e-2
SAMPLE_LENGTH = 20


def try_device(device: str) -> tuple[Compute | None, list[Finding]]:
    """Train a tiny model for a moment and sample from it. If that fails, None and a bad finding."""
    try:
        compute = choose_compute(device)
    except CharlmError as error:
        return None, [finding_from_error("device", error)]
    try:
        device_finding = _train_and_sample(compute)
    except RuntimeError as error:  # raised by torch if a driver, a kernel or an allocation fails
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        remedy = "Try --device cpu. If that works, check the driver and the build of torch."
        failed = Finding("device", "bad", f"{compute.name}: {reason}", remedy, exit_code=UsageError.exit_code)
        return None, [failed]
    return compute, [device_finding, explain_precision(compute)]


def _train_and_sample(compute: Compute) -> Finding:
    from charlm.engines.choosing import stepper
    from charlm.model.language_model import LanguageModel
    from charlm.sampling.writing import write_text
    from charlm.training.trainer import Trainer

    settings = Settings(
        model=ModelSettings(hidden_size=24, num_layers=1), training=TrainingSettings(batch_size=4, seq_len=24)
    )
    vocabulary = Vocabulary.of(WORDS)
    reader = Lanes(vocabulary.encode(WORDS).ids, 4, 24)
    began = time.perf_counter()
    trainer = Trainer(settings, vocabulary.size, reader.batch_size, compute)
    losses = [trainer.update(reader, position, RATE).nats for position in range(UPDATES)]
    model = LanguageModel(settings.model, trainer.parameters())
    text = write_text(stepper(model), vocabulary, length=SAMPLE_LENGTH, seed=1)
    seconds = time.perf_counter() - began
    facts = {
        "device": compute.device,
        "name": compute.name,
        "first_nats": losses[0],
        "last_nats": losses[-1],
        "sampled_characters": len(text),
        "seconds": round(seconds, 3),
    }
    first, last = in_bits(losses[0]), in_bits(losses[-1])
    what = (
        f"{compute.device}, {compute.name}: {UPDATES} small updates changed the loss from {first:.2f} to {last:.2f} "
        f"bits per character, and {len(text)} characters were sampled, in {seconds:.2f} s"
    )
    if not (all(map(math.isfinite, losses)) and losses[-1] < losses[0] and len(text) == SAMPLE_LENGTH):
        remedy = "This device computes wrong results. Use --device cpu, and check the build of torch."
        return Finding("device", "bad", what, remedy, facts, UsageError.exit_code)
    return Finding("device", "ok", what, facts=facts)


def explain_precision(compute: Compute) -> Finding:
    """What `training.precision=auto` means on this device, and the number of threads."""
    reason = {
        "fp32": "bf16 would not be faster on this device",
        "bf16": "this device multiplies bf16 natively",
        "fp16": "this GPU does not have bf16",
    }[compute.precision]
    threads = f"{compute.threads} processor thread{'s' * (compute.threads > 1)}"
    what = f"auto is {compute.precision}, because {reason}; {threads}"
    return Finding("precision", "ok", what, facts={"precision": compute.precision, "threads": compute.threads})


def explain_engines(model_settings: ModelSettings, compute: Compute) -> Finding:
    """The engine of each job, for a model of these settings on this device."""
    found = engines_of(model_settings, compute)
    train = _by_layer(found.train) + " in a CUDA graph" * found.captured
    step = " and ".join(dict.fromkeys(map(_by_layer, (found.step, found.step_many))))
    step += ", with attention as its definition" * bool(model_settings.attention.window)
    step += ", with blocks as their definition" * (not can_run_blocks(build_blocks(model_settings)))
    what = "; ".join((f"train: {train}; score: {_by_layer(found.score)}; sample: {step}", *found.notes))
    return Finding("engines", "ok", what, facts=dataclasses.asdict(found))


def _by_layer(engines_of_layers: Sequence[str]) -> str:
    """One name if all layers have the same engine; else those of the layers, from the lowest up."""
    return ", ".join(engines_of_layers if len(set(engines_of_layers)) > 1 else engines_of_layers[:1])

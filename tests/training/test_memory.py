"""The memory of a training: laws of the estimate, what is refused, and the estimate against measured peaks."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.errors import UsageError
from charlm.text.lanes import Lanes
from charlm.training import memory

CPU = Compute("cpu", "fp32", "a CPU", 1)


def settings_for(training=None, **model):
    return Settings.model_validate({"model": model, "training": training or {}})


def estimate(batch_size=32, seq_len=64, vocab_size=100, training=None, **model):
    return memory.estimate_bytes(settings_for(training, **model), vocab_size, batch_size, seq_len)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["lstm", "gru", "rnn"]),
    st.integers(1, 512), st.integers(1, 512), st.integers(1, 600), st.integers(1, 6), st.integers(2, 5000),
)  # fmt: skip
def test_larger_sizes_never_need_less_memory(cell, batch_size, seq_len, hidden_size, num_layers, vocab_size):
    def needed(more_rows=0, more_time=0, more_units=0, more_layers=0, more_symbols=0):
        return estimate(
            batch_size + more_rows, seq_len + more_time, vocab_size + more_symbols,
            cell=cell, hidden_size=hidden_size + more_units, num_layers=num_layers + more_layers,
        )  # fmt: skip

    least = needed()
    assert least > 0
    for more in ("more_rows", "more_time", "more_units", "more_layers", "more_symbols"):
        assert needed(**{more: 7}) >= least


def test_optimizer_state_and_average_are_counted():
    plain = estimate(1, 1, hidden_size=512, training={"optimizer": "rmsprop"})
    assert estimate(1, 1, hidden_size=512) > plain
    assert estimate(1, 1, hidden_size=512, training={"average": 0.9}) > estimate(1, 1, hidden_size=512)


def test_attention_is_counted():
    """A window of 1,000 outputs at 64 x 64 characters has some 4 million scores and 4 million values of outputs."""
    plain, attending = estimate(64, 64, hidden_size=64), estimate(64, 64, hidden_size=64, attention={"window": 1000})
    assert 100e6 < attending - plain < 1000e6
    assert estimate(64, 64, hidden_size=64, attention={"window": 2000}) > attending


def test_the_windows_of_a_short_text_are_as_small_as_its_reader_makes_them():
    for characters, batch_size, seq_len in itertools.product((2, 9, 100), (1, 8, 64), (1, 8, 200)):
        reader = Lanes(np.zeros(characters + 1, np.uint8), batch_size, seq_len)
        assert memory.window_sizes(characters, batch_size, seq_len) == (reader.batch_size, reader.seq_len)


def test_a_training_that_fits_is_accepted(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda compute: 2**34)
    memory.require_memory(settings_for(), 100, 10**6, CPU)
    monkeypatch.setattr(memory, "available_bytes", lambda compute: None)  # unknown: nothing is refused
    memory.require_memory(settings_for({"batch_size": 65_536, "seq_len": 65_536}), 100, 10**12, CPU)


def test_large_windows_are_accepted_for_a_short_text(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda compute: 2**30)
    huge = settings_for({"batch_size": 65_536, "seq_len": 65_536})
    memory.require_memory(huge, 100, 10_000, CPU)
    with pytest.raises(UsageError):
        memory.require_memory(huge, 100, 10**9, CPU)


@pytest.mark.parametrize(
    ("gib", "training", "model", "advice"),
    [
        (1, {"batch_size": 4096, "seq_len": 256}, {}, "training.batch_size="),
        (1, {"batch_size": 64, "seq_len": 65_536}, {"hidden_size": 1024}, "training.seq_len="),
        (1, {}, {"hidden_size": 16_384, "num_layers": 8}, "model.hidden_size"),
    ],
)
def test_a_refusal_advises_sizes_that_fit(monkeypatch, gib, training, model, advice):
    monkeypatch.setattr(memory, "available_bytes", lambda compute: gib * 2**30)
    with pytest.raises(UsageError) as caught:
        memory.require_memory(settings_for(training, **model), 100, 10**12, CPU)
    assert "and 1.00 GiB are free" in caught.value.what
    assert advice in caught.value.remedy
    advised = dict(word.removeprefix("training.").split("=") for word in caught.value.remedy.split() if "=" in word)
    if advised:
        sizes = {name: int(number.rstrip(",")) for name, number in advised.items()}
        memory.require_memory(settings_for({**training, **sizes}, **model), 100, 10**12, CPU)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory: you tried ..."),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    ],
)
def test_an_out_of_memory_error_advises_half_the_batch_size_or_length(error):
    with pytest.raises(UsageError) as caught, memory.explain_out_of_memory(settings_for({"batch_size": 48}), "cpu"):
        raise error
    assert "training.batch_size=24" in caught.value.remedy
    assert caught.value.__cause__ is error
    with (
        pytest.raises(UsageError) as caught,
        memory.explain_out_of_memory(settings_for({"batch_size": 1, "seq_len": 64}), "cpu"),
    ):
        raise error
    assert "training.seq_len=32" in caught.value.remedy


def test_other_errors_are_not_changed():
    with pytest.raises(RuntimeError, match="shapes"), memory.explain_out_of_memory(settings_for(), "cpu"):
        raise RuntimeError("shapes do not match")


def test_the_message_of_torch_itself_is_recognised():

    with pytest.raises(UsageError, match="ran out"), memory.explain_out_of_memory(settings_for(), "cpu"):
        torch.empty(2**55)


def test_available_memory_is_the_least_of_machine_and_container(tmp_path, monkeypatch):
    meminfo, limit, used = tmp_path / "meminfo", tmp_path / "limit", tmp_path / "used"
    monkeypatch.setattr(memory, "MEMINFO", meminfo)
    monkeypatch.setattr(memory, "CONTAINER_LIMITS", ((limit, used),))
    assert memory.available_bytes(CPU) is None
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:    2048 kB\n")
    assert memory.available_bytes(CPU) == 2048 * 1024
    limit.write_text("max\n")
    used.write_text("1000\n")
    assert memory.available_bytes(CPU) == 2048 * 1024
    limit.write_text("5000\n")
    assert memory.available_bytes(CPU) == 4000
    used.write_text("6000\n")
    assert memory.available_bytes(CPU) == 0
    assert memory.available_bytes(Compute("mps", "fp32", "a Mac", 1)) is None


MEASURE = """
import sys, numpy, torch
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.text.lanes import Lanes
from charlm.training.memory import estimate_bytes
from charlm.training.trainer import Trainer

torch.set_num_threads(1)
def peak():
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
def run(cell, hidden_size, batch_size, seq_len, vocab_size, window=0):
    model = {"cell": cell, "hidden_size": hidden_size, "attention": {"window": window}}
    settings = Settings.model_validate({"model": model})
    ids = numpy.random.default_rng(0).integers(0, vocab_size, batch_size * seq_len * 3).astype(numpy.uint16)
    reader = Lanes(ids, batch_size, seq_len)
    trainer = Trainer(settings, vocab_size, batch_size, Compute("cpu", sys.argv[2], "a CPU", 1))
    for position in range(3):
        trainer.update(reader, position, 1e-3)
    return estimate_bytes(settings, vocab_size, batch_size, seq_len)
run(sys.argv[1], 4, 2, 4, 20, 5)
before = peak()
print(run(sys.argv[1], *map(int, sys.argv[3:])), peak() - before)
"""


CELLS = ("lstm", "gru", "rnn", "mut1")
SIZES = ((128, 64, 128, 100), (128, 64, 128, 2000), (512, 32, 128, 60), (64, 256, 64, 60))
ATTENTION_SIZES = (
    (64, 32, 128, 30, 256),
    (64, 64, 64, 30, 1024),
    (512, 8, 16, 30, 2000),
)  # the last is the attention window


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc of Linux")
@pytest.mark.parametrize(
    ("cell", "sizes"), [*itertools.product(CELLS, SIZES), *itertools.product(CELLS[:2], ATTENTION_SIZES)], ids=str
)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_estimate_is_within_a_factor_of_two_of_the_measured_peak(cell, precision, sizes):
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, cell, precision, *map(str, sizes)], capture_output=True, text=True, check=True
    )
    estimated, measured = map(int, result.stdout.split())
    assert measured / 2 < estimated < measured * 2, (estimated, measured)

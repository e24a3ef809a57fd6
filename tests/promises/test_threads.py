"""Any object of the library may be used by several threads at once, pickled, and used after a fork."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import sharing

from charlm.engines.choosing import stepper
from charlm.graphs.derived import files, table_forms
from charlm.kernels import library
from charlm.kernels.building import FLAGS, HERE, compiler
from charlm.kernels.choosing import choice
from charlm.model.stepping import DefinitionStepper
from charlm.sampling.writing import write_text

CALLS = 40
MANY = 10_000  # calls of all threads, in the longer proofs
PROGRAM = Path(sharing.__file__)


@pytest.mark.parametrize(("models", "kernels"), [(",".join(sharing.MODELS), ""), ("lstm", "0")])
@pytest.mark.parametrize("calls", [CALLS, pytest.param(MANY // sharing.THREADS, marks=pytest.mark.slow)])
def test_eight_threads_that_share_a_model_get_the_results_of_one(models, kernels, calls):
    """In a process of its own: what goes wrong may corrupt its memory."""
    run = [sys.executable, str(PROGRAM), models, str(calls)]
    result = subprocess.run(run, env={**os.environ, "CHARLM_KERNELS": kernels}, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-4000:]


@pytest.mark.parametrize("model", ["lstm", "gru"])
def test_eight_threads_that_share_a_scorer_with_torch_get_the_results_of_one(model):
    assert sharing.wrong(sharing.with_torch(sharing.checkpoint(**sharing.MODELS[model])), 10) == []


class Careless:
    """Keeps its scratch between calls, as the compiled stepper did."""

    def __init__(self, model):
        self._model, self._scratch = model, np.zeros(1)

    def square(self, number):
        self._scratch[0] = number
        time.sleep(1e-4)  # other threads run meanwhile, also on a busy machine
        return self._scratch[0] ** 2


def test_the_harness_catches_scratch_that_calls_share():
    careless = Careless(None)
    jobs = {str(number): lambda number=number: careless.square(number) for number in range(10)}
    assert sharing.wrong(jobs, CALLS)


@pytest.mark.parametrize("model", sharing.MODELS)
def test_a_stepper_and_a_checkpoint_can_be_pickled(model):
    shared = sharing.checkpoint(**sharing.MODELS[model])
    fast = stepper(shared.model)
    again, opened = pickle.loads(pickle.dumps(fast)), pickle.loads(pickle.dumps(shared))
    assert type(again) is type(fast)
    texts = [
        write_text(each, shared.vocabulary, "a", length=30, seed=1) for each in (fast, again, stepper(opened.model))
    ]
    assert len(set(texts)) == 1


@pytest.mark.skipif(library() is None, reason="the kernels are not compiled here")
def test_a_pickled_stepper_is_the_definition_where_the_kernels_are_missing(monkeypatch):
    pickled = pickle.dumps(stepper(sharing.checkpoint().model))
    for engine in ("compiled_stepper", "stream_layer"):
        monkeypatch.setattr(f"charlm.engines.{engine}.library", lambda: None)
    assert type(pickle.loads(pickled)) is DefinitionStepper


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.parametrize("in_a_thread", [False, True])
def test_a_forked_process_goes_on_with_the_model_of_its_parent(in_a_thread):
    program = f"""
import os, sys, threading
sys.path.insert(0, {str(PROGRAM.parent)!r})
import charlm.kernels.threads, sharing
charlm.kernels.threads.usable_threads = lambda: 3
jobs = sharing.sampling(sharing.checkpoint()) | sharing.scoring(sharing.checkpoint())
wanted = {{name: job() for name, job in jobs.items()}}
def forked():
    child = os.fork()
    if not child:
        os._exit(0 if {{name: job() for name, job in jobs.items()}} == wanted else 1)
    assert os.waitpid(child, 0)[1] == 0
if {in_a_thread}:
    busy = [threading.Thread(target=sharing.wrong, args=(jobs, 10)), threading.Thread(target=forked)]
    [each.start() for each in busy], [each.join() for each in busy]
else:
    forked()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.slow
@pytest.mark.skipif(library() is None, reason="the kernels are not compiled here")
def test_address_sanitizer_finds_nothing_in_ten_thousand_calls(tmp_path):
    command, level = compiler(), choice().level
    found = subprocess.run([str(command), "-print-file-name=libasan.so"], capture_output=True, text=True)
    runtime = Path(found.stdout.strip()).resolve()
    if found.returncode or not runtime.is_absolute() or not runtime.is_file():
        pytest.skip(f"{command} has no libasan.so")
    compiled = tmp_path / "kernels.so"
    flags = [*FLAGS, *level.flags, "-O1", "-g", "-fsanitize=address", "-fno-omit-frame-pointer"]
    for name, text in files(table_forms()).items():
        (tmp_path / name).write_text(text)
    flags.append(f"-I{tmp_path}")
    subprocess.run([str(command), *flags, "kernels.c", "-lm", "-o", str(compiled)], cwd=HERE, check=True)
    environment = {
        **os.environ,
        "LD_PRELOAD": str(runtime),
        "ASAN_OPTIONS": "detect_leaks=0:halt_on_error=1",  # Python frees little when it ends
        "PYTHONMALLOC": "malloc",
    }
    run = [sys.executable, str(PROGRAM), "lstm", str(MANY // sharing.THREADS), str(compiled)]
    result = subprocess.run(run, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-4000:]
    assert "AddressSanitizer" not in result.stderr

"""`charlm sample` through the real command line: a trained run, seeds, decoding, and where a text ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from sampled import in_json, run

from charlm.checkpoint import load_checkpoint
from charlm.engines.choosing import stepper
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writing import write_text


def test_without_a_name_the_latest_run_is_sampled(tiny_run):
    done = run("-n", 80, "--seed", 1, CHARLM_RUNS=str(tiny_run))
    assert len(done.stdout) == 81
    assert done.stdout.endswith("\n")
    assert re.fullmatch(r"tiny, step \d+, seed 1\n", done.stderr)


def test_what_a_trained_run_writes_is_what_the_library_writes(tiny_run):
    told = in_json("tiny", "-n", 60, "--seed", 5, "--prompt", "the ", "--count", 2, CHARLM_RUNS=str(tiny_run))
    checkpoint = load_checkpoint(tiny_run / "tiny" / f"step-{told['step']}")
    for number, one in enumerate(told["samples"]):
        text = write_text(stepper(checkpoint.model), checkpoint.vocabulary, "the ", length=60, seed=5, sample=number)
        assert one == {"text": text, "characters": 60, "stopped": "length"}


def test_slow_sampling_torch_is_never_imported(tiny_run):  # textgenrnn #140
    code = (
        "import sys\n"
        "from charlm.cli import app\n"
        "app(['sample', 'tiny', '-n', '20', '--seed', '1'], standalone_mode=False)\n"
        "heavy = {'torch', 'rich', 'matplotlib', 'yaml', 'pooch'}\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "CHARLM_RUNS": str(tiny_run)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_seeds_the_same_seed_gives_the_same_text(plain):  # torch-rnn #217
    assert run(plain, "--seed", 7).stdout == run(plain, "--seed", 7).stdout
    assert run(plain, "--seed", 7).stdout != run(plain, "--seed", 8).stdout


def test_a_random_seed_is_told_and_gives_the_text_again(plain):
    done = run(plain, "-n", 50)
    seed = re.fullmatch(r"plain, step 20, seed (\d+)\n", done.stderr)[1]
    assert run(plain, "-n", 50, "--seed", seed).stdout == done.stdout


def test_the_same_text_streamed_in_json_and_as_one_of_many(plain):
    many = in_json(plain, "-n", 50, "--seed", 3, "--count", 3)["samples"]
    assert run(plain, "-n", 50, "--seed", 3).stdout == many[0]["text"] + "\n"
    assert run(plain, "-n", 50, "--seed", 3, "--count", 3).stdout == "\n".join(one["text"] + "\n" for one in many)
    assert len({one["text"] for one in many}) == 3


def test_greedy_temperature_zero_needs_no_seed(plain):
    first, second = (run(plain, "-n", 40, "--temperature", 0, "--seed", seed).stdout for seed in (1, 2))
    assert first == second


def test_the_options_of_decoding_reach_the_model(plain):
    greedy = run(plain, "-n", 40, "--temperature", 0).stdout
    for option in (("--top-k", 1), ("--top-p", 1e-9), ("--min-p", 1)):
        assert run(plain, "-n", 40, "--temperature", 5, *option).stdout == greedy
    assert run(plain, "-n", 40, "--temperature", 0, "--repetition-penalty", 3).stdout != greedy


def test_the_defaults_are_those_of_the_library(plain):
    told = in_json(plain, "-n", 1)["settings"]
    assert Decoding(**{name: told[name] for name in Decoding.__dataclass_fields__}) == Decoding()


def test_the_text_ends_before_the_first_stop_text(plain):
    whole = in_json(plain, "-n", 80, "--seed", 2)["samples"][0]["text"]
    stop = whole[40:43]
    told = in_json(plain, "-n", 80, "--seed", 2, "--stop", stop, "--stop", "never that")["samples"][0]
    before = whole[: whole.index(stop)]
    assert told == {"text": before, "characters": len(before), "stopped": "stop"}
    assert run(plain, "-n", 80, "--seed", 2, "--stop", stop).stdout == before + "\n"


def test_a_stop_text_that_cannot_come_is_told(plain):
    assert "--stop 'Ж' has characters that the model never writes" in run(plain, "-n", 5, "--stop", "Ж").stderr


def test_samples_of_records_come_one_a_line(made):
    names = made / "names" / "step-20"
    told = in_json(names, "-n", 1000, "--count", 5, "--seed", 1)["samples"]
    assert {one["stopped"] for one in told} == {"record"}
    lines = run(names, "-n", 1000, "--count", 5, "--seed", 1).stdout
    assert lines == "".join(one["text"] + "\n" for one in told)
    assert lines.count("\n") == 5


def test_nothing_but_the_prompt(plain):
    assert run(plain, "-n", 0, "--prompt", "abc").stdout == "abc\n"

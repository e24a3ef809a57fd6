"""For test files whose tests share a small training: its settings, and `charlm` in a folder of their own."""

from __future__ import annotations

import json

from command_line import in_this_process

SMALL = (
    "--device", "cpu", "-s", "model.hidden_size=16", "-s", "model.num_layers=1", "-s", "training.batch_size=4",
    "-s", "training.seq_len=16", "-s", "training.validations=2",
)  # fmt: skip


def charlm_in(folder):
    """`charlm` in that folder, with its runs and its cache in it."""

    def call(*arguments):
        env = {"CHARLM_RUNS": str(folder / "runs"), "CHARLM_CACHE": str(folder / "cache")}
        return in_this_process(*arguments, cwd=folder, env=env)

    return call


def scored(charlm, *arguments):
    done = charlm("eval", "perplexity", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

"""`charlm train` in several real processes: the bits of one, and how all end together."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
from several import Several, free_port, torchrun

from charlm.checkpoint import load_training_arrays
from charlm.checkpoint.series import newest_whole
from charlm.runs import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are the signals and sockets of POSIX")

SMALL = (
    "--device", "cpu", "-s", "model.hidden_size=16", "-s", "model.num_layers=1", "-s", "model.dropout=0.2",
    "-s", "training.batch_size=8", "-s", "training.seq_len=16", "-s", "training.precision=fp32",
    "-s", "training.ordered_sum=true", "-s", "training.validations=1",
)  # fmt: skip
LONG = 10**6  # updates that no test waits for


def assert_same_end(folder, name, other):
    """Whether both runs have come to the same bits."""
    one, two = (newest_whole(Run(folder / "runs" / each))[0] for each in (name, other))
    assert one.step == two.step
    kept = [{**each.parameters, **load_training_arrays(each.folder)} for each in (one, two)]
    assert set(kept[0]) == set(kept[1])
    for array, value in kept[1].items():
        assert np.array_equal(kept[0][array], value), array


def test_two_processes_of_torchrun_train_the_bits_of_one(charlm, tmp_path, verse):
    both = torchrun(2, "train", verse, "--name", "both", "--steps", 12, *SMALL, folder=tmp_path)
    assert both.returncode == 0, both.stderr
    assert "2 processes" in both.stderr
    assert both.stderr.count("kept in") == 1  # only process 0 speaks
    assert charlm("train", verse, "--run", "one", "--steps", 12, *SMALL).returncode == 0
    assert_same_end(tmp_path, "both", "one")


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_one_process_ends_all_with_the_checkpoint_whole(tmp_path, verse, rank, number, code):
    with Several(2, "train", verse, "--name", "run", "--steps", LONG, *SMALL, folder=tmp_path) as both:
        both.until("saved step")
        both.processes[rank].send_signal(number)
        began = time.monotonic()
        assert both.codes() == [code, code]
        assert time.monotonic() - began < 10
        assert both.said(0).count("Interrupted at step") == 1
        assert "charlm train --resume run" in both.said(0)
        assert both.said(1) == ""
    checkpoint, wrong = newest_whole(Run(tmp_path / "runs/run"))
    assert checkpoint.step > 0
    assert wrong == ()


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_kill_of_one_process_ends_the_others_with_a_message(tmp_path, verse, rank):
    with Several(3, "train", verse, "--name", "run", "--steps", LONG, *SMALL, "-s", "training.batch_size=6",
                 "-s", "training.ordered_sum=false", folder=tmp_path) as three:  # fmt: skip
        three.until("saved step")
        three.processes[rank].kill()
        began = time.monotonic()
        codes = three.codes()
        assert time.monotonic() - began < 15
        assert codes == [-9 if each == rank else 8 for each in range(3)]
        said = "".join(three.said(each) for each in range(3))
    # once, unless the store of all was in the process that is gone: under torchrun it is not
    assert said.count("is gone: it was killed") == (2 if rank == 0 else 1)
    assert "charlm train --resume run" in said
    assert "frame #" not in said
    assert newest_whole(Run(tmp_path / "runs/run"))[0].step > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [int(os.environ.get("CHARLM_KILLS", "30"))])
def test_killed_at_random_moments_and_resumed_by_any_number_it_ends_with_the_same_bits(charlm, tmp_path, verse, kills):
    """CHARLM_KILLS=200 is the longer run."""
    draw, reached = random.Random(1), 0
    # a constant rate, so that the length of the training changes no update
    seen = ("-s", "training.save_every=0.1s", "-s", "training.schedule=constant", "-s", "training.warmup=0")
    command = ["train", verse, "--name", "killed", "--steps", LONG, *SMALL, *seen]
    for _ in range(kills):
        size = draw.choice([1, 2, 4])
        with Several(size, *command, folder=tmp_path) as some:
            some.until("saved step", seconds=120)
            time.sleep(draw.uniform(0, 0.6))
            some.processes[draw.randrange(size)].kill()
            some.codes()
        checkpoint, wrong = newest_whole(Run(tmp_path / "runs/killed"))
        assert wrong == ()
        assert checkpoint.step > reached
        reached, command = checkpoint.step, ["train", "--resume", "killed"]
    steps = reached + 7
    with Several(2, *command, "--steps", steps, folder=tmp_path) as last:
        assert last.codes(600) == [0, 0], last.said(0)
    assert charlm("train", verse, "--run", "whole", "--steps", steps, *SMALL, *seen).returncode == 0
    assert_same_end(tmp_path, "killed", "whole")


@pytest.mark.slow
def test_what_cannot_be_shared_is_said_once_and_leaves_no_run(tmp_path, verse):
    cases = {
        ("train", verse, *SMALL, "-s", "training.batch_size=12"): ("divided by 8", 2),
        ("train", "-", *SMALL): ("standard input", 2),
        ("train", tmp_path / "gone.txt", *SMALL): ("gone.txt", 3),
        ("train", verse, "--setps", 3): ("--steps", 2),
    }
    for arguments, (words, code) in cases.items():
        with Several(2, *arguments, folder=tmp_path) as both:
            assert both.codes() == [code, code], both.said(0)
            said = [both.said(rank) for rank in range(2)]
        assert sum(words in each for each in said) == 1, said
        assert min(map(len, said)) == 0, said
    assert not (tmp_path / "runs").exists() or not [*(tmp_path / "runs").iterdir()]


@pytest.mark.slow
def test_other_commands_are_refused_once(tmp_path):
    with Several(2, "cells", "list", folder=tmp_path) as both:
        assert both.codes() == [2, 0]
        assert "only `charlm train` shares its work" in both.said(0)
        assert both.said(1) == ""


@pytest.mark.slow
def test_a_text_that_is_another_one_elsewhere_ends_all_before_a_run_is_made(tmp_path, verse):
    port, text = free_port(), tmp_path / "here.txt"
    text.write_text(verse.read_text())
    there = tmp_path / "there"
    there.mkdir()
    (there / "here.txt").write_text(verse.read_text() + "more")
    command = ("train", "here.txt", "--name", "run", "--steps", 5, *SMALL)
    with (
        Several(1, *command, folder=tmp_path, size_of_all=2, port=port) as first,
        Several(1, *command, folder=there, first_rank=1, size_of_all=2, port=port) as second,
    ):
        assert first.codes() + second.codes() == [3, 3]
        said = first.said(0) + second.said(0)
    assert said.count("is not that of process 0") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_two_hosts_train_together(charlm, tmp_path, verse):
    """In two network namespaces with a virtual cable between them, each with a folder of its own."""
    port, hosts = 29555, ("charlm-a", "charlm-b")
    setup = [
        *(f"ip netns add {host}" for host in hosts),
        "ip link add charlm-va type veth peer name charlm-vb",
        *(f"ip link set charlm-v{host[-1]} netns {host}" for host in hosts),
        *(f"ip -n {host} addr add 10.77.0.{number}/24 dev charlm-v{host[-1]}" for number, host in enumerate(hosts, 1)),
        *(f"ip -n {host} link set {device} up" for host in hosts for device in (f"charlm-v{host[-1]}", "lo")),
    ]
    try:
        for command in setup:
            try:
                subprocess.run(command.split(), check=True, capture_output=True, text=True)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"this machine makes no network namespaces: {command}: {error}")
        for host in hosts:
            delayed = f"tc qdisc add dev charlm-v{host[-1]} root netem delay 2ms loss 1%".split()
            subprocess.run(["ip", "netns", "exec", host, *delayed], capture_output=True)  # where the kernel has netem
        folders = [tmp_path / host for host in hosts]
        for folder in folders:
            folder.mkdir()
            shutil.copy(verse, folder / "text.txt")
        options = ("--name", "run", "--steps", 12, *SMALL)
        started = [
            Several(
                1, "train", "text.txt", *options, folder=folder, first_rank=rank, size_of_all=2, address="10.77.0.1",
                port=port, before=("ip", "netns", "exec", host), env={"GLOO_SOCKET_IFNAME": f"charlm-v{host[-1]}",
                "CHARLM_CACHE": str(folder / "cache")},
            )
            for rank, (host, folder) in enumerate(zip(hosts, folders, strict=True))
        ]  # fmt: skip
        with started[0] as first, started[1] as second:
            assert first.codes() + second.codes() == [0, 0], first.said(0) + second.said(0)
        assert not (folders[1] / "runs").exists()  # process 0 alone has the run
        assert charlm("train", verse, "--run", "one", "--steps", 12, *SMALL).returncode == 0
        (tmp_path / "runs/two").symlink_to(folders[0] / "runs/run")
        assert_same_end(tmp_path, "two", "one")
    finally:
        for host in hosts:
            subprocess.run(["ip", "netns", "del", host], capture_output=True)

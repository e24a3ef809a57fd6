"""A gigabyte in shards takes little private memory: to encode, to train on, and to count; and survives being killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from backports import zstd

SHARDS, SHARD = 8, 128 * 10**6  # files, and bytes of each
ALLOWED = 300 * 10**6  # bytes more than a training on a small text, in all processes together
KILLS = 5

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from Linux's /proc"),
]


def tree(process_id: int) -> list[int]:
    """The process and all that it started."""
    try:
        children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    except OSError:
        return []
    return [process_id, *(one for child in children for one in tree(int(child)))]


def private(process_id: int) -> int:
    """Bytes of memory that no other process has: Private_Clean and Private_Dirty."""
    try:
        lines = Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def started(root: Path, *command, output=subprocess.DEVNULL) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "charlm", *map(str, command)],
        env={**os.environ, "CHARLM_RUNS": str(root / "runs"), "CHARLM_CACHE": str(root / "cache")},
        stdout=output,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def peak(root: Path, *command) -> int:
    """The most private memory of a command and of the processes that it starts."""
    process, highest = started(root, *command), 0
    while process.poll() is None:
        highest = max(highest, sum(map(private, tree(process.pid))))
        time.sleep(0.02)
    assert process.returncode == 0
    return highest


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, verse) -> Path:
    """A gigabyte: seven plain files, not all of them ASCII, and a packed one."""
    folder = tmp_path_factory.mktemp("gigabyte") / "corpus"
    folder.mkdir()
    for number in range(SHARDS):
        line = (f"{number} {'naïve' * (number % 2)} " + verse.read_text() * 350).encode()
        content = line * (SHARD // len(line) + 1)
        name = f"{number}.txt.zst" if number == 3 else f"{number}.txt"
        (folder / name).write_bytes(zstd.compress(content) if number == 3 else content)
        os.utime(folder / name, (1e9, 1e9))
    return folder


def test_a_gigabyte_takes_at_most_300_megabytes_to_train_on(corpus, verse, tmp_path):
    small_text = tmp_path / "small.txt"
    small_text.write_text(verse.read_text() * 1000)
    course = ("--steps", 30, "-s", "training.validations=1", "-s", "training.valid_characters=100000")
    small = peak(tmp_path, "train", small_text, *course)
    large = peak(tmp_path, "train", corpus, *course)
    print(f"\nprivate memory: {small / 1e6:.0f} MB with 3 MB of text, {large / 1e6:.0f} MB with a gigabyte")
    assert large - small < ALLOWED


def test_a_gigabyte_takes_at_most_300_megabytes_to_count(corpus, tmp_path):
    began = time.monotonic()
    most = peak(tmp_path, "data", "stats", corpus)
    again = time.monotonic()
    assert most < ALLOWED
    peak(tmp_path, "data", "stats", corpus)
    seconds = again - began, time.monotonic() - again
    print(f"\n{most / 1e6:.0f} MB; {seconds[0]:.1f} s, and {seconds[1]:.1f} s when it is encoded")


def test_a_gigabyte_that_is_killed_again_and_again_is_encoded_in_the_end(corpus, tmp_path):
    """Each kill loses the parts that were worked on at that moment, and no others."""
    command = ("data", "stats", corpus, "--json")
    whole = started(tmp_path, *command, output=subprocess.PIPE).communicate()[0]
    rng, other = random.Random(1), tmp_path / "killed"
    for _ in range(KILLS):
        process = started(other, *command)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(rng.uniform(3, 6))
        process.send_signal(signal.SIGKILL)
        process.wait()
    counted = {file: file.stat().st_mtime_ns for file in (other / "cache/counted").iterdir()}
    assert counted
    process = started(other, *command, output=subprocess.PIPE)
    assert json.loads(process.communicate()[0]) == json.loads(whole)
    assert {file: file.stat().st_mtime_ns for file in counted} == counted
    assert not list((other / "cache/ids").glob("*.part*"))

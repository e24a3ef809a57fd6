"""Processes of their own that work on the parts of a text: their order, their errors, and their end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from large_texts import VERSE, opened

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text import corpus as corpus_room
from charlm.text.files.source_file import SourceFile
from charlm.text.shards.processes import Said, Workers, known_error
from charlm.text.shards.worker import task_of
from charlm.text.stream import TextStream


def task(*paths, **settings):
    files = [SourceFile(str(path), path, path.stat().st_size if path.exists() else 1) for path in paths]
    return task_of(TextStream(files, "utf-8", TextSettings(**settings)), paths[0].name) | {"decided": None}


@pytest.fixture(scope="module")
def workers():
    """Two processes, started once."""
    with Workers(2) as started:
        yield started


@pytest.fixture
def texts(folder):
    source = folder(a_txt=VERSE, b_txt=VERSE * 3, c_txt="Où?\n", d_txt=b"\xff", e_txt=VERSE * 2)
    return [source / f"{name}.txt" for name in "abcde"]


def lives(number):
    """Whether a process does something; one that has ended and was not asked for its exit code does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_every_task_has_one_result(workers, texts):
    numbered = [(number, task(path)) for number, path in enumerate(texts) if path.name != "d.txt"]
    said = [each for each in workers.work(numbered) if each.far is None]
    assert {each.number for each in said} == {0, 1, 2, 4}
    counts = {each.number: sum(each.result["counts"].values()) for each in said}
    assert counts == {0: len(VERSE), 1: 3 * len(VERSE), 2: 4, 4: 2 * len(VERSE)}
    assert list(workers.work([])) == []


def test_of_several_errors_it_is_the_first_in_the_order_of_the_text(texts):
    bad = texts[3]
    missing = bad.with_name("missing.txt")
    numbered = [(0, task(texts[1])), (1, task(bad)), (2, task(missing)), (3, task(texts[0]))]
    with pytest.raises(TextError) as refused, Workers(2) as two:
        list(two.work(numbered))
    assert "d.txt, byte 0" in refused.value.where


def test_a_process_that_is_killed_is_named_with_its_part(texts, monkeypatch):
    with Workers(1) as one:
        list(one.work([(0, task(texts[0]))]))
        (process,) = one._all
        process.kill()
        process.wait()
        with pytest.raises(TextError, match=r"ended \(signal 9\)") as refused:
            list(one.work([(0, task(texts[1]))]))
        assert refused.value.where == "b.txt"
        assert "give the same command again" in refused.value.remedy
    monkeypatch.setattr(sys, "executable", "/there/is/none")
    with pytest.raises(TextError, match="No process can be started"), Workers(1) as none:
        list(none.work([(0, task(texts[1]))]))


def test_an_error_of_the_program_is_not_taken_for_one_of_the_text(workers, texts):
    with pytest.raises(RuntimeError, match="KeyError"), Workers(1) as one:
        list(one.work([(0, {"where": "a task that lacks everything"})]))
    assert isinstance(known_error("TextError", "what", "where", "remedy"), TextError)


def test_who_goes_away_leaves_no_process(texts):
    with Workers(2) as two:
        steps = two.work([(number, task(texts[1])) for number in range(50)])
        next(steps)
        started = [process.pid for process in two._all]
        steps.close()
        assert not any(map(lives, started))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are seen in Linux's /proc")
def test_no_process_outlives_a_parent_that_is_killed(tmp_path):
    """Its text is long enough for some seconds."""
    path = tmp_path / "long.txt"
    path.write_text("Où? " * 10_000_000)
    code = (
        "import sys; from test_processes import *; path = Path(sys.argv[1])\n"
        "with Workers(1) as one:\n"
        "    for said in one.work([(0, task(path))]): print(one._all[0].pid, flush=True)"
    )
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    worker = int(parent.stdout.readline())
    assert lives(worker)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    ended = time.monotonic() + 20
    while lives(worker) and time.monotonic() < ended:
        time.sleep(0.05)
    assert not lives(worker)


def test_a_text_in_processes_of_their_own_is_the_same(folder, in_parts, own_cache, monkeypatch):
    shards = {f"{number}_txt": f"{number} {VERSE}" * number + "Où? 日\r\n" for number in range(1, 10)}
    source = folder(**shards)
    monkeypatch.setattr(corpus_room, "cores", lambda: 3)
    found = opened(source, split="contiguous")
    assert found.vocabulary.decode(found.ids) == "".join(shards.values()).replace("\r", "")
    assert "9 CRLF became LF" in found.notes
    assert isinstance(Said(0).result, type(None))

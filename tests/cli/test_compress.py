"""`charlm compress` and `charlm decompress` through the real command line."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from charlm.kernels import library


@pytest.fixture
def runs(tiny_run):
    return {"CHARLM_RUNS": str(tiny_run)}


@pytest.fixture
def letter(tmp_path):
    """A text that the model nearly knows, with all that needs an escape."""
    path = tmp_path / "letter.txt"
    path.write_bytes(b"\xef\xbb\xbfThe owl came home\r\nand ate the caf\xc3\xa9.\r\n\xff\x00\n" * 20)
    return path


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_back(charlm, runs, letter, tmp_path):
    done = charlm("compress", "tiny", letter, env=runs)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "bits a byte" in done.stderr
    assert files_in(tmp_path) == ["letter.txt", "letter.txt.clm"]
    given = letter.read_bytes()
    assert (tmp_path / "letter.txt.clm").stat().st_size < len(given) * 0.6
    letter.unlink()
    assert charlm("decompress", f"{letter}.clm", env=runs).returncode == 0
    assert letter.read_bytes() == given


def test_through_pipes_bytes_stay_as_they_are(runs, letter):
    given = letter.read_bytes()

    def piped(content, *arguments):
        command = [sys.executable, "-m", "charlm", *arguments]
        done = subprocess.run(command, input=content, capture_output=True, env={**os.environ, **runs}, check=True)
        return done.stdout

    packed = piped(given, "compress", "tiny", "-")
    assert piped(packed, "decompress", "-", "--run", "tiny") == given
    assert len(packed) < len(given) * 0.6


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 2_000])
def test_files_that_are_no_text_come_back(charlm, runs, tmp_path, content):
    path = tmp_path / "some.bin"
    path.write_bytes(content)
    assert charlm("compress", "tiny", path, env=runs).returncode == 0
    assert charlm("decompress", f"{path}.clm", "-o", tmp_path / "back", env=runs).returncode == 0
    assert (tmp_path / "back").read_bytes() == content
    assert (tmp_path / "some.bin.clm").stat().st_size < 60 + len(content) / 500


def test_the_size_is_what_the_score_promises(charlm, runs, tmp_path, verse):
    """Beside the sum of nats, a file has some 40 bytes: header, checksums, the first character and the last word."""
    text = tmp_path / "verse.txt"
    text.write_bytes(verse.read_bytes())
    score = json.loads(charlm("eval", "perplexity", "tiny", text, "--json", env=runs).stdout)
    promised = score["bits_per_character"] * score["characters"] / 8
    done = json.loads(charlm("compress", "tiny", text, "--json", env=runs).stdout)
    assert done["compressed_bytes"] == (tmp_path / "verse.txt.clm").stat().st_size
    assert abs(done["information_bits"] / 8 - promised) < promised * 0.002 + 4
    assert done["compressed_bytes"] <= promised * 1.002 + 44


@pytest.fixture
def few_segments(monkeypatch):
    """So that preparing to adapt takes little time."""
    from charlm.compression import adapted

    monkeypatch.setattr(adapted, "SEGMENTS", 20)


@pytest.mark.parametrize("options", [("--adapt",), ("--mix",), ("--adapt", "--mix")], ids=" ".join)
def test_what_learns_from_a_file_makes_it_smaller_and_gives_it_back(charlm, runs, letter, few_segments, options):
    given = letter.read_bytes()
    plain = json.loads(charlm("compress", "tiny", letter, "--json", env=runs).stdout)
    done = charlm("compress", "tiny", letter, *options, "-o", f"{letter}.less.clm", "--json", env=runs)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["compressed_bytes"] < 0.95 * plain["compressed_bytes"]
    assert (found["adapt_rate"] is not None, found["mix"]) == ("--adapt" in options, "--mix" in options)
    done = charlm("decompress", f"{letter}.less.clm", "-o", "back", env=runs)  # the run and the options are found
    assert done.returncode == 0, done.stderr
    assert (letter.parent / "back").read_bytes() == given


def test_what_learns_says_how_to_go_on(charlm, runs, letter, tmp_path, few_segments):
    """Each advice is followed."""
    refused(charlm("compress", "tiny", letter, "--adapt", "--portable", env=runs), 2, "Leave --portable out")
    refused(charlm("compress", "tiny", letter, "--mix", "--portable", env=runs), 2, "leave --mix out")
    refused(charlm("compress", "tiny", letter, "--adapt-rate", 0.1, env=runs), 2, "Give --adapt --adapt-rate")
    for rate in ("-1", "nan", "inf", "1e30"):
        done = charlm("compress", "tiny", letter, "--adapt", "--adapt-rate", rate, env=runs)
        refused(done, 2, "--adapt-rate", "0.001")
    letter.write_bytes(letter.read_bytes() * 3)  # a divergence is noticed after twenty segments
    diverged = charlm("compress", "tiny", letter, "--adapt", "--adapt-rate", 9_000, env=runs)
    refused(diverged, 5, "worse than guessing", "--adapt-rate 0.0002")
    assert files_in(tmp_path) == ["letter.txt"]
    done = charlm("compress", "tiny", letter, "--adapt", "--adapt-rate", 0.0002, env=runs)
    assert done.returncode == 0, done.stderr


def test_portable_files_are_decoded_by_any_engine(charlm, runs, letter, tmp_path):
    assert charlm("compress", "tiny", letter, "--portable", env=runs).returncode == 0
    done = charlm("decompress", f"{letter}.clm", "-o", tmp_path / "back", env=runs | {"CHARLM_KERNELS": "0"})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "back").read_bytes() == letter.read_bytes()


def refused(done, code, *words):
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


@pytest.mark.skipif(library() is None, reason="no kernels")
def test_another_engine_is_refused_and_the_advice_helps(charlm, charlm_process, runs, letter, tmp_path):
    other = runs | {"CHARLM_KERNELS": "0"}
    assert charlm_process("compress", "tiny", letter, env=other).returncode == 0
    done = charlm("decompress", f"{letter}.clm", "-o", "back", env=runs)
    refused(done, 6, "another engine: definition", "CHARLM_KERNELS=0", "--portable")
    assert files_in(tmp_path) == ["letter.txt", "letter.txt.clm"]
    assert charlm_process("decompress", f"{letter}.clm", "-o", "back", env=other).returncode == 0
    assert (tmp_path / "back").read_bytes() == letter.read_bytes()


def test_what_cannot_be_done_is_refused_and_nothing_is_written(charlm, runs, letter, tmp_path):
    packed = tmp_path / "letter.txt.clm"
    assert charlm("compress", "tiny", letter, env=runs).returncode == 0
    content = packed.read_bytes()
    (tmp_path / "cut.clm").write_bytes(content[:-9])
    (tmp_path / "newer.clm").write_bytes(content[:3] + b"\x63" + content[4:])
    before = files_in(tmp_path)
    refused(charlm("compress", "tiny", letter, env=runs), 2, "already", "--force")
    refused(charlm("compress", "tiny", letter, "-o", letter, "--force", env=runs), 2, "would replace what is read")
    refused(charlm("compress", "tiny", tmp_path, "-o", "x", env=runs), 3, "cannot be read")
    refused(charlm("compress", "tiny", "missing.txt", env=runs), 3, "No such file")
    refused(charlm("compress", "nobody", letter, "-o", "x", env=runs), 4, "no run nobody")
    refused(charlm("compress", "tiny", letter, "-o", "no/folder/x", env=runs), 3, "cannot be written")
    refused(
        charlm("compress", "tiny", letter, "-o", os.devnull, "--force", env=runs), 2, "no file that could be replaced"
    )
    refused(charlm("compress", "tiny", letter, "-o", "-", "--json", env=runs), 2, "--json")
    refused(charlm("decompress", letter, "-o", "x", env=runs), 3, "no file that charlm compressed")
    refused(charlm("decompress", letter, env=runs), 2, "does not end with .clm")
    refused(charlm("decompress", "cut.clm", "-o", "x", env=runs), 6, "damaged")
    refused(charlm("decompress", "newer.clm", "-o", "x", env=runs), 3, "form that this charlm does not know: 99")
    refused(charlm("decompress", packed, env=runs), 2, "already", "--force")
    refused(charlm("decompress", packed, "-o", "x"), 4, "No run has the model")
    assert files_in(tmp_path) == before
    packed.write_bytes(b"old")
    assert charlm("compress", "tiny", letter, "--force", env=runs).returncode == 0
    assert packed.read_bytes() == content


def test_the_wrong_run_is_refused_and_the_right_one_is_found(charlm, runs, letter, tmp_path, verse):
    """Also a checkpoint that the run would not use by default any more."""
    shutil.copytree(runs["CHARLM_RUNS"], tmp_path / "runs")
    first, *_, last = sorted((tmp_path / "runs/tiny").glob("step-*"), key=lambda path: int(path.name[5:]))
    assert first != last
    assert charlm("compress", f"tiny/{first.name}", letter).returncode == 0
    refused(charlm("decompress", f"{letter}.clm", "-o", "x", "--run", f"tiny/{last.name}"), 4, "another model", "--run")
    done = charlm("decompress", f"{letter}.clm", "-o", "back")
    assert done.returncode == 0, done.stderr
    assert f"step {int(first.name[5:])}" in done.stderr
    assert (tmp_path / "back").read_bytes() == letter.read_bytes()


def test_a_damaged_file_gives_nothing_on_standard_output(charlm, runs, letter):
    assert charlm("compress", "tiny", letter, env=runs).returncode == 0
    packed = letter.with_name("letter.txt.clm")
    packed.write_bytes(packed.read_bytes()[:-1] + b"x")
    done = charlm("decompress", packed, "-o", "-", env=runs)
    refused(done, 6, "damaged")
    assert done.stdout == ""


def test_a_terminal_gets_no_such_bytes(charlm, runs, letter):
    terminal = io.TextIOWrapper(TerminalBytes(), encoding="utf-8")
    done = charlm("compress", "tiny", letter, "-o", "-", env=runs, stdout=terminal)
    refused(done, 2, "terminal")


class TerminalBytes(io.BytesIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_compression_leaves_nothing(charlm_forked, runs, tmp_path, number):
    text = tmp_path / "long.txt"
    text.write_bytes(b"The owl came home and ate the moon.\n" * 100_000)
    process = charlm_forked("compress", "tiny", text, env={"CHARLM_RUNS": str(runs["CHARLM_RUNS"])})
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".long.txt.clm*")) and time.monotonic() < until:
        time.sleep(0.02)
    assert list(tmp_path.glob(".long.txt.clm*"))
    process.send_signal(number)
    _, said = process.communicate()
    assert process.returncode == 128 + number
    assert "Traceback" not in said
    assert [name for name in files_in(tmp_path) if "long" in name] == ["long.txt"]


def test_a_model_of_records_starts_each_line_afresh(charlm, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("".join(f"ada{number % 7}\nbob\n" for number in range(60)))
    trained = charlm("train", names, "--records", "--run", "names", "--steps", 4, "-s", "model.hidden_size=16")
    assert trained.returncode == 0, trained.stderr
    assert charlm("compress", "names", names).returncode == 0
    assert charlm("decompress", f"{names}.clm", "-o", "back").returncode == 0
    assert (tmp_path / "back").read_bytes() == names.read_bytes()

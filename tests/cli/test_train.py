"""`charlm train` through the real command line."""

from __future__ import annotations

import contextlib
import gzip
import json
import shutil
import struct
import subprocess
import sys

import pytest
from command_line import PNG, in_its_own_process

SMALL = ("-s", "model.hidden_size=24", "-s", "training.batch_size=8", "-s", "training.seq_len=32", "--device", "cpu")


def test_a_run_has_checkpoints_metrics_and_a_picture(tiny_run):
    run = tiny_run / "tiny"
    assert (tiny_run / "latest").read_text().strip() == "tiny"
    assert {"config.yaml", "metrics.jsonl", "best", "last", "loss.png"} <= {path.name for path in run.iterdir()}
    best = run / (run / "best").read_text().strip()
    assert {path.name for path in best.iterdir()} == {"checkpoint.json", "model.safetensors", "training.safetensors"}
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if row["event"] == "validated"] == [20, 40, 60]


SEEDED = ("--run", "seeded", "--steps", 20, "--seed", 7, *SMALL)


@pytest.fixture(scope="module")
def process(verse, tmp_path_factory):
    """A training in a process of its own: what it said, and the folder of its run."""
    folder = tmp_path_factory.mktemp("process")
    result = in_its_own_process("train", verse, *SEEDED, cwd=folder)
    assert result.returncode == 0, result.stderr
    return result, folder / "checkpoints/seeded"


def test_a_training_ends_with_a_picture(process):
    _, run = process
    picture = (run / "loss.png").read_bytes()
    assert picture.startswith(PNG)
    assert struct.unpack(">2I", picture[16:24]) == (1200, 700)


def test_without_a_terminal_the_output_is_plain_lines(process):
    result, _ = process
    assert result.stdout == ""
    assert "\x1b" not in result.stderr
    assert "\r" not in result.stderr
    for output in ("utf-8", "2,860 characters", "train 2,574", "cpu", "valid", "charlm sample"):
        assert output in result.stderr


def test_json_is_one_object_on_stdout(charlm, verse):
    result = charlm("train", verse, "--steps", 6, "--run", "mine", "--json", *SMALL)
    output = json.loads(result.stdout)
    assert output["run"] == "mine"
    assert output["step"] == 6
    assert output["reason"] == "length"
    assert output["valid_bits_per_character"] > 0


def test_dry_run_writes_nothing(charlm, verse, tmp_path):
    result = charlm("train", verse, "--dry-run", *SMALL)
    assert result.returncode == 0
    assert "parameters" in result.stdout
    assert not (tmp_path / "runs").exists()


def test_stdin_gz_and_several_files_are_texts(charlm, verse, tmp_path):
    packed = tmp_path / "verse.txt.gz"
    packed.write_bytes(gzip.compress(verse.read_bytes()))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "more.txt").write_text("More of the moon.\n" * 30, encoding="utf-8")
    several = charlm("train", packed, tmp_path / "folder", "--steps", 2, *SMALL)
    assert several.returncode == 0, several.stderr
    piped = charlm("train", "-", "--steps", 2, *SMALL, stdin=verse.read_text())
    assert piped.returncode == 0, piped.stderr


def test_records_are_trained_and_sampled_one_a_line(charlm, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("".join(f"{a}{b}{c}\n" for a in "BDKMRT" for b in "aeiou" for c in ("n", "ra", "lo")))
    trained = charlm("train", names, "--steps", 400, "-s", "text.records=true", *SMALL)
    assert trained.returncode == 0, trained.stderr
    sampled = charlm("sample", "--count", 20, "--seed", 1)
    lines = sampled.stdout.splitlines()
    assert len(lines) == 20
    assert sum(len(line) in (3, 4) and line[0] in "BDKMRT" for line in lines) >= 15
    scored = json.loads(charlm("eval", "perplexity", "--json").stdout)
    assert scored["protocol"]["state"] == "fresh at each record"


def test_a_text_shorter_than_a_batch_shrinks_the_batch_and_prints_a_note(charlm, tmp_path):
    """char-rnn #15, torch-rnn #135."""
    text = tmp_path / "short.txt"
    text.write_text("a short text, a short text, a short text")
    result = charlm("train", text, "--steps", 3)
    assert result.returncode == 0, result.stderr
    assert "batch_size is" in result.stderr


def test_unicode_of_every_width(charlm, tmp_path):
    """char-rnn #42, torch-rnn #47."""
    text = tmp_path / "mixed.txt"
    text.write_text("naïve 日本語 🌙 z̈ \n" * 60, encoding="utf-8")
    assert charlm("train", text, "--steps", 200, *SMALL).returncode == 0
    sampled = charlm("sample", "--prompt", "naïve 日本", "-n", 30, "--temperature", 0)
    assert sampled.stdout.startswith("naïve 日本語 🌙")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.txt"], 3, "no such file"),
        (["empty.txt"], 3, "empty"),
        (["one.txt"], 3, "one character"),
        (["binary.txt"], 3, "text.unit=byte"),
        (["latin.txt"], 3, "byte 3"),
        (["verse.txt", "-s", "model.hiden_size=3"], 2, "hidden_size"),
        (["verse.txt", "-s", "model.hidden_size=big"], 2, "hidden_size"),
        (["verse.txt", "-s", "model.cell=ltsm"], 2, "lstm"),
        (["verse.txt", "-s", "model.cell_options.forget_bias=999"], 2, "forget_bias"),
        (["verse.txt", "-c", "qiuck"], 2, "quick"),
        (["verse.txt", "--device", "cuda:99"], 2, "cuda:99"),
        (["verse.txt", "--budget", "soon"], 2, "90s"),
        (["--resume", "nothing"], 4, "no run"),
    ],
)
def test_bad_input_is_three_short_lines_and_the_right_exit_code(charlm, verse, tmp_path, arguments, code, message):
    (tmp_path / "verse.txt").write_bytes(verse.read_bytes())
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "one.txt").write_bytes(b"x")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "latin.txt").write_bytes("caf\u00e9 au lait\n".encode("latin-1") * 40)
    result = charlm("train", *arguments)
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 3
    assert not list((tmp_path / "runs").glob("*/step-*"))


HOLD = """
import pathlib, sys
from charlm.runs import Run, lock_run
with lock_run(Run(pathlib.Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_run_that_is_being_written_is_busy(charlm, tiny_run, tmp_path):
    run = shutil.copytree(tiny_run / "tiny", tmp_path / "runs/tiny")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        result = charlm("train", "--resume", "tiny", "--steps", 61)
        assert result.returncode == 7
        assert str(process.pid) in result.stderr
        process.stdin.close()


def test_a_resumed_run_cannot_change_its_model(charlm, tiny_run):
    env = {"CHARLM_RUNS": str(tiny_run)}
    for change in ("model.hidden_size=8", "training.weight_decay=1", "text.records=true"):
        result = charlm("train", "--resume", "tiny", "-s", change, env=env)
        assert result.returncode == 2
        assert change.split("=")[0] in result.stderr


def test_a_changed_text_is_refused_on_resume(charlm, verse, tmp_path):
    text = tmp_path / "mine.txt"
    text.write_bytes(verse.read_bytes())
    assert charlm("train", text, "--steps", 2, *SMALL).returncode == 0
    text.write_bytes(verse.read_bytes() + b"The end.\n")
    result = charlm("train", "--resume", "--steps", 4)
    assert result.returncode == 4
    assert "no longer" in result.stderr


@contextlib.contextmanager
def files_of_at_most(size):
    """No file may grow beyond these bytes. Python ignores the signal that would end it."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_loses_nothing(charlm, verse):
    """A limit on the size of files stands for the disk: the second training cannot write its checkpoint."""
    small = ("-s", "model.hidden_size=24", "-s", "training.batch_size=8", "-s", "training.seq_len=32")
    assert charlm("train", verse, "--run", "kept", "--steps", 5, "--device", "cpu", *small).returncode == 0
    with files_of_at_most(20_000):
        result = charlm("train", "--resume", "kept", "--steps", 9)
    assert result.returncode == 4, result.stderr
    assert "bytes were needed" in result.stderr
    assert "Traceback" not in result.stderr
    assert charlm("sample", "kept", "-n", 5).returncode == 0
    assert charlm("train", "--resume", "kept", "--steps", 9).returncode == 0


def test_the_same_command_gives_the_same_weights(charlm, process, verse, tmp_path):
    assert charlm("train", verse, *SEEDED).returncode == 0
    one, two = (run / "step-20/model.safetensors" for run in (tmp_path / "runs/seeded", process[1]))
    assert one.read_bytes() == two.read_bytes()


def test_the_embedded_corpus_is_learnt_better_than_by_bigrams(charlm):
    """After a short training, alice is predicted better than by its own bigram frequencies."""
    stats = json.loads(charlm("data", "stats", "alice", "--json").stdout)
    result = charlm(
        "train", "alice", "--steps", 90, "-s", "model.hidden_size=64", "-s", "model.num_layers=1",
        "-s", "training.learning_rate=0.02", "-s", "training.validations=1", "-s", "training.valid_characters=20000",
        "--json",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["valid_bits_per_character"] < stats["bigram_entropy_bits"]

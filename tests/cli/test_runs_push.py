"""`charlm runs push` through the real command line, and read back by the loggers' own readers."""

from __future__ import annotations

import shutil
import signal
import sys

import pytest

from charlm.runs import read_metrics


@pytest.fixture
def tiny(tiny_run, tmp_path):
    """A copy of the trained run, in the folder of the test's runs."""
    shutil.copytree(tiny_run / "tiny", tmp_path / "runs/tiny")
    return tmp_path / "runs/tiny"


def steps_at(folder, tag):
    """The steps of a number, as TensorBoard reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    reader.Reload()
    return [event.step for event in reader.Scalars(tag)]


def test_a_run_is_pushed_once_and_then_what_is_new(charlm, tiny, tmp_path, verse):
    first = charlm("runs", "push", "tiny")
    assert first.returncode == 0, first.stderr
    assert "pushed       63 lines, up to step 60" in first.stdout
    assert f"tensorboard --logdir {tmp_path / 'runs/tensorboard'}" in first.stdout
    events = tmp_path / "runs/tensorboard/tiny"
    assert steps_at(events, "train/bits") == list(range(1, 61))
    assert charlm("runs", "push", "tiny").stdout.startswith("pushed       nothing new")
    more = charlm("train", "--resume", "tiny", "--more", 5, "--device", "cpu")
    assert more.returncode == 0, more.stderr
    assert charlm("runs", "push", "tiny").returncode == 0
    assert steps_at(events, "train/bits") == list(range(1, 66))
    shutil.rmtree(events)
    assert charlm("runs", "push", "tiny").returncode == 0
    assert steps_at(events, "train/bits") == list(range(1, 66)), "what was removed there is pushed again"
    removed = charlm("runs", "rm", "tiny", "--yes")
    assert "these are not charlm's" not in removed.stderr
    assert not tiny.exists()


def test_a_training_is_followed_to_its_end(charlm, charlm_forked, verse, tmp_path):
    training = charlm_forked(
        "train", verse, "--run", "live", "--budget", "1s", "--device", "cpu", "-s", "model.hidden_size=16",
        "-s", "training.sample_every=0.3",
    )  # fmt: skip
    training.until("saved")
    followed = charlm("runs", "push", "live", "--follow", "--at", tmp_path / "board")
    training.communicate()
    assert followed.returncode == 0, followed.stderr
    metrics = list(read_metrics(tmp_path / "runs/live/metrics.jsonl"))
    assert steps_at(tmp_path / "board/live", "train/nats") == [
        line["step"] for line in metrics if line["event"] == "updated"
    ]
    assert steps_at(tmp_path / "board/live", "valid/nats")[-1] == metrics[-2]["step"]


def test_ctrl_c_ends_following_and_says_how_to_go_on(charlm_forked, verse, tmp_path, monkeypatch):
    from charlm.runs import Run, append_metrics
    from charlm.runs.lock import lock_run

    run = Run(tmp_path / "runs/busy")
    run.folder.mkdir(parents=True)
    run.write_mark({"format": 1, "created": "2026-11-26T12:00:00+00:00"})
    append_metrics(run.metrics, {"event": "updated", "step": 1, "nats": 1.0})
    with lock_run(run):
        process = charlm_forked("runs", "push", "busy", "--follow")
        process.until("pushed 1 lines")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert "Interrupted; what was pushed is kept: 1 lines, up to step 1" in said
    assert "Go on with: charlm runs push busy --to tensorboard --follow" in said


@pytest.mark.parametrize("name", ["tensorboard", "trackio", "mlflow", "wandb"])
def test_a_logger_that_is_not_installed_is_named_with_its_extra(charlm, tiny, monkeypatch, name):
    for module in [name, *(each for each in sys.modules if each.startswith((f"{name}.", "charlm.loggers.to_")))]:
        monkeypatch.setitem(sys.modules, module, None) if not module.startswith("charlm") else monkeypatch.delitem(
            sys.modules, module
        )
    refused = charlm("runs", "push", "tiny", "--to", name)
    assert refused.returncode == 2
    assert f"Pushing to {name} needs the library {name}" in refused.stderr
    assert f"pip install 'charlm-rnn[{name}]'" in refused.stderr


def test_a_folder_that_cannot_be_written_is_named(charlm, tiny, tmp_path):
    (tmp_path / "file").write_text("")
    refused = charlm("runs", "push", "tiny", "--at", tmp_path / "file")
    assert refused.returncode == 4
    assert "The event file cannot be written" in refused.stderr

"""The training score is one number: in the view, the log, the card, the JSON, the checkpoint and the picture."""

from __future__ import annotations

import io
import json
import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.display.live import LiveView
from charlm.evaluation.score import in_bits
from charlm.runs import Run, read_metrics
from charlm.runs.summary import summarize_run
from charlm.training import journal
from charlm.training.score import RECENT, training_score

Scores = list[float]


def after(scores: Scores) -> float:
    numbered = enumerate(scores, 1)
    return list(accumulate(numbered, lambda mean, each: training_score(mean, each[1], each[0]), initial=0.0))[-1]


def test_the_score_of_a_constant_is_the_constant() -> None:
    assert after([1.5] * 40) == pytest.approx(1.5)


def test_the_score_forgets_the_first_updates() -> None:
    assert after([6.0] * 10 + [2.0] * 10 * RECENT) == pytest.approx(2.0, abs=0.01)


@given(st.lists(st.floats(0.1, 9.0), min_size=1, max_size=60))
def test_the_score_lies_between_those_of_the_updates(scores: Scores) -> None:
    assert min(scores) - 1e-9 <= after(scores) <= max(scores) + 1e-9


SMALL = [
    option
    for setting in (
        "model.hidden_size=8", "model.num_layers=1", "training.batch_size=4", "training.seq_len=16",
        "training.validations=3", "training.sample_length=0",
    )
    for option in ("-s", setting)
]  # fmt: skip


def test_view_log_card_checkpoint_and_picture_show_one_training_score(charlm, verse, tmp_path, monkeypatch) -> None:
    """Also where a resume divides the training, and where metrics.jsonl leaves updates out."""
    plt = pytest.importorskip("matplotlib.axes")
    monkeypatch.setattr(journal, "DENSE_STEPS", 5)
    monkeypatch.setattr(journal, "THINNING", 2)
    labels = []
    annotate = plt.Axes.annotate
    monkeypatch.setattr(plt.Axes, "annotate", lambda axes, text, *more, **named: (
        labels.append(text), annotate(axes, text, *more, **named))[1])  # fmt: skip
    charlm("train", verse, "--run", "one", "--steps", 11, *SMALL)
    done = charlm("train", "--resume", "one", "--steps", 23, "--json")
    assert done.returncode == 0, done.stderr
    shown = f"{json.loads(done.stdout)['train_bits_per_character']:.3f}"

    (card,) = re.findall(r"^train +(\S+) bits", done.stderr, re.MULTILINE)
    log = re.findall(r"^step 23 .*train (\S+) bits", done.stderr, re.MULTILINE)
    run = Run(tmp_path / "runs" / "one")
    newest = [row for row in read_metrics(run.metrics) if row["event"] == "updated"][-1]
    body = json.loads((run.folder / "step-23" / "checkpoint.json").read_text())["body"]
    picture = [label.split()[1] for label in labels if label.startswith("train ")]
    assert newest["step"] == 23
    assert {
        card, *log, picture[-1], f"{in_bits(newest['train_nats']):.3f}", f"{in_bits(body['scores']['train_nats']):.3f}"
    } == {shown}  # fmt: skip
    if summarize_run(run).best == "step-23":
        assert f"train        {shown} bits" in charlm("runs", "show", "one").stdout


def test_the_live_view_draws_and_prints_that_score(monkeypatch) -> None:
    from rich.console import Console

    from charlm.training.events import Updated

    console = Console(file=io.StringIO(), width=80, height=30)
    view = LiveView(console, "a run", now=lambda: 0.0)
    for step in range(1, 4):
        view._store(Updated(step, step / 4, 0.1, 9.0, 1e-3, 0.5, step * 64, float(step), 64.0, 2.0))
    console.print(view)
    assert f"train bits{in_bits(2.0):.3f}".replace(" ", "") in console.file.getvalue().replace(" ", "")
    assert [bits for _, bits in view._curve.points()[0]] == pytest.approx([in_bits(2.0)] * 3)

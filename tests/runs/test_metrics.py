"""metrics.jsonl can be read after crashes and foreign edits."""

import json

from charlm.runs import append_metrics, forget_metrics_after, read_metrics


def write(path, *steps):
    for step in steps:
        append_metrics(path, {"event": "updated", "step": step, "nats": 1.5})


def steps(path):
    return [measured["step"] for measured in read_metrics(path)]


def test_lines_come_back_in_order(tmp_path):
    path = tmp_path / "metrics.jsonl"
    assert list(read_metrics(path)) == []
    append_metrics(path, {"step": 1, "text": "a\nb\u2028c 😀 \ud800", "rate": 1e-3})
    write(path, 2)
    assert next(read_metrics(path)) == {"step": 1, "text": "a\nb\u2028c 😀 \ud800", "rate": 1e-3}
    assert steps(path) == [1, 2]
    assert len(path.read_bytes().splitlines()) == 2


def test_numbers_that_are_not_finite_become_null(tmp_path):
    path = tmp_path / "metrics.jsonl"
    append_metrics(path, {"step": 1, "gradient_norm": float("inf"), "nats": float("nan")})
    assert json.loads(path.read_text(), parse_constant=None) == {"step": 1, "gradient_norm": None, "nats": None}


def test_a_cut_off_last_line_is_skipped(tmp_path):
    path = tmp_path / "metrics.jsonl"
    write(path, 1, 2, 3)
    whole = path.read_bytes()
    second_end = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    for cut in range(second_end, len(whole)):
        path.write_bytes(whole[:cut])
        assert steps(path) == [1, 2], cut


def test_forgetting_deletes_later_steps_and_damaged_lines(tmp_path):
    path = tmp_path / "metrics.jsonl"
    append_metrics(path, {"event": "started"})
    write(path, 1, 2, 3)
    with path.open("a") as file:
        file.write('{"step": 2, "torn')
    forget_metrics_after(path, 2)
    write(path, 3, 4)
    assert [measured.get("step") for measured in read_metrics(path)] == [None, 1, 2, 3, 4]


def test_forgetting_creates_no_file(tmp_path):
    forget_metrics_after(tmp_path / "metrics.jsonl", 3)
    assert list(tmp_path.iterdir()) == []


def test_foreign_lines_are_skipped(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'[1]\n\xff\xfe\n\n{"step": 1}\n' + b"[" * 100_000 + b"\n")
    assert steps(path) == [1]

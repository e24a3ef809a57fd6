"""The lines of metrics.jsonl as they are added; a file that is written anew begins anew."""

from __future__ import annotations

import json

from charlm.service import metrics_tail
from charlm.service.metrics_tail import UPDATE, MetricsTail


def line(**measured):
    return json.dumps(measured) + "\n"


def update(step):
    return line(event="updated", **{name: float(number) for number, name in enumerate(UPDATE)} | {"step": step})


def test_each_line_is_told_once(tmp_path):
    path = tmp_path / "metrics.jsonl"
    tail = MetricsTail(path)
    path.write_text(update(1) + line(event="validated", step=1, nats=2.0, best=True))
    first = tail.since("", 0)
    assert [one[0] for one in first.updates] == [1]
    assert first.events == [{"event": "validated", "step": 1, "nats": 2.0, "best": True}]
    with path.open("a") as file:
        file.write(update(2) + '{"event": "upda')  # half of a line, for now
    second = tail.since(first.version, first.offset)
    assert ([one[0] for one in second.updates], second.version) == ([2], first.version)
    with path.open("a") as file:
        file.write('ted", "step": 3}\n')
    third = tail.since(second.version, second.offset)
    assert third.updates == [[3, *[None] * (len(UPDATE) - 1)]]
    assert tail.since(third.version, third.offset).updates == []


def test_a_file_that_was_written_anew_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "metrics.jsonl"
    tail = MetricsTail(path)
    path.write_text(update(1) + update(2) + update(3))
    first = tail.since("", 0)
    other = tmp_path / "new"
    other.write_text(update(1))
    other.replace(path)
    again = tail.since(first.version, first.offset)
    assert again.version != first.version
    assert [one[0] for one in again.updates] == [1]
    path.write_text("")
    assert tail.since(again.version, again.offset).version not in (first.version, again.version)


def test_damaged_lines_are_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"\xff\xfe\n[]\n" + b"[" * 5000 + b"\nnull\n" + update(4).encode() + line(event="other").encode())
    found = MetricsTail(path).since("", 0)
    assert ([one[0] for one in found.updates], found.events) == ([4], [])


def test_a_long_file_comes_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics_tail, "MOST_READ", 1000)
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(map(update, range(1, 40))))
    tail, version, offset, steps, more = MetricsTail(path), "", 0, [], True
    while more:
        found = tail.since(version, offset)
        version, offset, more = found.version, found.offset, found.more
        steps += [one[0] for one in found.updates]
    assert steps == list(range(1, 40))


def test_there_is_nothing_new_without_a_file_or_from_a_place_beyond_it(tmp_path):
    tail = MetricsTail(tmp_path / "metrics.jsonl")
    assert tail.since("", 0).updates == []
    (tmp_path / "metrics.jsonl").write_text(update(1))
    version = tail.since("", 0).version
    assert [one[0] for one in tail.since(version, 10**9).updates] == [1]

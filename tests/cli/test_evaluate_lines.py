"""`charlm eval lines` through the real command line."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def runs(tiny_run):
    return {"CHARLM_RUNS": str(tiny_run)}


@pytest.fixture
def labelled(tmp_path):
    good = ["The owl went out to look for mice,", "The rice had all been sold at noon,", "The owl came home"]
    lines = [f"good\t{line}" for line in good * 3] + ["bad\twwww xqxq", "bad\tmmmm\\n"]
    path = tmp_path / "labelled.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_strange_lines_come_first(charlm, runs, tmp_path, verse):
    text = tmp_path / "lines.txt"
    text.write_text(verse.read_text() + "wwwwwwww mmmm\n")
    done = charlm("eval", "lines", "tiny", text, "--top", 2, env=runs)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[1].endswith("wwwwwwww mmmm")
    assert len(rows) == 6
    assert "81 lines" in done.stderr


def test_labels_give_a_roc(charlm, runs, labelled):
    done = charlm("eval", "lines", "tiny", labelled, "--label-column", 1, env=runs)
    assert done.returncode == 0, done.stderr
    assert "area under the ROC for 'bad': 1.0000" in done.stdout
    assert "labels: 'good' x 9, 'bad' x 2" in done.stderr
    other = charlm("eval", "lines", "tiny", labelled, "--label-column", 1, "--positive", "good", "--json", env=runs)
    result = json.loads(other.stdout)
    assert result["roc"]["area"] == 0
    assert {row["label"] for row in result["strangest"][:2]} == {"bad"}


def test_values_of_all_lines_are_printed_in_order(charlm, runs, labelled):
    done = charlm("eval", "lines", "tiny", labelled, "--label-column", 1, "--by", "total", "--tsv", env=runs)
    heading, *rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert heading == ["line", "characters", "nats", "bits_per_character", "text", "label"]
    assert len(rows) == 11
    nats = [float(row[2]) for row in rows]
    assert nats == sorted(nats, reverse=True)
    assert "mmmm\\\\n" in [row[4] for row in rows]


def test_without_a_text_it_is_the_validation_split(charlm, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("".join(f"name{number}\n" for number in range(200)))
    options = ["--records", "--run", "names", "--steps", 2, "-s", "model.hidden_size=16"]
    assert charlm("train", names, *options).returncode == 0
    result = json.loads(charlm("eval", "lines", "names", "--json").stdout)
    expected = json.loads(charlm("eval", "perplexity", "names", "--json").stdout)
    assert result["bits_per_character"] == pytest.approx(expected["bits_per_character"], rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["TEXT", "--label-column", "7"], 3, "no column 7"),
        (["TEXT", "--label-column", "1", "--positive", "ugly"], 3, "No line has the label 'ugly'"),
        (["TEXT", "--positive", "bad"], 2, "--label-column"),
        (["--label-column", "1"], 2, "a text that is given"),
        (["TEXT", "--tsv", "--json"], 2, "cannot go together"),
        (["EMPTY"], 3, ""),
        (["BINARY"], 3, ""),
    ],
)
def test_bad_input(charlm, runs, labelled, tmp_path, arguments, code, words):
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "binary.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    named = {"TEXT": labelled, "EMPTY": "empty.txt", "BINARY": "binary.png"}
    done = charlm("eval", "lines", "tiny", *[named.get(each, each) for each in arguments], env=runs)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "bug" not in done.stderr
    assert done.stdout == ""

"""`charlm inspect states, match, neighbours` and `charlm export vectors` through the real command line."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest


@pytest.fixture
def run(charlm, tiny_run):
    def call(*arguments, **named):
        return charlm(*arguments, env={"CHARLM_RUNS": str(tiny_run)}, **named)

    return call


def json_of(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_table_of_units_and_a_text_by_one_of_them(run, verse):
    table = run("inspect", "states", "tiny", verse, "--top", 3)
    assert table.returncode == 0, table.stderr
    assert len(table.stdout.splitlines()) == 4
    unit = table.stdout.splitlines()[1].split()[0]
    shown = run("inspect", "states", "tiny", verse, "--unit", unit, "--from", 2, "--lines", 2)
    lines = shown.stdout.splitlines()
    assert lines[0] == "The mice went out to look for rice;"
    assert set(lines[1]) <= set("dcba 1234")
    assert len(lines) == 4
    assert f"unit {unit}, c" in shown.stderr


def test_values_as_json_npz_and_page(run, verse, tmp_path):
    asked = ("inspect", "states", "tiny", verse, "--layer", 2, "--value", "forget")
    found = json_of(run(*asked, "--json", "--unit", "2:5", "--lines", 1, "--npz", "v.npz"))
    assert found["values"] == {"2": "forget"}
    assert "".join(found["pieces"]) == "The owl went out to look for mice,\n"
    values = found["units"][0]["values"]
    assert len(values) == len(found["pieces"])
    assert all(0 < one < 1 for one in values)
    with np.load(tmp_path / "v.npz") as arrays:
        np.testing.assert_allclose(arrays["layer2_forget"][: len(values), 5], values, atol=1e-4)
        assert arrays["ids"].shape == (found["characters"],)
    page = run(*asked, "--html", "s.html", "--unit", "2:5", "--top", 4)
    assert page.returncode == 0, page.stderr
    assert '"2:5"' in (tmp_path / "s.html").read_text(encoding="utf-8")
    assert run(*asked, "--html", "s.html").returncode == 2
    assert run(*asked, "--html", "s.html", "--force").returncode == 0


def test_the_valid_split_is_read_without_a_text(run):
    assert json_of(run("inspect", "states", "tiny", "--json", "--top", 1))["text"] == "verse, valid split"


def test_all_kept_values_can_be_removed(run, verse):
    run("inspect", "states", "tiny", verse, "--table")
    assert "bytes removed from" in run("inspect", "states", "--forget").stderr
    assert run("inspect", "states", "--forget").stderr.startswith("0 bytes")


def test_places_where_the_same_units_are_on(run, verse, tmp_path):
    asked = ("inspect", "match", "tiny", verse, "--phrase", "owl", "--top", 12)
    found = json_of(run(*asked, "--json", "--npz", "m.npz"))
    assert found["selected"]["text"] == "owl"
    assert len(found["matches"]) == 12
    assert {len(one["text"]) for one in found["matches"]} == {3}
    assert all(0 < one["score"] <= 1 for one in found["matches"])
    assert found["units"]
    table = run(*asked)
    assert len(table.stdout.splitlines()) == 14
    assert run(*asked, "--html", "m.html").returncode == 0
    assert "<mark>owl</mark>" in (tmp_path / "m.html").read_text(encoding="utf-8")
    same = json_of(run("inspect", "match", "tiny", verse, "--at", "1:5", "--length", 3, "--top", 12, "--json"))
    assert same["selected"] == found["selected"]


def test_lines_that_are_alike(run, verse, tmp_path):
    found = json_of(run("inspect", "neighbours", "tiny", verse, "--line", 5, "--json", "--top", 3))
    assert {one["text"] for one in found["lines"]} == {found["asked"]["text"]}
    like = json_of(run("inspect", "neighbours", "tiny", verse, "--like", "The owl went out!", "--json", "--top", 3))
    assert like["lines"][0]["text"].startswith("The owl")
    assert run("inspect", "neighbours", "tiny", verse, "--line", 2, "--html", "n.html").returncode == 0
    assert (tmp_path / "n.html").exists()


def test_vectors_of_lines(run, verse, tmp_path):
    for name in ("v.npz", "v.csv"):
        assert run("export", "vectors", "tiny", verse, "-o", name).returncode == 0
    with np.load(tmp_path / "v.npz") as arrays:
        assert arrays["vectors"].shape == (80, 64)
        assert arrays["lines"].tolist() == list(range(1, 81))
        rows = list(csv.reader((tmp_path / "v.csv").read_text(encoding="utf-8").splitlines()))
        assert rows[0][:3] == ["line", "text", "1:0"]
        assert rows[1][1] == str(arrays["texts"][0]) == "The owl went out to look for mice,"
        np.testing.assert_allclose([float(one) for one in rows[5][2:]], arrays["vectors"][4], rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("inspect", "states", "tiny", "{}", "--unit", "3:1"), 2, "Layers: 1, 2"),
        (("inspect", "states", "tiny", "{}", "--unit", "1:32"), 2, "units 0 to 31"),
        (("inspect", "states", "tiny", "{}", "--layer", "3"), 2, "layers 1 to 2"),
        (("inspect", "states", "tiny", "{}", "--value", "z"), 2, "h, c, input, forget, output"),
        (("inspect", "states", "tiny", "{}", "--unit", "1:1", "--from", "100"), 2, "80 lines"),
        (("inspect", "states", "tiny", "{}", "--json", "--html", "x"), 2, "together"),
        (("inspect", "states", "tinny"), 4, "Did you mean tiny?"),
        (("inspect", "states", "tiny", "nothing.txt"), 3, "nothing.txt"),
        (("inspect", "match", "tiny", "{}"), 2, "--phrase"),
        (("inspect", "match", "tiny", "{}", "--phrase", "wolf"), 3, "does not have 'wolf'"),
        (("inspect", "match", "tiny", "{}", "--at", "99:1"), 2, "80 lines"),
        (("inspect", "match", "tiny", "{}", "--at", "1:99"), 2, "1 to 35"),
        (("inspect", "match", "tiny", "{}", "--at", "here"), 2, "LINE:COLUMN"),
        (("inspect", "match", "tiny", "{}", "--at", "1:1", "--length", "300"), 3, "Select fewer"),
        (("inspect", "neighbours", "tiny", "{}"), 2, "--line N or --like"),
        (("inspect", "neighbours", "tiny", "{}", "--line", "99"), 2, "Line 99"),
        (("inspect", "neighbours", "tiny", "{}", "--like", "ÄÖ"), 3, "knows no character"),
        (("export", "vectors", "tiny", "{}"), 2, "FILE.npz"),
        (("export", "vectors", "tiny", "{}", "-o", "v.txt"), 2, "FILE.npz"),
    ],
)
def test_bad_input_is_three_lines_and_an_exit_code(run, verse, arguments, code, says):
    result = run(*(str(verse) if one == "{}" else one for one in arguments))
    assert result.returncode == code, result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_unknown_characters_are_left_out_and_a_text_of_nothing_else_is_too_short(run, tmp_path):
    (tmp_path / "odd.txt").write_text("The öwl went out\n" * 3, encoding="utf-8")
    result = run("inspect", "states", "tiny", "odd.txt", "--top", 2)
    assert result.returncode == 0, result.stderr
    assert "3 characters that tiny does not know were left out" in result.stderr
    (tmp_path / "odd.txt").write_text("öä" * 30, encoding="utf-8")
    assert run("inspect", "states", "tiny", "odd.txt").returncode == 3


def test_units_in_the_order_of_a_property(run, verse, tmp_path, monkeypatch):
    from charlm.inspection import finder

    monkeypatch.setattr(finder, "SHIFTS", 1)  # a text that repeats itself meets itself when it is shifted
    long = tmp_path / "long.txt"
    rng = np.random.default_rng(1)
    long.write_text("".join(rng.choice(list("owl mice\n"), 8000)), encoding="utf-8")
    found = json_of(run("inspect", "states", "tiny", long, "--by", "own=o", "--json", "--top", 1, "--lines", 60))
    values = np.array(found["units"][0]["values"])
    here = np.array([piece == "o" for piece in found["pieces"]])
    assert abs(values[here].mean() - values[~here].mean()) > 0.5 * values.std()
    assert "20 are needed" in run("inspect", "states", "tiny", long, "--by", "url").stderr
    assert "4,000" in run("inspect", "states", "tiny", verse, "--by", "word").stderr


@pytest.mark.parametrize("name", ["bytes", "names", "rare", "rare-names", "clusters", "hostile"])
def test_every_kind_of_vocabulary_and_records(charlm, made, tmp_path, name):
    text = tmp_path / "text.txt"
    text.write_text("abc\nné a\nbba e\u0301🎻\n\nca\x1b\u202e\n" * 30, encoding="utf-8")
    where = str(made / name / "step-20")
    for number, asked in enumerate(
        [
            ("states", "--table"), ("states", "--unit", "1:0", "--lines", 9), ("states", "--json", "--lines", 9),
            ("states", "--html", "a.html"), ("match", "--at", "1:1", "--length", 1), ("neighbours", "--like", "a"),
        ]
    ):  # fmt: skip
        command, *options = asked
        result = charlm("inspect", command, where, "text.txt", *options)
        assert result.returncode in (0, 3), (number, result.stderr)
        assert "Traceback" not in result.stderr
        assert "bug" not in result.stderr
        if "names" in name:
            assert "each is read from a fresh state" in result.stderr
    assert charlm("export", "vectors", where, "text.txt", "-o", "v.csv").returncode in (0, 3)

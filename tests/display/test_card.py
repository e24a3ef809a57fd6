"""A score card as tables, Markdown and a picture, from the object of `--json`."""

from __future__ import annotations

import pytest

from charlm.display import output
from charlm.display.card_files import card_markdown
from charlm.display.card_plot import plot_card
from charlm.display.card_table import baseline_rows, footnotes, gain_rows, model_rows, print_card


def row(name, bits, learns="no", interval=None, **more):
    units = {"nats_per_character": bits and bits * 0.69, "bits_per_character": bits, "bits_per_byte": bits}
    return {"name": name, "learns": learns, "interval": interval, "seconds": 1.25, **units, **more}


def card(**changes):
    interval = {"low_nats": 1.4, "high_nats": 1.5, "blocks": 112}
    return {
        "run": "my_run", "step": 1200, "model": "lstm 2 x 256", "text": "book", "unit": "character",
        "characters": 111_539, "bytes": 111_600,
        "rows": [
            row("static", 2.07, interval=interval), row("fitted temperature", 2.06, interval=interval),
            row("static + n-gram", 2.0, "weights", interval), row("static + counting", 1.9, "yes", interval),
        ],
        "baselines": [
            row("uniform", 6.0, alone={"bits_per_character": 6.0}), row("Kneser-Ney 6", 2.19, alone=None),
            row("PPMd 6", None, "yes", alone=None, lacks="PPMd needs pyppmd"),
        ],
        "gains": [
            {"group": "in a line of the training part", "share": 0.1, "before": 1.4, "after": 0.7},
            {"group": "all others", "share": 0.9, "before": 1.5, "after": 1.47},
        ],
        "shared_run": {"characters": 100, "at": 5, "training_at": 7, "begins": "GREMIO:\nand <b>|*"},
        "protocol": {
            "split": "valid", "state": "carried over the whole text", "streams": 1, "unit": "character", "symbols": 65,
            "unknown": "skip", "unknown_characters": 3, "training_characters": 1_003_854, "temperature": 1.05,
            "temperature_fitted_on": "the end of the training part", "order": 6,
            "mixed_order": 8, "adapted": None,
            "interval": "block bootstrap",
        },
    } | changes  # fmt: skip


def test_rows_have_a_cell_for_each_column():
    for rows in (model_rows(card()), baseline_rows(card())):
        assert len({len(each) for each in rows}) == 1
    assert model_rows(card())[1] == ["static", "1.4283", "2.0700", "2.0700", "2.020-2.164", "no", "1.2"]
    assert baseline_rows(card())[3] == ["PPMd 6", "", "", "", "", "yes", "1.2"]


def test_gains_are_shares_of_the_whole():
    assert gain_rows(card())[1:] == [
        ["in a line of the training part", "10.0%", "2.020", "1.010", "72%"],
        ["all others", "90.0%", "2.164", "2.121", "28%"],
    ]
    assert "where adapting gains" in card_markdown(card())
    assert "where adapting gains" not in card_markdown(card(gains=[]))
    worse = [{"group": "all others", "share": 1.0, "before": 1.4, "after": 1.5}]
    assert gain_rows(card(gains=worse))[1][-1] == ""


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_into_a_terminal(width, monkeypatch, capsys):
    monkeypatch.setattr(output, "stdout_width", lambda: width)
    print_card(card())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    if width >= 80:
        assert any("2.0700" in line and "2.020-2.164" in line and "no" in line and "1.2" in line for line in lines)


def test_footnotes_say_how_it_was_measured():
    protocol, _, shared, _ = footnotes(card())
    for words in ("111,539 characters", "all after the first", "3 unknown (skip)", "1,003,854", "1.0500, fitted on"):
        assert words in protocol
    assert r"100 characters: 'GREMIO:\nand <b>|*'..." in shared
    nothing = card(shared_run={"characters": 0, "at": 0, "training_at": 0, "begins": ""})
    assert footnotes(nothing)[2].endswith(": 0 characters")


def test_markdown_shows_what_is_written():
    lines = card_markdown(card()).splitlines()
    assert lines[0] == r"### my\_run (lstm 2 x 256, step 1,200) on book, valid split"
    assert "| static | 1.4283 | 2.0700 | 2.0700 | 2.020-2.164 | no | 1.2 |" in lines
    assert "| --- | ---: | ---: | ---: | ---: | --- | ---: |" in lines
    assert any(r"and \<b\>\|\*" in line for line in lines)
    assert {line.count("|") for line in lines if line.startswith("|")} == {6, 8}


def test_the_picture_is_drawn_and_the_same_twice(tmp_path):
    pytest.importorskip("matplotlib")
    for name in ("one.png", "two.png"):
        plot_card(card(), tmp_path / name)
    one = (tmp_path / "one.png").read_bytes()
    assert one.startswith(b"\x89PNG")
    assert one == (tmp_path / "two.png").read_bytes()

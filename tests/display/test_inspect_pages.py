"""Pages of `charlm inspect`: a text in colours, and reports of charts and tables."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from charlm.display.report_page import Bar, Chart, Curve, ReportTable, report_page
from charlm.display.signed_text import signed_steps
from charlm.display.symbol_pieces import Pieces, symbol_name
from charlm.display.text_page import PageTable, signed_series, text_page
from charlm.text.vocabulary import Vocabulary

HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\x1b"


def data_of(page, name):
    return json.loads(re.search(rf'id="{name}">(.*?)</script>', page, re.DOTALL)[1])


def a_report():
    x = np.array([1.0, 2.0, 4.0])
    curve = Curve(HOSTILE, x, np.array([3.0, np.nan, 1.0]), x, x + 1)
    chart = Chart(HOSTILE, "k", "bits", [curve, Curve("other", x, x, dashed=True)], log_x=True)
    table = ReportTable("T", ("name", "share"), [(HOSTILE, Bar([(0.25, "b1"), (0.75, "b3")], "25 %")), ("b", "1,200")])
    return report_page(HOSTILE, [HOSTILE], [chart], [table], [HOSTILE])


def a_text():
    pieces = Pieces(["a", "\n", "b", HOSTILE], np.arange(4))
    series = signed_series("one", np.array([0.0, 1.0, -0.4, 0.1]), "bits", "for", "against")
    return text_page(HOSTILE, ["line"], pieces, [series, series], HOSTILE, [PageTable("T", [["h"], [HOSTILE]])])


@pytest.mark.parametrize("page", [a_report(), a_text()], ids=["report", "text"])
def test_what_a_stranger_wrote_stays_text(page):
    assert "<img" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert page.count("<script") == page.count("</script>") == 2


def test_gaps_of_curves_are_null():
    curve, other = data_of(a_report(), "charts")[0]["curves"]
    assert curve["y"] == [3.0, None, 1.0]
    assert (curve["low"], other["low"]) == ([1.0, 2.0, 4.0], None)


def test_the_parts_of_a_bar_lie_beside_each_other():
    rectangles = Bar([(0.25, "b1"), (0.5, "b2"), (0.25, "b3")], "").rectangles
    assert [(each["x"], each["width"]) for each in rectangles] == [
        ("0.00", "25.00"), ("25.00", "50.00"), ("75.00", "25.00"),
    ]  # fmt: skip


def test_steps_have_the_sign_of_the_number_and_four_sizes():
    assert signed_steps(np.array([0, 0.04, -0.05, 0.2, -0.4, 1.0])).tolist() == [0, 0, -1, 2, -3, 4]
    assert signed_steps(np.zeros(3)).tolist() == [0, 0, 0]


def test_the_bytes_of_a_character_are_one_piece():
    vocabulary = Vocabulary.of("größe", "byte")
    ids = vocabulary.encode("größe").ids
    pieces = Pieces.of(vocabulary, ids)
    assert pieces.texts == list("größe")
    assert pieces.sums(np.arange(len(ids))).tolist() == [0, 1, 2 + 3, 4 + 5, 6]
    assert symbol_name(vocabulary, int(ids[2])).startswith("byte 0x")
    assert symbol_name(Vocabulary.of("a\n"), 0) == "'\\n'"


@pytest.mark.skipif(not shutil.which("chromium"), reason="there is no chromium")
@pytest.mark.parametrize(
    ("page", "drawn"),
    [(a_report(), ['class="line c0"', 'class="band c0"', "<button"]), (a_text(), ['class="p4', 'class="m3"', "↵"])],
    ids=["report", "text"],
)
def test_a_browser_draws_the_page(tmp_path, page, drawn):
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    shown = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", f"--user-data-dir={tmp_path}", "--dump-dom", "page.html"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    assert all(each in shown for each in drawn), shown
    assert "<img" not in shown

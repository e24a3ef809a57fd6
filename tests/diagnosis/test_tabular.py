"""Forms that doctor notices by the first lines, and how it says to read them."""

import json

import pytest

from charlm.diagnosis.tabular import find_form

CSV = ["name,size,note", *(f'owl {number},{number},"a note, of {number}"' for number in range(30))]


@pytest.mark.parametrize(
    ("lines", "source", "argument"),
    [
        ([">one", "ACDE", ">two", "FGHI", "KL"], "x", "text.format=fasta"),
        ([json.dumps({"id": "1", "text": "a longer one"})] * 9, "x.jsonl", "text.field=text"),
        (CSV, "x.csv", "text.column=note"),
        (CSV, "x.txt", "text.column=note"),
        ([f"{number}+{number}\t{2 * number}" for number in range(30)], "x", "text.column=1"),
        (["name,a long note"] + ["owl,it is grey and it flies"] * 9, "x.csv", "text.column=2"),
        (["a joke", "", "%"] * 9, "x", "text.separator=%"),
    ],
)
def test_the_form_is_noticed(lines, source, argument):
    form = find_form(lines, source)
    assert form
    assert form.arguments[-1] == argument


@pytest.mark.parametrize(
    "lines",
    [
        ["The owl went out, and the mice, too, went out."] * 3,
        [f"The owl {', '.join(['flew'] * (number % 5 + 1))}." for number in range(40)],
        ["> a quotation of a mail", "> that goes on", "and an answer"] * 9,
        ["{not json}"] * 20,
        [json.dumps({"n": 1})] * 9,
        ["[1, 2]"] * 9,
    ],
)
def test_other_texts_have_no_form(lines):
    assert find_form(lines, "x.txt") is None

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
        (["name,a long note"] + ["owl,it is grey and it flies"] * 9, "x.csv", "text.column=a long note"),
        (["name,1st note"] + ["owl,it is grey and it flies"] * 9, "x.csv", "text.column=2"),
        (["имя;текст"] + [f"сова {n};она летит и летит" for n in range(9)], "x.csv", "text.column=текст"),
        (["name", *(f"owl {n}" for n in range(9))], "x.csv", "text.column=name"),
        (["id,text"] + [f'{n},"he said \\"no, {n}\\" twice"' for n in range(9)], "x.csv", "text.column=text"),
        (["id,name,x"] + [f"{n},owl,it flew" if n % 4 else f"{n},owl" for n in range(9)], "x.csv", "text.column=x"),
        (["; made up", ">one", "ACDE", ">two", "FGHI"], "x.fa", "text.format=fasta"),
        (["a note", "of two lines", "=====", "another, longer note", "====="] * 9, "x", "text.separator======"),
        (["Once, there was an owl.", "* * *"] * 9, "x", "text.separator=* * *"),
        (
            [f"<|endoftext|>Story {n}: an owl flew, and came back." for n in range(9)],
            "x",
            "text.separator=<|endoftext|>",
        ),
        ([json.dumps({"meta": {"lang": "en"}, "body": {"text": "a longer one"}})] * 9, "x", "text.field=body.text"),
        ([json.dumps({"turns": [{"say": "Hi"}, {"say": "Good day"}]})] * 9, "x", "text.field=turns.1.say"),
        (["a joke", "", "%"] * 9, "x", "text.separator=%"),
    ],
)
def test_the_form_is_noticed(lines, source, argument):
    form = find_form(lines, source)
    assert form
    assert form.arguments[-1] == argument


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (['[{"text": "a"},', '{"text": "b"}]'], "an array of JSON"),
        (["[", "  {", '    "text": "a"', "  }", "]"], "an array of JSON"),
        (["<!DOCTYPE html>", "<html><body>", *["<p>The owl went out.</p>"] * 9], "HTML or XML"),
        (['<?xml version="1.0"?>', "<a>", *["<b>The owl</b>"] * 9], "HTML or XML"),
        (["@read 1", "ACGT", "+", "IIII"] * 5, "FASTQ"),
        ([f">seq {n}" for n in range(9)], "headers of FASTA without"),
    ],
)
def test_a_form_that_no_setting_reads_is_named_with_what_to_do(lines, what):
    form = find_form(lines, "x.txt")
    assert form
    assert what in form.what
    assert form.arguments == ()
    assert form.effect.endswith((".", "?"))


@pytest.mark.parametrize(
    "lines",
    [
        ["The owl went out, and the mice, too, went out."] * 3,
        [f"The owl {', '.join(['flew'] * (number % 5 + 1))}." for number in range(40)],
        ["> a quotation of a mail", "> that goes on", "and an answer"] * 9,
        ["{not json}"] * 20,
        [json.dumps({"n": 1})] * 9,
        ["[1, 2]"] * 9,
        ["A title", "=======", "It has some text, and then goes on.", "Next one", "========"] * 9,
        ["<the owl> she said", "and the mice came home"] * 9,
    ],
)
def test_other_texts_have_no_form(lines):
    assert find_form(lines, "x.txt") is None


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.txt", "x.jsonl"])
@pytest.mark.parametrize(
    "line",
    ["a\rb,c", '"' * 7, "\0,\0", '{"a":' * 5000, "[" * 5000, "x" * 200_000, "\ud800,\ud800", '\\"\\', "<a>" * 99],
)
def test_strange_lines_are_no_traceback(line, name):
    find_form([line] * 9, name)

"""Records of every form: separators, tables, JSON lines and FASTA, from files to the records of a corpus."""

from __future__ import annotations

import json

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.corpus import open_corpus
from charlm.text.records.forms import RECORD_END, record_end


@pytest.fixture
def opened(tmp_path):
    """A function that writes a text, opens it, and gives its records, sorted, and the corpus."""

    def open_text(text, name="text.txt", **settings):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        corpus = open_corpus(TextSettings(sources=(str(path),), **settings))
        end = record_end(TextSettings(**settings))
        return sorted(corpus.vocabulary.decode(corpus.ids).removesuffix(end).split(end)), corpus

    return open_text


def test_which_symbol_ends_a_record():
    assert record_end(TextSettings()) is None
    assert record_end(TextSettings(records=True)) == "\n"
    assert record_end(TextSettings(separator="%")) == RECORD_END
    assert record_end(TextSettings(format="fasta")) == RECORD_END


# --- separators ---


def test_records_end_at_a_line_of_their_own(opened):
    records, corpus = opened("one\n100 % sure\n%\n\ntwo\n%\n", separator="%")
    assert records == ["one\n100 % sure", "two"]
    assert "records end at lines of '%'" in corpus.notes


def test_records_end_at_empty_lines(opened):
    records, corpus = opened("one\nmore\n\n \n\ntwo\n\n", separator="empty-line")
    assert records == ["one\nmore", "two"]
    assert corpus.split_kind == "records"


@pytest.mark.parametrize("separator", ["<end>", "; ", r"\n\n\n"])
def test_records_end_at_any_text(opened, separator):
    mark = separator.replace(r"\n", "\n")
    assert opened(f"one{mark}two\nlines{mark}three\n", separator=separator)[0] == ["one", "three", "two\nlines"]


def test_each_file_is_a_record(tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(f"file {number}\n\nits end\n")
    corpus = open_corpus(TextSettings(sources=(str(tmp_path),), separator="file"))
    records = corpus.vocabulary.decode(corpus.ids).split(RECORD_END)[:-1]
    assert sorted(records) == [f"file {number}\n\nits end" for number in range(5)]


def test_blank_and_doubled_records_are_said(opened):
    records, corpus = opened("one\n%\n\n%\none\n%\n \n%\ntwo\n%\n", separator="%")
    assert records == ["one", "one", "two"]
    assert {"2 blank records were left out", "1 record repeats an earlier one"} <= set(corpus.notes)


def test_a_separator_that_never_occurs_is_an_error(opened):
    with pytest.raises(TextError, match=r"never occurs: text\.separator=@@"):
        opened("one\ntwo\n", separator="@@")
    with pytest.raises(TextError, match="never occurs"):
        opened("one\ntwo\n", separator="empty-line")


def test_the_end_symbol_in_a_record_becomes_a_space(opened):
    records, corpus = opened(f"a{RECORD_END}b\n%\nc\n", separator="%")
    assert records == ["a b", "c"]
    assert "one U+001E in a record became a space" in corpus.notes


# --- tables ---

TABLE = 'name,hex,"a note, quoted"\namber,#aabbcc,"two\nlines"\nash,#ffffff,"say ""hi"""\nblue,#0000ff,plain\n'


@pytest.mark.parametrize("column", ["a note, quoted", "A Note, Quoted", 3])
def test_a_column_by_name_and_by_number_with_its_quotes(opened, column):
    records, corpus = opened(TABLE, "table.csv", column=column)
    assert records == ["plain", 'say "hi"', "two\nlines"]
    assert "the first row has the names" in " ".join(corpus.notes)


def test_a_table_without_a_header_learns_its_first_row(opened):
    assert opened("1+2\t3\n4+5\t9\n", "sums.tsv", column=1)[0] == ["1+2", "4+5"]
    assert opened("a,b\nc,d\n", column=2, header=False)[0] == ["b", "d"]
    assert opened("a,b\nc,d\n", column=2, header=True)[0] == ["d"]


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_the_delimiter_is_found(opened, delimiter):
    text = "".join(f"{name}{delimiter}{size}\n" for name, size in (("name", "size"), ("owl", "30"), ("mouse", "8")))
    assert opened(text, "table.csv", column="name")[0] == ["mouse", "owl"]


def test_quotes_within_a_cell_of_tsv_stay(opened):
    assert opened('he said "no"\t1\n"all of it"\t2\n', "t.tsv", column=1)[0] == ["all of it", 'he said "no"']


def test_line_ends_within_cells_of_tsv_are_said_with_the_format_that_reads_them(opened):
    text = 'name\tnote\nowl\t"two\nlines"\nmouse\tone\n'
    _, corpus = opened(text, "t.tsv", column="name")
    assert any("one row ends within a quote; -s text.format=csv" in note for note in corpus.notes)
    assert opened(text, "t.tsv", column="note", format="csv")[0] == ["one", "two\nlines"]


def test_a_label_begins_each_record(opened):
    records, corpus = opened("kind,text\ngood,fine\nbad,poor\ngood,great\n", "t.csv", column="text", label="kind")
    assert records == ["bad\tpoor", "good\tfine", "good\tgreat"]
    assert corpus.labels == {"good": 2, "bad": 1}


def test_short_rows_are_counted(opened):
    records, corpus = opened("kind,text\na,b\nc\nd,e\n", "t.csv", column="text")
    assert records == ["b", "e"]
    assert "one row has no such column and was left out" in corpus.notes


def test_long_names_of_columns_are_shortened_in_messages(opened):
    _, corpus = opened(f"{'n' * 900},b\n1,2\n3,4\n", "t.csv", column=2)
    assert max(map(len, corpus.notes)) < 200
    _, corpus = opened(f"a,b\nx,{'l' * 900}\ny,{'m' * 900}\n", "t.csv", column=1, label=2)
    assert max(map(len, corpus.notes)) < 200
    with pytest.raises(TextError) as refused:
        opened(f"{'n' * 900},b\n1,2\n3,4\n", "t.csv", column="c")
    assert len(str(refused.value)) < 300


def test_a_column_that_is_not_there(opened):
    with pytest.raises(TextError, match=r"no column 'nmae'[\s\S]*1 'name', 2 'hex'[\s\S]*Did you mean name"):
        opened(TABLE, "table.csv", column="nmae")
    with pytest.raises(TextError, match="no column 4"):
        opened(TABLE, "table.csv", column=4)
    with pytest.raises(TextError, match=r"no column 'kind' for text\.label"):
        opened(TABLE, "table.csv", column=1, label="kind")


@pytest.fixture
def short_cells(monkeypatch):
    monkeypatch.setattr("charlm.text.records.tables.LONGEST", 1000)
    monkeypatch.setattr("charlm.text.records.table_rows.LONGEST", 1000)
    monkeypatch.setattr("charlm.text.records.json_lines.LONGEST", 1000)


def test_a_quote_that_is_not_closed_is_an_error(opened, short_cells):
    with pytest.raises(TextError, match=r"not closed[\s\S]*line 2"):
        opened('name,size\n"owl,30\nmouse,8\n', "t.csv", column=1)
    with pytest.raises(TextError, match=r"more than 1,000 characters[\s\S]*line 2"):
        opened('name,size\n"owl,30\n' + "mouse,8\n" * 1000, "t.csv", column=1)
    with pytest.raises(TextError, match="line has more than 1,000"):
        opened("name,size\n" + "m" * 2000, "t.csv", column=1)


# --- JSON lines ---


def test_a_field_of_json_lines(opened):
    lines = [{"id": 1, "q": "Why?", "a": {"text": "So.\nThat is all.", "list": [7, "x"]}}, {"q": "How?", "a": None}]
    text = "\n".join(map(json.dumps, lines)) + "\n\n"
    assert opened(text, field="q")[0] == ["How?", "Why?"]
    records, corpus = opened(text, field="a.text", label="q")
    assert records == ["Why?\tSo.\nThat is all."]
    assert "one row has no such field and was left out" in corpus.notes
    assert opened(text, field="a.list.1")[1].vocabulary.symbols == (RECORD_END, "x")


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ('{"text": "a"}\n', "txet", r"No line has text.field=txet[\s\S]*which has text[\s\S]*Did you mean text"),
        ('{"a": {"b": "c"}}\n', "a", r"a is an object[\s\S]*a\.b"),
        ('{"a": 1}\nnot json\n', "a", r"not JSON[\s\S]*column 1\b[\s\S]*line 2"),
        ('{"a": "oh\n', "a", r"Invalid control character at column 10\n"),
        ('[{"a": 1}]\n', "a", r"no object[\s\S]*jq"),
        ("[" * 900 + "\n", "a", r"not JSON|too many levels"),
        ('{"a":' * 990 + "1" + "}" * 990 + "\n", "b", r"too many levels|No line has"),
        ('{"a": "' + "x" * 2000 + '"}', "a", "line has more than 1,000"),
    ],
)
def test_a_file_that_is_not_such_json_lines(opened, short_cells, monkeypatch, text, field, said):
    if "more than" not in said:
        monkeypatch.setattr("charlm.text.records.json_lines.LONGEST", 10_000)
    with pytest.raises(TextError, match=said):
        opened(text, field=field)


def test_json_that_is_nested_very_deeply_is_an_error(opened):
    with pytest.raises(TextError, match="too many levels"):
        opened('{"a":' * 100_000 + "1" + "}" * 100_000, field="a")


def test_a_line_of_very_many_values_is_an_error(opened, monkeypatch):
    monkeypatch.setattr("charlm.text.records.json_lines.LONG_LINE", 100)
    monkeypatch.setattr("charlm.text.records.json_lines.MOST_VALUES", 1000)
    with pytest.raises(TextError, match="more than 1,000 values"):
        opened('{"a": "b", "c": [' + "{}," * 999 + "{}]}\n", field="a")
    assert opened('{"a": "' + '[,{\\"' * 1000 + '"}\n', field="a")[0] == ['[,{"' * 1000]


def test_half_a_character_of_json_is_lost_and_said(opened):
    records, corpus = opened('{"a": "owl \\ud83e\\udd89 and \\ud83e"}\n', field="a")
    assert records == ["owl 🦉 and \ufffd"]
    assert "one character was lost before" in " ".join(corpus.notes)


def test_a_name_of_a_field_is_shortened_in_messages(opened):
    with pytest.raises(TextError) as refused:
        opened('{"' + "k" * 900 + '": "x"}\n', field="a")
    assert len(str(refused.value)) < 300


# --- FASTA ---


def test_the_headers_of_fasta_are_not_learnt(opened):
    records, corpus = opened(">one\nACDE\nFG\n\n>two\nHIK\n", format="fasta")
    assert records == ["ACDEFG", "HIK"]
    assert ">" not in corpus.vocabulary.symbols
    with pytest.raises(TextError, match="begins with a header"):
        opened("ACDE\n", format="fasta")
    with pytest.raises(TextError, match="no sequence"):
        opened(">one\n>two\n", format="fasta")

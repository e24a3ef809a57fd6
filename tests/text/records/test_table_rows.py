"""Rows of CSV and TSV: dialects of quotes and delimiters, and bounds on what a row may hold."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.errors import TextError
from charlm.text.records import table_rows
from charlm.text.records.table_rows import rows_of_csv, rows_of_tsv


def rows(text):
    return list(rows_of_csv(iter(text.splitlines(keepends=True)), "t.csv"))


def test_a_quote_in_a_cell_is_written_twice_or_after_a_backslash():
    assert rows('1,"he said ""no"" twice"\n') == [["1", 'he said "no" twice']]
    assert rows('1,"he said \\"no\\" twice"\n') == [["1", 'he said "no" twice']]
    assert rows('1,"a \\\\ and \\n and \\"q\\" b"\n') == [["1", 'a \\\\ and \\n and "q" b']]


def test_a_backslash_at_the_end_of_a_cell_is_no_dialect():
    assert rows('"C:\\dir\\",2\n"D:\\",3\n') == [["C:\\dir\\", "2"], ["D:\\", "3"]]
    assert rows('"a\\"b""c"""\n') == list(csv.reader(['"a\\"b""c"""\n']))


def test_a_first_line_may_name_the_delimiter():
    assert rows("sep=;\r\nname;size\r\nowl, barn;30\r\n") == [["name", "size"], ["owl, barn", "30"]]


@pytest.fixture
def few_columns(monkeypatch):
    monkeypatch.setattr(table_rows, "MOST_COLUMNS", 10)


@pytest.mark.parametrize("text", ["a," * 11 + "\n", '"a\n",' * 11 + "b\n", 'x,"' + "\n" + '"' + ",a" * 11 + "\n"])
def test_a_row_of_very_many_columns_is_refused(few_columns, text):
    with pytest.raises(TextError, match=r"more than 10 columns[\s\S]*line 1\b"):
        rows(text)
    with pytest.raises(TextError, match=r"more than 10 columns[\s\S]*line 2\b"):
        list(rows_of_tsv(["a\tb\n", "a\t" * 11 + "\n"], "t.tsv"))


def test_delimiters_within_quotes_are_no_columns(few_columns):
    long = "one, " * 40
    assert rows(f'1,"{long}",2\n"{long}\n{long}",3\n') == [["1", long, "2"], [f"{long}\n{long}", "3"]]


@given(st.lists(st.lists(st.text('ab,"\n; ', max_size=6), min_size=2, max_size=12), min_size=1, max_size=6))
def test_cells_are_counted_as_csv_reads_them(table):
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(table)
    lines = written.getvalue().splitlines(keepends=True) if "\r" not in written.getvalue() else []
    widest = max(map(len, table))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_rows, "DELIMITERS", ",")
        patch.setattr(table_rows, "MOST_COLUMNS", widest)
        assert list(rows_of_csv(iter(lines), "t.csv")) == table
        patch.setattr(table_rows, "MOST_COLUMNS", widest - 1)
        with pytest.raises(TextError, match="columns"):
            list(rows_of_csv(iter(lines), "t.csv"))

"""The cells of a column of a Parquet table."""

from __future__ import annotations

import pyarrow
import pytest
from pyarrow import parquet as pq

from charlm.config.settings import TextSettings
from charlm.errors import TextError, UsageError
from charlm.text.corpus import open_corpus
from charlm.text.files import parquet
from charlm.text.files.parquet import cells_of, columns_of
from charlm.text.files.source_file import SourceFile

ROWS = ["one\r\ntwo", None, "drei é", "", "a\x1eb", "\n"]


@pytest.fixture
def table(tmp_path):
    """A function that writes a table of columns, and gives the file."""

    def written(name="table.parquet", **columns):
        path = tmp_path / name
        options = columns.pop("options", {})
        pq.write_table(pyarrow.table(columns), path, **options)
        return SourceFile(str(path), path, path.stat().st_size)

    return written


def cells(file, column="text", label=None):
    """The texts; with a label, pairs of text and label."""
    found = list(cells_of(file, column, label))
    if label is None:
        return [text for batch in found for text in batch.texts]
    return [pair for batch in found for pair in zip(batch.texts, batch.labels, strict=True)]


def records_of(path, **settings):
    corpus = open_corpus(TextSettings(sources=(str(path),), split="contiguous", **settings))
    return corpus.vocabulary.decode(corpus.ids).split("\x1e")[:-1], corpus


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pyarrow.array(["a", None, "é"]), ["a", None, "é"]),
        (pyarrow.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pyarrow.array(["a", "b"], pyarrow.large_string()), ["a", "b"]),
        (pyarrow.array(["é".encode()]), ["é"]),
        (pyarrow.array([1, 2]), ["1", "2"]),
        (pyarrow.array([1.5, None]), ["1.5", None]),
        (pyarrow.array([True]), ["true"]),
        (pyarrow.array([None, None]), [None, None]),
        (pyarrow.array([0], pyarrow.timestamp("s")), ["1970-01-01 00:00:00"]),
    ],
)
def test_cells_of_every_kind_are_texts(table, values, texts):
    file = table(text=values)
    assert cells(file) == [text for text in texts if text is not None]
    assert sum(batch.missing for batch in cells_of(file, "text", None)) == texts.count(None)


def test_batches_and_groups_of_rows_make_no_difference(table, monkeypatch):
    rows = [f"row {number} " * (number % 7) for number in range(500)]
    file = table(text=rows, kind=["x"] * 500, options={"row_group_size": 33, "compression": "zstd"})
    for size in (1, 100, 1 << 22):
        monkeypatch.setattr(parquet, "BATCH", size)
        assert cells(file) == rows
        assert cells(file, 1, "kind") == [(row, "x") for row in rows]


def test_columns_are_named_or_numbered(table):
    file = table(Text=["a"], kind=["b"])
    assert cells(file, "text") == cells(file, 1) == ["a"]
    assert cells(file, 2, "text") == [("b", "a")]
    assert columns_of(file) == ["Text", "kind"]
    for wanted in ("body", 3):
        with pytest.raises(TextError, match="no column") as refused:
            cells(file, wanted)
        assert refused.value.where.endswith("which has Text, kind")
    with pytest.raises(TextError, match=r"no column 'knd' for text\.label") as refused:
        cells(file, 1, "knd")
    assert "kind" in refused.value.remedy
    with pytest.raises(TextError, match="several columns 'TEXT'"):
        cells(table(text=["a"], Text=["b"]), "TEXT")
    assert columns_of(table(**{f"c{number}": [1] for number in range(30)}))[-1] == "..."


def test_lists_and_objects_are_no_texts(table):
    for value in ([["a"]], [{"a": "b"}]):
        with pytest.raises(TextError, match="not texts"):
            cells(table(text=value))


def test_bytes_that_are_not_utf8_are_named(table):
    with pytest.raises(TextError, match="not valid utf-8: byte 0xff"):
        cells(table(text=[b"ab\xff"]))
    invalid = pyarrow.Array.from_buffers(
        pyarrow.string(), 1, [None, pyarrow.py_buffer(b"\0\0\0\0\1\0\0\0"), pyarrow.py_buffer(b"\xff")]
    )
    with pytest.raises(TextError, match="damaged or cut short: 'utf-8' codec"):
        cells(table(text=invalid))


@pytest.mark.parametrize("kept", [4, 30, -1, -8, -200])
def test_a_table_that_is_cut_short_is_damaged(table, kept):
    file = table(text=["row"] * 1000)
    file.path.write_bytes(file.path.read_bytes()[:kept])
    with pytest.raises(TextError, match="damaged or cut short") as refused:
        cells(file)
    assert refused.value.where == file.label
    assert len(str(refused.value).splitlines()) == 3


def test_far_more_text_than_its_size_is_like_a_bomb(table, monkeypatch):
    monkeypatch.setattr("charlm.text.files.source_file.MOST_UNPACKED", 1)
    file = table(text=["the same long line " * 100] * 100_000)
    with pytest.raises(TextError, match="more than 200 times its size"):
        cells(file)


def test_without_pyarrow_the_extra_is_named(table, monkeypatch):
    file = table(text=["a"])
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError) as refused:
        cells(file)
    assert "charlm-rnn[parquet]" in refused.value.remedy


def test_a_column_is_a_text_of_records(table, tmp_path):
    file = table(text=ROWS, kind=["x", "y", "z", "x", "u\tv", "x"])
    records, corpus = records_of(file.path, column="text")
    assert records == ["one\ntwo", "drei é", "a b"]
    assert "one CRLF became LF" in corpus.notes
    assert "one row has no such column and was left out" in corpus.notes
    assert "2 blank records were left out" in corpus.notes
    records, corpus = records_of(file.path, column="text", label="kind")
    assert records == ["x\tone\ntwo", "z\tdrei é", "u v\ta b"]
    assert corpus.labels == {"x": 1, "z": 1, "u v": 1}
    assert records_of(file.path, column="text", newlines="keep", encoding="auto")[0][0] == "one\r\ntwo"


def test_a_folder_may_have_tables_of_several_kinds(table, tmp_path):
    table("b.parquet", text=["two"])
    (tmp_path / "a.csv").write_text("text\none\n")
    (tmp_path / "c.csv").write_text("text\nthree\n")
    assert records_of(tmp_path, column="text")[0] == ["one", "two", "three"]


def test_a_table_without_a_column_is_refused_with_its_columns(table, tmp_path):
    file = table(text=["a"], kind=["b"])
    with pytest.raises(TextError, match="a Parquet table with the columns text, kind") as refused:
        records_of(file.path)
    assert "-s text.column=text" in refused.value.remedy
    with pytest.raises(TextError, match="only files that are left out: 1 binary file") as refused:
        records_of(tmp_path)
    assert "text.column" in refused.value.remedy
    corpus = open_corpus(TextSettings(sources=(str(file.path),), unit="byte"))
    assert corpus.characters == file.size
    packed = tmp_path / "packed.gz"
    packed.write_bytes(__import__("gzip").compress(file.path.read_bytes()))
    with pytest.raises(TextError, match=r"This \.gz holds a Parquet table"):
        records_of(packed, column="text")


def test_a_table_that_changes_before_it_is_encoded_is_refused(table, monkeypatch):
    file = table(text=["a row", "another"])
    measured = SourceFile.measured

    def change_then(self):
        found = measured(self)
        pq.write_table(pyarrow.table({"text": ["other", "rows"]}), file.path)
        return found

    monkeypatch.setattr(SourceFile, "measured", change_then)
    with pytest.raises(TextError, match="changed while it was read"):
        records_of(file.path, column="text")

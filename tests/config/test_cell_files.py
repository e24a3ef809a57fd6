"""Names of cells in files: what is one, and what it says."""

from __future__ import annotations

import pytest

from charlm.config.cell_files import CellFile, cell_file, consent, is_file, short_name

SHA256 = "0f" * 32


@pytest.mark.parametrize("name", ["mycell.py:MyCell", f"my cells/mycell.py:MyCell@{SHA256}"])
def test_a_name_is_read_and_written_alike(name):
    file = cell_file(name)
    assert str(file) == name
    assert file.class_name == short_name(name) == "MyCell"
    assert is_file(name)


@pytest.mark.parametrize("name", ["lstm", "mycell.py", "mycell.py:", "mycell.py:1", "mycell.py:MyCell@12", "a\n.py:B"])
def test_what_is_no_such_name(name):
    assert cell_file(name) is None
    assert short_name(name) == name
    assert is_file(name) is (name != "lstm")


def test_a_copy_is_called_after_the_file_and_its_text():
    assert CellFile("cells/mycell.py", "MyCell", SHA256).copy_name == "mycell-0f0f0f0f.py"


def test_commands_name_each_file_once():
    assert (
        consent(["lstm", "my cell.py:A", "my cell.py:B", f"b.py:C@{SHA256}"])
        == " --cell-file 'my cell.py' --cell-file b.py"
    )
    assert consent(["lstm", ""]) == ""

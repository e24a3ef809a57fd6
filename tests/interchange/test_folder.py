import pytest

from charlm.errors import CheckpointError, UsageError
from charlm.interchange.folder import write_folder


def test_a_folder_appears_whole(tmp_path):
    write_folder(tmp_path / "made", {"a": b"1", "b": b"2"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()} == {"a": b"1", "b": b"2"}
    with pytest.raises(UsageError):
        write_folder(tmp_path / "made", {"a": b"3"})
    assert (tmp_path / "made" / "a").read_bytes() == b"1"


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(CheckpointError):
        write_folder(tmp_path / "made", {"a": b"1", "no/such/b": b"2"})
    assert list(tmp_path.iterdir()) == []

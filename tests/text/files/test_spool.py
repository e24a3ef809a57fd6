"""The temporary folder for texts that can be read only once."""

import tempfile

import pytest

from charlm.errors import TextError
from charlm.text.files.spool import Spool


def nowhere(*_, **__):
    raise FileNotFoundError(2, "No usable temporary directory found")


def test_the_folder_is_made_when_needed_and_removed_at_the_end(monkeypatch):
    with Spool() as spool:
        with spool.written() as one, spool.written() as other:
            assert one.name != other.name
        folder = spool.folder
        assert len(list(folder.iterdir())) == 2
    assert not folder.exists()
    monkeypatch.setattr(tempfile, "mkdtemp", nowhere)
    with Spool():
        pass


def test_without_a_writable_temporary_folder_the_error_says_what_to_set(monkeypatch):
    monkeypatch.setattr(tempfile, "mkdtemp", nowhere)
    with pytest.raises(TextError, match="TMPDIR"), Spool() as spool, spool.written():
        pass


def test_a_full_disk_is_said():
    with pytest.raises(TextError, match="No space left"), Spool() as spool, spool.written():
        raise OSError(28, "No space left on device")

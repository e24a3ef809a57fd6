"""Reading the bytes of one file."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.files.source_file import SourceFile
from charlm.text.files.spool import Spool
from charlm.text.sources import find_files


@pytest.mark.parametrize(
    ("content", "remedy"), [(b"plain", "permission"), (gzip.compress(b"packed"), "again")], ids=["plain", "gzip"]
)
def test_a_disk_that_fails_while_a_file_is_read_is_a_text_error(tmp_path, monkeypatch, content, remedy):
    (tmp_path / "text").write_bytes(content)
    (file,), _ = find_files(TextSettings(sources=(str(tmp_path / "text"),)), Spool())

    class Failing(io.BytesIO):
        def read(self, *given):
            raise OSError(5, "Input/output error")

        readinto = read1 = read

    monkeypatch.setattr(Path, "open", lambda *given, **options: Failing(content))
    monkeypatch.setattr(SourceFile, "packing", lambda self: ".gz" if content[:1] == b"\x1f" else None)
    with pytest.raises(TextError, match="Input/output error") as raised:
        list(file.blocks())
    assert remedy in raised.value.remedy

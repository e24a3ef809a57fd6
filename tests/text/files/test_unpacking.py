"""The bytes of .gz, .bz2 and .xz files."""

import bz2
import gzip
import io
import lzma
import os

import pytest

from charlm.text.files.unpacking import DAMAGE, unpacked

PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
TEXT = os.urandom(200_000) + b"text" * 50_000


@pytest.mark.parametrize(("form", "pack"), PACKERS.items())
@pytest.mark.parametrize("size", [1000, 1 << 20])
def test_several_parts_are_read_as_one(form, pack, size):
    stream = unpacked(io.BytesIO(pack(TEXT) + pack(b"") + pack(b"more")), form)
    assert b"".join(iter(lambda: stream.read(size), b"")) == TEXT + b"more"


@pytest.mark.parametrize(("form", "pack"), PACKERS.items())
@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_a_file_that_is_cut_short_is_damaged(form, pack, cut):
    with pytest.raises(DAMAGE):
        unpacked(io.BytesIO(pack(TEXT)[:-cut]), form).read()


def test_padding_after_a_part_is_no_damage():
    assert unpacked(io.BytesIO(lzma.compress(b"text") + bytes(8)), ".xz").read() == b"text"


def test_an_xz_cannot_ask_for_much_memory():
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    packed = lzma.compress(b"text", filters=filters)
    with pytest.raises(lzma.LZMAError, match="emory"):
        unpacked(io.BytesIO(packed), ".xz").read()

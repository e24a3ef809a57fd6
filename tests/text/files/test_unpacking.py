"""The bytes of .gz, .bz2, .xz and .zst files."""

import bz2
import gzip
import io
import lzma
import os

import pytest
from backports import zstd

from charlm.text.files.unpacking import DAMAGE, packing_of, unpacked

PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd.compress}
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


def test_a_zst_may_begin_with_a_frame_that_is_skipped():
    skipped = b"\x50\x2a\x4d\x18\4\0\0\0info"
    packed = skipped + zstd.compress(b"text") + skipped + zstd.compress(b" and more")
    assert packing_of(packed) == ".zst"
    assert unpacked(io.BytesIO(packed), ".zst").read() == b"text and more"
    assert packing_of(b"P*M is a text\n") is None


def test_a_zst_cannot_ask_for_much_memory():
    window = {zstd.CompressionParameter.window_log: 28, zstd.CompressionParameter.content_size_flag: 0}
    compressor = zstd.ZstdCompressor(options=window)
    packed = compressor.compress(b"text") + compressor.flush()
    with pytest.raises(OSError, match="emory"):
        unpacked(io.BytesIO(packed), ".zst").read()


def test_a_zst_that_is_changed_is_damaged():
    packed = bytearray(zstd.compress(TEXT, options={zstd.CompressionParameter.checksum_flag: 1}))
    packed[len(packed) // 2] ^= 1
    with pytest.raises(OSError, match="decompress"):
        unpacked(io.BytesIO(packed), ".zst").read()

"""Compressed sizes: what the libraries give, alone and after another text."""

from __future__ import annotations

import sys

import pytest

from charlm.baselines.compressors import COMPRESSORS, compressed_sizes
from charlm.errors import UsageError

TEXT = b"".join(b"line %d of a text that is not too short\n" % (number * number) for number in range(200))


@pytest.mark.parametrize("name", COMPRESSORS)
def test_a_text_is_smaller_and_after_itself_smaller_still(name):
    if name == "ppmd":
        pytest.importorskip("pyppmd")
    sizes = compressed_sizes(COMPRESSORS[name], TEXT, TEXT)
    assert 0 < sizes.after < sizes.alone < len(TEXT) / 3
    assert compressed_sizes(COMPRESSORS[name], TEXT, b"").alone == sizes.alone


def test_ppmd_comes_back_and_forgets_nothing():
    pyppmd = pytest.importorskip("pyppmd")
    packed = pyppmd.compress(TEXT, max_order=6, mem_size=64 << 20, variant="H")
    assert len(packed) == COMPRESSORS["ppmd"](TEXT)
    decoder = pyppmd.Ppmd7Decoder(6, 64 << 20)
    assert decoder.decode(packed, len(TEXT)) == TEXT


def test_without_pyppmd_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyppmd", None)
    with pytest.raises(UsageError, match="pyppmd") as caught:
        COMPRESSORS["ppmd"](TEXT)
    assert "pip install 'charlm-rnn[compress]'" in caught.value.remedy

"""Models of random weights for the tests of `charlm sample`, whose tools lie beside the tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sampled import make


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Where the made-up runs are; tests name them by their folders."""
    root = tmp_path_factory.mktemp("made")
    make(root, "plain")
    make(root, "bytes", "né€🎻 abc\n", unit="byte")
    make(root, "names", "abcd\n", records=True)
    make(root, "rare", rare=True)
    make(root, "rare-names", "abcd\n", records=True, rare=True)
    make(root, "clusters", "abe\n", unit="grapheme", extra=("e\u0301", "👨\u200d👩\u200d👧", "न्दी"))
    make(root, "hostile", "\x1b\x9b\u202e\x07\x7f\ud7ffé")
    make(root, "loud", loudness=3e38)
    return root


@pytest.fixture(scope="session")
def plain(made):
    return str(made / "plain" / "step-20")

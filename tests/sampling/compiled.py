"""Patterns compiled in this process: for tests of hundreds of them, each of which would need a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from charlm.sampling.constraints import patterns
from charlm.sampling.constraints.compiling import built


@contextmanager
def compiled_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "_built_apart", lambda one, tokens: built(one, list(tokens), patterns.MOST_CELLS))
        yield

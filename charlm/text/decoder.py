"""Decodes a stream of ids into text, as it comes. Knows no vocabulary, only how its ids are decoded."""

from __future__ import annotations

import codecs
from collections.abc import Callable

import numpy.typing as npt


class Decoder:
    """`decode` gives the text of ids; `decode_bytes` their bytes, for ids of bytes.

    A character of several bytes is returned when it is complete.
    """

    def __init__(
        self, decode: Callable[[npt.ArrayLike], str], decode_bytes: Callable[[npt.ArrayLike], bytes] | None
    ) -> None:
        self._decode, self._decode_bytes = decode, decode_bytes
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, ids: npt.ArrayLike) -> str:
        """The text that these ids complete."""
        if self._decode_bytes is None:
            return self._decode(ids)
        return self._bytes.decode(self._decode_bytes(ids))

    def finish(self) -> str:
        """The rest: U+FFFD for an incomplete character, otherwise nothing."""
        return self._bytes.decode(b"", final=True)

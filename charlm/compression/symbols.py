"""Bytes to the symbols of a vocabulary and back, exactly. Knows no model.

Any bytes come back: what is no UTF-8 or not in the vocabulary is kept by its bytes. A model that was trained on text
with the line ends of Unix reads one with those of Windows as it was trained: then `\\r\\n` is the symbol `\\n`, and a
lone `\\n` is kept by its byte. In a vocabulary of bytes, each byte is a symbol. Shape letter: N symbols.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from charlm.text.clusters import clusters, in_whole_clusters
from charlm.text.vocabulary import Vocabulary

ESCAPED = -1  # in the place of an id
# Lone surrogates that decoding never gives: it uses those from U+DC80 on for bytes that are no UTF-8.
_LINE_END, _LONE_NEWLINE = "\ud800", "\ud801"


@dataclass(frozen=True)
class Symbols:
    """ids (N,) int64, ESCAPED for what is not in the vocabulary; the bytes of each of those, in their order."""

    ids: npt.NDArray[np.int64]
    names: list[bytes]


def windows_line_ends(beginning: bytes, vocabulary: Vocabulary) -> bool:
    """Whether the text, of which this is the beginning, has line ends that the model knows only as those of Unix."""
    known = vocabulary.symbols
    return b"\r\n" in beginning and "\n" in known and "\r" not in known


def read_symbols(blocks: Iterable[bytes], vocabulary: Vocabulary, windows: bool, size: int) -> Iterator[Symbols]:
    """The symbols of a text, `size` at a time; the last piece may have fewer. `windows`: see `windows_line_ends`."""
    ids_of = {symbol: number for number, symbol in enumerate(vocabulary.symbols) if symbol}
    ids: list[int] = []
    names: list[bytes] = []
    for text in _texts(blocks, vocabulary, windows):
        for symbol in clusters(text) if vocabulary.unit == "grapheme" else text:
            found = ids_of.get(symbol)
            if found is not None:
                ids.append(found)
            else:  # of an unknown cluster, single characters may be known
                for one in symbol:
                    ids.append(ids_of.get(one, ESCAPED))
                    if ids[-1] == ESCAPED:
                        names.append(_name(one, vocabulary))
        while len(ids) >= size:
            count = ids[:size].count(ESCAPED)
            yield Symbols(np.array(ids[:size], np.int64), names[:count])
            del ids[:size], names[:count]
    if ids:
        yield Symbols(np.array(ids, np.int64), names)


def symbol_bytes(vocabulary: Vocabulary, windows: bool) -> list[bytes]:
    """The bytes of each symbol, by its id."""
    table = [_encoded(symbol, vocabulary) for symbol in vocabulary.symbols]
    if windows:
        table[vocabulary.symbols.index("\n")] = b"\r\n"
    return table


def _texts(blocks: Iterable[bytes], vocabulary: Vocabulary, windows: bool) -> Iterator[str]:
    texts = _decoded(blocks, vocabulary)
    if windows:
        texts = _with_unix_line_ends(texts)
    return in_whole_clusters(texts) if vocabulary.unit == "grapheme" else texts


def _decoded(blocks: Iterable[bytes], vocabulary: Vocabulary) -> Iterator[str]:
    """Bytes that are no UTF-8 become lone surrogates; of bytes, each is a character."""
    if vocabulary.unit == "byte":
        yield from (block.decode("latin-1") for block in blocks)
        return
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for block in blocks:
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _with_unix_line_ends(texts: Iterable[str]) -> Iterator[str]:
    held = ""
    for text in texts:
        text = held + text
        held = "\r" if text.endswith("\r") else ""  # the next piece may begin with its \n
        whole = text.removesuffix(held)
        yield whole.replace("\r\n", _LINE_END).replace("\n", _LONE_NEWLINE).replace(_LINE_END, "\n")
    yield held


def _name(character: str, vocabulary: Vocabulary) -> bytes:
    return b"\n" if character == _LONE_NEWLINE else _encoded(character, vocabulary)


def _encoded(symbol: str, vocabulary: Vocabulary) -> bytes:
    return symbol.encode("latin-1") if vocabulary.unit == "byte" else symbol.encode("utf-8", "surrogateescape")

"""vocabulary.json: which symbol has which id. Reads also what other programs write. Knows no model.

charlm writes {"unit": "character", "symbols": ["\\n", " ", "!", ...]}: the id of a symbol is its place. "" is the
unknown symbol. Others write the list alone, one string of all characters, or a mapping from characters to ids, alone or
under `stoi`, `char_to_idx` or `symbols`.
"""

from __future__ import annotations

import json
from typing import Any

from charlm.errors import CheckpointError
from charlm.text.vocabulary import Unit, Vocabulary

KEYS = ("symbols", "stoi", "char_to_idx", "char2idx", "token_to_idx", "vocab")
LARGEST = 16 * 2**20  # bytes


def vocabulary_json(vocabulary: Vocabulary) -> str:
    """The content of vocabulary.json."""
    about = {"unit": vocabulary.unit, "symbols": list(vocabulary.symbols)}
    return json.dumps(about, ensure_ascii=False, indent=1) + "\n"


def read_symbols(content: bytes, where: str) -> tuple[list[str], Unit]:
    """The symbols in the order of their ids, and their unit. Raises CheckpointError if it is no vocabulary."""
    try:
        if len(content) > LARGEST:
            raise ValueError(f"it has {len(content):,} bytes")
        given = json.loads(content)
        unit = _unit(given)
        symbols = _ordered(_found(given))
        if not symbols or len(set(symbols)) != len(symbols):
            raise ValueError("it has no symbols, or one of them twice")
        if unit != "grapheme" and any(len(symbol) > 1 for symbol in symbols):
            long = next(symbol for symbol in symbols if len(symbol) > 1)
            raise ValueError(f"{long[:20]!r} is more than one character")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(
            f"The vocabulary cannot be used: {error}",
            where,
            'Write the symbols in the order of their ids: {"symbols": ["\\n", " ", "a", "b"]}.',
        ) from None
    return symbols, unit


def _unit(given: Any) -> Unit:
    match given.get("unit", "character") if isinstance(given, dict) else "character":
        case "byte":
            return "byte"
        case "grapheme":
            return "grapheme"
        case "character" | int():  # a mapping of symbols may have one of that name
            return "character"
        case other:
            raise ValueError(f"its unit is {other!r}")


def _found(given: Any) -> Any:
    while isinstance(given, dict) and (key := next((key for key in KEYS if key in given), None)):
        if isinstance(given[key], int):  # a mapping of characters whose keys happen to be one of these words
            break
        given = given[key]
    return given


def _ordered(found: Any) -> list[str]:
    if isinstance(found, str):
        return list(found)
    if isinstance(found, list) and all(isinstance(symbol, str) for symbol in found):
        return list(found)
    if not isinstance(found, dict) or not all(type(place) is int for place in found.values()):
        raise ValueError("it is neither a list of symbols nor a mapping from symbols to ids")
    ordered = sorted(found, key=found.__getitem__)
    first = found[ordered[0]] if ordered else 0
    if [found[symbol] for symbol in ordered] != list(range(first, first + len(ordered))) or first not in (0, 1):
        raise ValueError("its ids are not 0, 1, 2, ... without a gap")
    return ordered  # from 1 on, as in programs written in Lua

"""WebAssembly from its text form: the few parts of it that assets/products.wat uses. Knows no model.

The binary form is described in the WebAssembly specification, chapter 5. A module here has one import of a memory, and
one function without a result, which is exported; its instructions stand one after the other, unfolded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

TOKEN = re.compile(r';;[^\n]*|\s+|(?P<token>[()]|"[^"]*"|[^\s()";]+)')
TYPES = {"i32": 0x7F, "v128": 0x7B}
PLAIN = {"i32.add": [0x6A], "i32.shl": [0x74], "i32.lt_u": [0x49], "end": [0x0B]}
PLAIN |= {"f32x4.add": [0xFD, 0xE4, 0x01], "f32x4.mul": [0xFD, 0xE6, 0x01]}
LOCAL = {"local.get": 0x20, "local.set": 0x21, "local.tee": 0x22}
MEMORY = {"v128.load": 0x00, "v128.store": 0x0B}
ALIGNED = 4  # 2 ** 4 bytes: only a hint, as all addresses are allowed
LANES = 16
Tree = list[Any]


def assemble(text: str) -> bytes:
    """The binary module. Raises ValueError for what it does not know."""
    (module,) = _trees(iter([match["token"] for match in TOKEN.finditer(text) if match["token"]]), nested=False)
    kind, imported, function = module
    if kind != "module" or imported[0] != "import" or function[0] != "func":
        raise ValueError("a module here is an import and a function")
    _, room, name, (what, pages) = imported
    if what != "memory":
        raise ValueError("only a memory can be imported")
    export = next(part[1] for part in function if part[0] == "export")
    parameters = [part[1:] for part in function if part[0] == "param"]
    locals_ = [part[1:] for part in function if part[0] == "local"]
    names = [own for own, _ in (*parameters, *locals_)]
    code = _code([part for part in function[1:] if isinstance(part, str)], names)
    declared = [[1, TYPES[own]] for _, own in locals_]
    body = _vector(declared) + code + [0x0B]
    sections = {
        1: _vector([[0x60, *_vector([[TYPES[own]] for _, own in parameters]), *_vector([])]]),
        2: _vector([[*_name(room), *_name(name), 0x02, 0x00, *_unsigned(int(pages))]]),
        3: _vector([[0]]),
        7: _vector([[*_name(export), 0x00, 0x00]]),
        10: _vector([[*_unsigned(len(body)), *body]]),
    }
    found = [byte for number, content in sections.items() for byte in (number, *_unsigned(len(content)), *content)]
    return b"\0asm\1\0\0\0" + bytes(found)


def _trees(tokens: Iterator[str], nested: bool = True) -> Tree:
    """Tokens up to the bracket that closes, with those in brackets as lists."""
    found: Tree = []
    for token in tokens:
        if token == ")" and nested:
            return found
        found.append(_trees(tokens) if token == "(" else token)
    if nested:
        raise ValueError("a bracket is not closed")
    return found


def _code(words: Sequence[str], names: Sequence[str]) -> list[int]:
    """Instructions, each with the words that belong to it."""
    code: list[int] = []
    labels: list[str] = []  # of the loops around, the innermost last
    left = iter(words)
    for word in left:
        offset = re.fullmatch("offset=([0-9]+)", word)
        if offset:  # of the memory instruction before, which was written with an offset of 0
            code[-1:] = _unsigned(int(offset[1]))
        elif word in PLAIN:
            code += PLAIN[word]
            labels = labels[:-1] if word == "end" else labels
        elif word in LOCAL:
            code += [LOCAL[word], *_unsigned(names.index(next(left)))]
        elif word in MEMORY:
            code += [0xFD, MEMORY[word], ALIGNED, 0]
        elif word == "i32.const":
            code += [0x41, *_signed(int(next(left)))]
        elif word == "v128.const":
            numbers = [int(next(left)) for _ in range(4)] if next(left) == "i32x4" else []
            code += [0xFD, 0x0C, *(byte for each in numbers for byte in each.to_bytes(4, "little"))]
        elif word == "i8x16.shuffle":
            code += [0xFD, 0x0D, *(int(next(left)) for _ in range(LANES))]
        elif word == "loop":
            labels.append(next(left))
            code += [0x03, 0x40]
        elif word == "br_if":
            code += [0x0D, labels[::-1].index(next(left))]
        else:
            raise ValueError(f"the assembler does not know {word}")
    return code


def _vector(items: Sequence[Sequence[int]]) -> list[int]:
    return [*_unsigned(len(items)), *(byte for item in items for byte in item)]


def _name(quoted: str) -> list[int]:
    content = quoted.strip('"').encode()
    return [*_unsigned(len(content)), *content]


def _unsigned(value: int) -> list[int]:
    """LEB128: seven bits a byte, the lowest first."""
    low, rest = value & 0x7F, value >> 7
    return [low | 0x80, *_unsigned(rest)] if rest else [low]


def _signed(value: int) -> list[int]:
    low, rest = value & 0x7F, value >> 7
    return [low] if rest == -(low >> 6) else [low | 0x80, *_signed(rest)]

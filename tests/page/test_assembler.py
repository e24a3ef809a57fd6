"""charlm.page.assembler, and the module that it makes."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files

import numpy as np
import pytest

from charlm.page.assembler import _signed, _unsigned, assemble

TEXT = files("charlm.page").joinpath("assets", "products.wat").read_text(encoding="utf-8")
RUN = """
const {module, rows, row, at, numbers} = JSON.parse(require("fs").readFileSync(0));
const memory = new WebAssembly.Memory({initial: 1}), bytes = Uint8Array.from(module);
const {exports} = new WebAssembly.Instance(new WebAssembly.Module(bytes), {page: {memory}});
const all = new Float32Array(memory.buffer);
all.set(numbers);
exports.multiply(at[0] * 4, at[1] * 4, at[2] * 4, rows, row * 4);
console.log(JSON.stringify(Array.from(all.subarray(0, numbers.length))));
"""


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node here to run WebAssembly")
def test_the_module_multiplies():
    """And writes nothing but the sums."""
    rows, row, rng = 12, 24, np.random.default_rng(0)
    matrix, x, y = rng.standard_normal((rows, row)), rng.standard_normal(row), rng.standard_normal(rows)
    panels = matrix.reshape(rows // 4, 4, row // 4, 4).transpose(0, 2, 1, 3).ravel()
    before = np.concatenate([[7, 7], panels, x, y, [7, 7]]).astype(np.float32)
    at = [2, 2 + matrix.size, 2 + matrix.size + row]
    given = {"module": [*assemble(TEXT)], "rows": rows, "row": row, "at": at, "numbers": before.tolist()}
    done = subprocess.run(
        [shutil.which("node"), "-e", RUN], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    expected = before.copy()
    expected[at[2] : at[2] + rows] += (matrix @ x).astype(np.float32)
    np.testing.assert_allclose(json.loads(done.stdout), expected, atol=1e-5)


def test_a_small_module_by_hand():
    """Byte by byte, from the specification: a function that adds 300 to its argument, and forgets it."""
    code = "local.get $x i32.const 300 i32.add local.set $x"
    text = f'(module (import "a" "m" (memory 2)) (func (export "f") (param $x i32) {code}))'
    expected = [
        *b"\0asm\1\0\0\0",
        *(1, 5, 1, 0x60, 1, 0x7F, 0),
        *(2, 8, 1, 1, *b"a", 1, *b"m", 2, 0, 2),
        *(3, 2, 1, 0),
        *(7, 5, 1, 1, *b"f", 0, 0),
        *(10, 12, 1, 10, 0, 0x20, 0, 0x41, 0xAC, 0x02, 0x6A, 0x21, 0, 0x0B),
    ]
    assert [*assemble(text)] == expected


@pytest.mark.parametrize(
    ("number", "unsigned", "signed"), [(2, [2], [2]), (64, [64], [0xC0, 0]), (300, [0xAC, 2], [0xAC, 2])]
)
def test_numbers_are_in_leb128(number, unsigned, signed):
    assert (_unsigned(number), _signed(number)) == (unsigned, signed)
    assert _signed(-1) == [0x7F]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('(module (import "a" "m" (memory 1)) (func (export "f") i32.popcnt))', "does not know i32.popcnt"),
        ('(module (import "a" "m" (table 1)) (func (export "f")))', "only a memory"),
        ('(modul (import "a" "m" (memory 1)) (func (export "f")))', "an import and a function"),
        ("(module (import", "not closed"),
    ],
)
def test_what_it_does_not_know_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        assemble(text)

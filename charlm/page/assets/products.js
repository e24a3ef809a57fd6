// Room for all numbers of a model, and the product of a matrix and a vector: by WebAssembly, or without it.

class Room { // arrays are planned first, then they all get one memory
  constructor() { this.arrays = []; this.bytes = 64; }

  array(length) {
    const made = { at: this.bytes, length, data: null };
    this.arrays.push(made);
    this.bytes += 32 * Math.ceil(length / 8);
    return made;
  }

  vector(length) { return this.array(8 * Math.ceil(length / 8)); } // what fills it up stays 0

  matrix(rows, columns) {
    const wide = 8 * Math.ceil(columns / 8), high = 4 * Math.ceil(rows / 4);
    return { rows, columns, wide, high, array: this.array(wide * high) };
  }

  open(buffer) {
    for (const each of this.arrays) each.data = new Float32Array(buffer, each.at, each.length);
  }
}

// Rows of numbers into panels of four rows, four numbers of each row after the other (products.wat).
function fill({ rows, columns, wide, array }, values) {
  const data = array.data;
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 1, to = 4 * wide * (row >> 2) + 4 * (row & 3); column <= columns; column++) {
      data[to] = values[at++];
      to += column & 3 ? 1 : 13;
    }
}

function plainMultiply({ high, wide, array }, x, y) { // a panel at a time
  const w = array.data, v = x.data, sums = y.data;
  for (let row = 0, at = 0; row < high; row += 4) {
    let a = 0, b = 0, c = 0, d = 0;
    for (let column = 0; column < wide; column += 4, at += 16) {
      const p = v[column], q = v[column + 1], r = v[column + 2], s = v[column + 3];
      a += w[at] * p + w[at + 1] * q + w[at + 2] * r + w[at + 3] * s;
      b += w[at + 4] * p + w[at + 5] * q + w[at + 6] * r + w[at + 7] * s;
      c += w[at + 8] * p + w[at + 9] * q + w[at + 10] * r + w[at + 11] * s;
      d += w[at + 12] * p + w[at + 13] * q + w[at + 14] * r + w[at + 15] * s;
    }
    sums[row] += a; sums[row + 1] += b; sums[row + 2] += c; sums[row + 3] += d;
  }
}

// Gives the arrays of a room their memory, and the function that adds W x to y. `wasm` are the bytes of the module.
function openRoom(room, wasm) {
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(room.bytes / 65536) });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { page: { memory } });
    room.open(memory.buffer);
    return {
      engine: "WebAssembly",
      multiply: (matrix, x, y) => exports.multiply(matrix.array.at, x.at, y.at, matrix.high, 4 * matrix.wide),
    };
  } catch { // there is none, or it has no SIMD, or the page may not use it
    room.open(new ArrayBuffer(room.bytes));
    return { engine: "JavaScript", multiply: plainMultiply };
  }
}

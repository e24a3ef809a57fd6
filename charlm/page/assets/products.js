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

function fill(matrix, values) { // rows of `columns` numbers into rows of `wide`
  const { rows, columns, wide, array } = matrix;
  for (let row = 0; row < rows; row++) array.data.set(values.subarray(row * columns, (row + 1) * columns), row * wide);
}

function plainMultiply({ rows, wide, array }, x, y) { // four rows at once
  const w = array.data, v = x.data, sums = y.data;
  for (let row = 0; row < rows; row += 4) {
    let a = row * wide, b = a + wide, c = b + wide, d = c + wide, s = 0, t = 0, u = 0, r = 0;
    for (let column = 0; column < wide; column++) {
      const value = v[column];
      s += w[a++] * value; t += w[b++] * value; u += w[c++] * value; r += w[d++] * value;
    }
    sums[row] += s; sums[row + 1] += t; sums[row + 2] += u; sums[row + 3] += r;
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

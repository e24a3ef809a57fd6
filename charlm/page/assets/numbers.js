// From base64 to float32. What the bytes mean is in charlm/page/rounding.py.

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function textOf(bytes) { // base64 again, for a state that is saved
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

const HALVES = new Float32Array(65536); // what each float16 means: sign, 5 bits of exponent, 10 of fraction

function readHalves() { // none of the weights is infinite
  for (let bits = 0; bits < 32768; bits++) {
    const exponent = bits >> 10, fraction = bits & 1023;
    HALVES[bits] = (exponent ? 1024 + fraction : fraction) * 2 ** ((exponent || 1) - 25);
    HALVES[bits + 32768] = -HALVES[bits];
  }
}

// One array of the page as float32: for a matrix with the number of its rows and columns.
function unpacked(bytes, { kind, shape, at }) {
  const [rows, columns] = shape.length > 1 ? shape : [1, shape[0]], count = rows * columns;
  const buffer = bytes.buffer, start = bytes.byteOffset + at;
  if (kind === "float32") return new Float32Array(buffer.slice(start, start + 4 * count));
  const values = new Float32Array(count);
  if (kind === "float16") {
    if (!HALVES[1]) readHalves();
    const halves = new Uint16Array(buffer.slice(start, start + 2 * count));
    for (let n = 0; n < count; n++) values[n] = HALVES[halves[n]];
    return values;
  }
  const scales = new Float32Array(buffer.slice(start, start + 4 * rows));
  const steps = new Int8Array(buffer, start + 4 * rows, count);
  for (let row = 0, n = 0; row < rows; row++)
    for (const end = n + columns; n < end; n++) values[n] = steps[n] * scales[row];
  return values;
}

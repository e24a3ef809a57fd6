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

const POWERS = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** ((exponent || 1) - 25));

function half(bits) { // sign, 5 bits of exponent, 10 of fraction; there are no infinite weights
  const exponent = bits >> 10 & 31, fraction = bits & 1023;
  const size = (exponent ? 1024 + fraction : fraction) * POWERS[exponent];
  return bits & 0x8000 ? -size : size;
}

// One array of the page as float32: for a matrix with the number of its rows and columns.
function unpacked(bytes, { kind, shape, at }) {
  const [rows, columns] = shape.length > 1 ? shape : [1, shape[0]], count = rows * columns;
  const buffer = bytes.buffer, start = bytes.byteOffset + at;
  if (kind === "float32") return new Float32Array(buffer.slice(start, start + 4 * count));
  const values = new Float32Array(count);
  if (kind === "float16") {
    const halves = new Uint16Array(buffer.slice(start, start + 2 * count));
    for (let n = 0; n < count; n++) values[n] = half(halves[n]);
    return values;
  }
  const scales = new Float32Array(buffer.slice(start, start + 4 * rows));
  const steps = new Int8Array(buffer, start + 4 * rows, count);
  for (let n = 0; n < count; n++) values[n] = steps[n] * scales[Math.floor(n / columns)];
  return values;
}

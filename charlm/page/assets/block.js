// What surrounds the cell of a layer, as in charlm/model/block.py, one step at a time.

function gelu(x) { return 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }

class Block {
  constructor(room, matrix, array, { size, input, norm, conv, gate, mlp, residual }, number) {
    const name = part => "block" + number + "." + part;
    Object.assign(this, { size, input, gate, mlp, residual, reach: Math.max(0, conv - 1) });
    this.width = gate ? size : input;
    this.scale = norm ? array(name("norm")) : null;
    this.conv = conv ? array(name("conv")) : null;
    this.normed = room.vector(input);
    this.read = room.vector(this.width);
    this.sum = room.vector(size);
    if (gate) {
      this.in = matrix(name("in"));
      this.out = matrix(name("out"));
      this.both = room.vector(2 * size); // what the cell reads, and the gate
      this.gated = room.vector(size);
    }
    if (mlp) {
      this.mlpScale = norm ? array(name("mlp_norm")) : null;
      this.mlpIn = matrix(name("mlp_in"));
      this.mlpOut = matrix(name("mlp_out"));
      this.mlpNormed = room.vector(size);
      this.wide = room.vector(2 * mlp * size);
      this.inner = room.vector(mlp * size);
      this.top = room.vector(size);
    }
    this.recent = new Float32Array(this.reach * this.width); // the oldest input of the convolution first
  }

  fresh() { this.recent.fill(0); }

  enter(multiply, x) { // what the cell reads
    this.normalise(x.data, this.scale, this.input, this.normed.data);
    let found = this.normed;
    if (this.gate) {
      this.both.data.fill(0);
      multiply(this.in, this.normed, this.both);
      found = this.both;
    }
    this.convolve(found.data, this.read.data);
    return this.read;
  }

  leave(multiply, x, output) { // what the layer hands up
    const { size, sum } = this;
    if (this.gate) {
      for (let u = 0; u < size; u++) this.gated.data[u] = output.data[u] * gelu(this.both.data[size + u]);
      sum.data.fill(0);
      multiply(this.out, this.gated, sum);
    } else sum.data.set(output.data.subarray(0, size));
    if (this.residual) for (let u = 0; u < size; u++) sum.data[u] += x.data[u];
    if (!this.mlp) return sum;
    const { wide, inner, top } = this, half = this.mlp * size;
    this.normalise(sum.data, this.mlpScale, size, this.mlpNormed.data);
    wide.data.fill(0);
    multiply(this.mlpIn, this.mlpNormed, wide);
    for (let u = 0; u < half; u++) inner.data[u] = gelu(wide.data[u]) * wide.data[half + u];
    top.data.fill(0);
    if (this.residual) top.data.set(sum.data.subarray(0, size));
    multiply(this.mlpOut, inner, top);
    return top;
  }

  normalise(x, scale, size, to) {
    let squares = 0;
    for (let u = 0; u < size; u++) squares += x[u] * x[u];
    const factor = scale ? 1 / Math.sqrt(squares / size + 1e-6) : 1;
    for (let u = 0; u < size; u++) to[u] = x[u] * factor * (scale ? 1 + scale[u] : 1);
  }

  convolve(now, to) {
    const { width, reach, recent, conv } = this;
    for (let u = 0; u < width; u++) {
      let total = conv ? now[u] * conv[reach * width + u] : now[u];
      for (let j = 0; j < reach; j++) total += recent[j * width + u] * conv[j * width + u];
      to[u] = total;
    }
    recent.copyWithin(0, width);
    if (reach) recent.set(now.subarray(0, width), (reach - 1) * width);
  }
}

// The model: one symbol further. `about` describes it (charlm/page/layers.py), STEPS has the functions of its layers.

class Model {
  // `array` gives the numbers of an array by its name.
  constructor(about, array, wasm) {
    this.about = about;
    const shape = name => about.arrays[name].shape, room = new Room(), filled = [];
    const matrix = (name, values = array(name)) => {
      const made = room.matrix(...shape(name));
      filled.push([made, values]);
      return made;
    };
    this.layers = about.layers.map((layer, number) => this.layer(room, matrix, array, layer, number));
    this.blocks = (about.blocks || []).map((block, number) => new Block(room, matrix, array, block, number));
    this.embeddings = array("embedding");
    this.width = shape("embedding")[1];
    this.embedded = room.vector(this.width);
    this.head = about.tied ? matrix("embedding", this.embeddings) : matrix("head");
    this.bias = array("head.bias");
    this.logits = room.array(this.head.high);
    this.attention = about.window ? new Attention(room, matrix, array, about.window, this.layers.at(-1).size) : null;
    const { engine, multiply } = openRoom(room, wasm);
    this.engine = engine;
    this.multiply = multiply;
    for (const [made, values] of filled) fill(made, values);
    for (const layer of this.layers) layer.vectors.data.set(layer.vectorValues);
    this.rows = new Map(); // what the lowest layer projects each symbol to, when it was first read
  }

  layer(room, matrix, array, about, number) {
    const name = part => number + "." + part, size = about.size;
    const arrays = widths => widths.map(width => room.vector(width));
    return {
      ...about,
      step: STEPS[about.step],
      inputMatrix: matrix(name("input")),
      offset: array(name("offset")),
      projected: room.array(4 * Math.ceil(about.projected / 4)),
      states: arrays(about.widths),
      kept: arrays(about.kept),
      top: room.vector(size),
      matrices: about.matrices.map((_, place) => matrix(name("matrix" + place))),
      sums: about.matrices.map(rows => room.array(4 * Math.ceil(rows / 4))),
      vectors: room.array(about.vectors),
      vectorValues: about.vectors ? array(name("vectors")) : [],
      below: null,
      readsBelow: about.below,
    };
  }

  fresh() { // before the first symbol
    for (const layer of this.layers) for (const part of layer.states) part.data.fill(0);
    for (const block of this.blocks) block.fresh();
    if (this.attention) this.attention.fresh();
  }

  // Reads a symbol; `logits` then has the scores of the next one.
  read(id) {
    let x = this.blocks.length ? this.embed(id) : null, memory = null;
    for (const [number, layer] of this.layers.entries()) {
      const block = this.blocks[number];
      if (block) this.project(layer, block.enter(this.multiply, x));
      else if (number) this.project(layer, x);
      else layer.projected.data.set(this.row(id));
      layer.below = layer.readsBelow ? memory : null;
      layer.step(this.multiply, layer);
      memory = layer.memory < 0 ? null : layer.states[layer.memory];
      const output = layer.kept[layer.output];
      if (block) x = block.leave(this.multiply, x, output);
      else if (number && this.about.residual) {
        for (let u = 0; u < layer.size; u++) layer.top.data[u] = output.data[u] + x.data[u];
        x = layer.top;
      } else x = output;
    }
    if (this.attention) x = this.attention.attend(this.multiply, x);
    this.logits.data.fill(0);
    this.logits.data.set(this.bias);
    this.multiply(this.head, x, this.logits);
  }

  project(layer, x) {
    layer.projected.data.fill(0);
    layer.projected.data.set(layer.offset);
    this.multiply(layer.inputMatrix, x, layer.projected);
  }

  embed(id) {
    this.embedded.data.set(this.embeddings.subarray(id * this.width, (id + 1) * this.width));
    return this.embedded;
  }

  row(id) {
    let row = this.rows.get(id);
    if (!row) {
      this.project(this.layers[0], this.embed(id));
      row = this.layers[0].projected.data.slice();
      if (this.rows.size < 4096) this.rows.set(id, row);
    }
    return row;
  }

  // What the model remembers, as numbers, and its scores for the next symbol: a copy.
  state() {
    const parts = this.layers.flatMap(layer => layer.states.map((part, n) => part.data.slice(0, layer.widths[n])));
    for (const block of this.blocks) parts.push(block.recent.slice());
    if (this.attention) parts.push(...this.attention.state());
    parts.push(this.logits.data.slice(0, this.bias.length));
    const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { whole.set(part, at); at += part.length; }
    return whole;
  }

  restore(state) {
    let at = 0;
    const next = length => state.subarray(at, at += length);
    for (const layer of this.layers) layer.states.forEach((part, n) => part.data.set(next(layer.widths[n])));
    for (const block of this.blocks) block.recent.set(next(block.recent.length));
    if (this.attention) this.attention.restore(next);
    this.logits.data.set(next(this.bias.length));
  }

  // The inner values that there are: [{layer, name, size, place}].
  values() {
    return this.layers.flatMap((layer, number) => layer.values
      .map(([name, place]) => ({ layer: number, name, size: layer.size, place })));
  }

  value({ layer, place, size }) { return this.layers[layer].kept[place].data.subarray(0, size); }
}

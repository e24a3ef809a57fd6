// Attention over the stack's own past outputs, as in charlm/model/attention.py, one step at a time.

class Attention {
  constructor(room, matrix, array, window, size) {
    this.window = window;
    this.size = size;
    this.query = matrix("attention.query");
    this.key = matrix("attention.key");
    this.out = matrix("attention.out");
    this.distance = array("attention.distance");
    this.asked = room.vector(size + 8);
    this.wanted = room.vector(size + 8);
    this.both = room.vector(2 * size);
    this.read = room.vector(size + 8);
    this.past = new Float32Array(window * size); // a ring: the output of step n is row n % window
    this.steps = 0;
  }

  fresh() { this.past.fill(0); this.steps = 0; }

  attend(multiply, y) {
    const { size, window, past, steps } = this, there = Math.min(steps, window);
    this.asked.data.fill(0);
    multiply(this.query, y, this.asked);
    this.wanted.data.fill(0);
    multiply(this.key, this.asked, this.wanted);
    const wanted = this.wanted.data, scores = [];
    let largest = 0; // of the null key
    for (let back = 1; back <= there; back++) {
      const row = (steps - back) % window * size;
      let score = 0;
      for (let u = 0; u < size; u++) score += wanted[u] * past[row + u];
      score = score / Math.sqrt(size) + this.distance[back - 1];
      scores.push(score);
      largest = Math.max(largest, score);
    }
    const weights = scores.map(score => Math.exp(score - largest));
    const total = weights.reduce((sum, weight) => sum + weight, Math.exp(-largest));
    const both = this.both.data;
    both.fill(0);
    both.set(y.data.subarray(0, size));
    weights.forEach((weight, index) => {
      const row = (steps - index - 1) % window * size;
      for (let u = 0; u < size; u++) both[size + u] += weight / total * past[row + u];
    });
    past.set(y.data.subarray(0, size), steps % window * size);
    this.steps++;
    this.read.data.fill(0);
    multiply(this.out, this.both, this.read);
    return this.read;
  }

  state() { return [Float32Array.of(this.steps), this.past.slice()]; }

  restore(next) {
    this.steps = next(1)[0];
    this.past.set(next(this.past.length));
  }
}

function step_ntm(multiply, l) { // charlm/cells/ntm.py, place_memory.py and addressing.py
  const H = l.size, N = l.places, D = l.width, R = l.reading, A = R + l.writing, shares = 2 * l.reach + 1;
  const parts = l.states.map(part => part.data), [memory, reads, moved] = parts.slice(-3);
  const [output, joined, past, ...shown] = l.kept.map(part => part.data), [q, asked, sums] = l.sums.map(part => part.data);
  let at = 0;
  const cut = count => l.vectors.data.subarray(at, at += count), p = l.projected.data;
  const biasHeads = cut(l.asked), biasOut = cut(H), firstReads = cut(R * D), first = cut(A * N);
  const own = l.lstm ? H : 0; // numbers of the controller's state before the reads
  if (l.lstm) past.set(parts[0].subarray(0, H));
  for (let k = 0; k < R * D; k++) past[own + k] = reads[k] + firstReads[k];
  q.fill(0);
  multiply(l.matrices[0], l.kept[2], l.sums[0]);
  for (let u = 0; u < H; u++) {
    if (!l.lstm) { joined[u] = Math.tanh(p[u] + q[u]); continue; }
    const [i, f, g, o] = [0, 1, 2, 3].map(block => p[block * H + u] + q[block * H + u]), [h, c] = parts;
    c[u] = sigmoid(f) * c[u] + sigmoid(i) * Math.tanh(g);
    h[u] = joined[u] = sigmoid(o) * Math.tanh(c[u]);
    shown[0][u] = h[u];
    shown[1][u] = c[u];
  }
  asked.fill(0);
  asked.set(biasHeads);
  multiply(l.matrices[1], l.kept[1], l.sums[1]);
  at = 0;
  const next = (count, f) => Float64Array.from(asked.subarray(at, at += count), x => f(Math.max(-20, Math.min(20, x))));
  const keys = next(A * D, Math.tanh), adds = next(l.writing * D, Math.tanh), gates = next(A, sigmoid);
  const erases = next(l.writing * D, sigmoid), strengths = next(A, softplus), sharpness = next(A, x => 1 + softplus(x));
  const now = new Float64Array(N * D), sizes = new Float64Array(N);
  for (let i = 0; i < N * D; i++) {
    now[i] = memory[i] + 1e-6;
    sizes[i % N] += now[i] * now[i];
  }
  for (let a = 0; a < A; a++) {
    const key = keys.subarray(a * D, a * D + D), size = Math.hypot(...key), shifts = next(shares, x => x);
    const found = new Float64Array(N), taken = new Float64Array(N), weights = new Float64Array(N);
    softmax(shifts);
    for (let d = 0; d < D; d++) for (let i = 0; i < N; i++) found[i] += key[d] * now[d * N + i];
    for (let i = 0; i < N; i++) found[i] *= strengths[a] / (size * Math.sqrt(sizes[i]) + 1e-8);
    softmax(found);
    for (let i = 0; i < N; i++) {
      const was = moved[a * N + i] + first[a * N + i];
      taken[i] = was + gates[a] * (found[i] - was);
    }
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < shares; j++) weights[i] += shifts[j] * taken[(i + j - l.reach + N) % N];
      weights[i] = sharpness[a] * Math.log(weights[i] + 1e-8);
    }
    softmax(weights);
    for (let i = 0; i < N; i++) moved[a * N + i] = weights[i] - first[a * N + i];
    for (let d = 0; d < D; d++) {
      if (a < R) {
        let read = 0;
        for (let i = 0; i < N; i++) read += weights[i] * now[d * N + i];
        joined[H + a * D + d] = read;
        reads[a * D + d] = read - firstReads[a * D + d];
      } else {
        const add = adds[(a - R) * D + d], erase = erases[(a - R) * D + d];
        for (let i = d * N; i < d * N + N; i++) memory[i] += weights[i - d * N] * (add - erase * (memory[i] + 1e-6));
      }
    }
  }
  sums.fill(0);
  sums.set(biasOut);
  multiply(l.matrices[2], l.kept[1], l.sums[2]);
  output.set(sums.subarray(0, H));
}

function step_gated_delta(multiply, l) { // charlm/cells/gated_delta.py
  const H = l.size, N = l.heads, D = H / N, W = 3 * H, p = l.projected.data, v = l.vectors.data;
  const [S, past] = l.states.map(part => part.data), [output, keep, replace, open, read] = l.kept.map(part => part.data);
  const scale = 4 * W, rate = scale + H, bias = rate + N; // where they begin in v; the convolution is before them
  const mixed = new Float64Array(W), held = new Float64Array(D);
  for (let u = 0; u < W; u++) {
    const sum = past[u] * v[u] + past[W + u] * v[W + u] + past[2 * W + u] * v[2 * W + u] + p[u] * v[3 * W + u];
    mixed[u] = sum * sigmoid(sum);
  }
  past.copyWithin(0, W);
  past.set(p.subarray(0, W), 2 * W);
  for (let head = 0; head < N; head++) {
    const first = head * D, last = first + D;
    const part = sigmoid(p[4 * H + head]), g = Math.exp(v[rate + head] * softplus(p[4 * H + N + head] + v[bias + head]));
    let q2 = 1e-6, k2 = 1e-6, squares = 0;
    for (let u = first; u < last; u++) { q2 += mixed[u] ** 2; k2 += mixed[H + u] ** 2; }
    q2 = 1 / Math.sqrt(q2 * D);
    k2 = 1 / Math.sqrt(k2);
    for (let u = first; u < last; u++) { mixed[u] *= q2; mixed[H + u] *= k2; }
    held.fill(0);
    for (let u = first; u < last; u++) for (let j = 0; j < D; j++) held[j] += mixed[H + u] * S[u * D + j];
    for (let j = 0; j < D; j++) held[j] = l.largest * part * (mixed[2 * H + first + j] - g * held[j]); // now what is added
    read.fill(0, first, last);
    for (let u = first; u < last; u++)
      for (let j = 0; j < D; j++)
        read[first + j] += mixed[u] * (S[u * D + j] = g * S[u * D + j] + mixed[H + u] * held[j]);
    for (let u = first; u < last; u++) squares += read[u] ** 2;
    for (let u = first; u < last; u++) {
      const gate = p[3 * H + u];
      keep[u] = g;
      replace[u] = part;
      open[u] = sigmoid(gate);
      read[u] *= v[scale + u] / Math.sqrt(squares / D + 1e-5) * gate * open[u];
    }
  }
  output.fill(0);
  multiply(l.matrices[0], l.kept[4], l.kept[0]);
}

function step_matrix_lstm(multiply, l) { // charlm/cells/matrix_lstm.py
  const H = l.size, N = l.heads, D = H / N, p = l.projected.data, scale = l.vectors.data;
  const [S, n, m] = l.states.map(part => part.data), [output, forget, open, shown] = l.kept.map(part => part.data);
  const read = new Float64Array(D);
  for (let head = 0; head < N; head++) {
    const first = head * D, f = p[4 * H + head], a = p[4 * H + N + head];
    const before = m[head] - softplus(-f), after = Math.max(before, a);
    const keep = Math.exp(before - after), write = Math.exp(a - after) / Math.sqrt(D);
    let total = 0, squares = 0;
    read.fill(0);
    for (let u = first; u < first + D; u++) {
      const query = p[u], key = write * p[H + u];
      total += query * (n[u] = keep * n[u] + key);
      for (let j = 0; j < D; j++) read[j] += query * (S[u * D + j] = keep * S[u * D + j] + key * p[2 * H + first + j]);
    }
    m[head] = after;
    const divisor = Math.max(Math.abs(total), Math.exp(-Math.max(after, -60))) + 1e-6;
    for (let j = 0; j < D; j++) squares += (read[j] /= divisor) ** 2;
    const norm = l.plain ? 1 : 1 / Math.sqrt(squares / D + 1e-5);
    for (let u = first; u < first + D; u++) {
      forget[u] = sigmoid(f);
      open[u] = sigmoid(p[3 * H + u]);
      output[u] = open[u] * norm * read[u - first] * (l.plain ? 1 : scale[u]);
      shown[u] = n[u];
    }
  }
}

// From scores to the next symbol: temperature, then top-p, as in charlm/sampling, in float64.

// The probabilities of all symbols but for a constant. `scores` are the model's logits, `count` the symbols.
function chances(scores, count, temperature, topP) {
  let best = 0;
  for (let id = 1; id < count; id++) if (scores[id] > scores[best]) best = id;
  const found = new Float64Array(count);
  if (temperature === 0) {
    found[best] = 1;
    return found;
  }
  for (let id = 0; id < count; id++) found[id] = Math.exp((scores[id] - scores[best]) / Math.max(temperature, 1e-200));
  return topP < 1 ? nucleus(found, topP) : found;
}

// Only the likeliest symbols whose probabilities add up to p or more; of equal ones the lower ids come first.
function nucleus(found, p) {
  const total = found.reduce((sum, chance) => sum + chance, 0);
  const order = Array.from(found.keys()).sort((one, other) => found[other] - found[one] || one - other);
  let mass = 0, kept = 0;
  do mass += found[order[kept++]] / total; while (mass < p && kept < order.length);
  for (const id of order.slice(kept)) found[id] = 0;
  return found;
}

// The symbol at a random number in [0, 1) on the cumulative sum of the chances.
function draw(found, uniform) {
  let total = 0;
  for (const chance of found) total += chance;
  let sum = 0, last = 0;
  for (let id = 0; id < found.length; id++) {
    if (found[id]) last = id;
    sum += found[id];
    if (sum > uniform * total) return id;
  }
  return last;
}

// The logarithm of the sum of the exponentials.
function logSum(scores, count) {
  let most = -Infinity, sum = 0;
  for (let id = 0; id < count; id++) most = Math.max(most, scores[id]);
  for (let id = 0; id < count; id++) sum += Math.exp(scores[id] - most);
  return most + Math.log(sum);
}

// The ids of the likeliest symbols, the likeliest first.
function likeliest(scores, count, wanted) {
  const found = [];
  for (let id = 0; id < count; id++) {
    let at = found.length;
    while (at && scores[found[at - 1]] < scores[id]) at--;
    if (at < wanted) {
      found.splice(at, 0, id);
      if (found.length > wanted) found.pop();
    }
  }
  return found;
}

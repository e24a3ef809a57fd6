// Functions that steps written by hand call.

function sigmoid(x) { return 1 / (1 + Math.exp(-x)); }
function softplus(x) { return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))); }

function softmax(x) { // in place
  const most = x.reduce((most, each) => Math.max(most, each), -Infinity);
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] = Math.exp(x[i] - most);
  for (let i = 0; i < x.length; i++) x[i] /= total;
}

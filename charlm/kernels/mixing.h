/* A log-linear mixture whose weights learn while a text is read: evaluation/mixing.py is the definition, and says what
   the numbers mean. Letters: M predictors, N symbols, V symbols of the vocabulary. */
#pragma once
#include <math.h>
#include <stdint.h>

/* `every` are M log-probabilities (N, V); `mixed` (N, V) gets the mixture's. The weights after a symbol are `weights`
   (M,) and its row of `added` (V, M); both are changed, and `seen` (V,), how often each symbol was the last one. `done`
   symbols were read before, of which `last` is the last. `p` (V,) is scratch. */
void mix_log_linear(const double *const *every, const int64_t *ids, double *weights, double *added, int64_t *seen,
                    int64_t members, int64_t length, int64_t symbols, double rate, double slower, int64_t done,
                    int64_t last, double *p, double *mixed) {
    for (int64_t at = 0; at < length; at++, mixed += symbols) {
        double most = -INFINITY, total = 0, *own = added + last * members;
        for (int64_t symbol = 0; symbol < symbols; symbol++) {
            double score = 0;
            for (int64_t m = 0; m < members; m++) score += (weights[m] + own[m]) * every[m][at * symbols + symbol];
            mixed[symbol] = score;
            if (score > most) most = score;
        }
        for (int64_t symbol = 0; symbol < symbols; symbol++) total += p[symbol] = exp(mixed[symbol] - most);
        const double normal = most + log(total);
        for (int64_t symbol = 0; symbol < symbols; symbol++) mixed[symbol] -= normal;
        const double step = rate / (1 + (done + at) / slower), own_step = rate / (1 + seen[last]++ / slower);
        for (int64_t m = 0; m < members; m++) {
            const double *logs = every[m] + at * symbols;
            double mean = 0;
            for (int64_t symbol = 0; symbol < symbols; symbol++) mean += p[symbol] * logs[symbol];
            const double gradient = logs[ids[at]] - mean / total;
            weights[m] += step * gradient;
            own[m] += own_step * gradient;
        }
        last = ids[at];
    }
}

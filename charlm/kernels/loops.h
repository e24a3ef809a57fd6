/* Loops over one array, and functions of one number, for the kernels that are written by hand. */
#pragma once
#include "vectors.h"
#include <math.h>

/* ln(1 + e^x), to all digits for any x. */
INLINE float softplus_of(float x) { return (x > 0 ? x : 0) + log1pf(expf(-fabsf(x))); }

INLINE float sigmoid_of(float x) { return 1 / (1 + expf(-x)); }

INLINE float sum_of_products(const float *x, const float *y, int64_t n) {
    floats sums = {};
    float total = 0;
    int64_t i = 0;
    for (; i + W <= n; i += W) sums += load_floats(x + i) * load_floats(y + i);
    for (int lane = 0; lane < W; lane++) total += sums[lane];
    for (; i < n; i++) total += x[i] * y[i];
    return total;
}

/* x <- exp(x - most) / sum of the same; x has room for whole vectors behind n. */
static void softmax_of(float *x, int64_t n) {
    float most = x[0], total = 0;
    for (int64_t i = 1; i < n; i++) most = x[i] > most ? x[i] : most;
    for (int64_t i = n; i % W; i++) x[i] = most;
    for (int64_t i = 0; i < n; i += W) store_floats(x + i, exp_ps(load_floats(x + i) - most));
    for (int64_t i = 0; i < n; i++) total += x[i];
    for (int64_t i = 0; i < n; i++) x[i] /= total;
}

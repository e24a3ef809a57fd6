/* What a call of memory.h is given, and its loops over one array. Letters as there. */
#pragma once
#include "vectors.h"
#include <stdint.h>

typedef struct {
    const float *asked;    /* (B, P): what the controller asks of the heads, in the order of the definition */
    const float *memory;   /* (B, D, N), less its start */
    const float *moved;    /* (B, A, N): weightings, less those at the start of a text */
    const float *first;    /* (A, N): these */
    float *written, *read, *after;   /* forward: the memory after it, (B, R, D), and the weightings, less `first` */
    const float *d_written, *d_read, *d_after; /* backward: the gradients of these three ... */
    float *d_asked, *d_memory, *d_moved;       /* ... and of the first three */
    int64_t B, N, D, reading, writing, reach;
    float start, limit;
} MemoryTurn;

static const float TINY = 1e-8f;

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

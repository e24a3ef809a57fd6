/* What a call of memory.h is given. Letters as there. */
#pragma once
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

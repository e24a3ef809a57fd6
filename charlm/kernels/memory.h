/* One step of a memory with places, whose heads read and write: cells/place_memory.py is the definition.

   Letters: N places, D numbers in a place, R reading and S writing heads, A = R + S, 2 S + 1 shifts of `reach` S.
   A row's memory is (D, N): the loops run along places. All arrays have a row for each sequence of the batch. */
#pragma once
#include "loops.h"
#include "memory_turn.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* Of one row, between the passes: what the heads ask for, and what each of them found. */
typedef struct {
    float *values, *keys, *adds, *gates, *erases, *strengths, *sharpness, *shares; /* as the definition cuts them */
    float *sizes, *key_sizes;        /* (N), (A): the lengths of places and keys */
    float *alike, *found, *taken, *shifted, *logs, *weights, *d_weights; /* (A, N'), with N' whole vectors */
    float *before;                   /* (S, D, N): the memory before each writing head, with its start */
    float *d_sizes, *ones, *scratch; /* (N'), (N'), 2 N' */
    int64_t padded, count;
} Row;

static int64_t asked_of(const MemoryTurn *t) {
    const int64_t A = t->reading + t->writing;
    return (A + t->writing) * t->D + A + t->writing * t->D + 2 * A + A * (2 * t->reach + 1);
}

/* The numbers of a Row, and a Row in room for so many of them. */
int64_t memory_room(const MemoryTurn *t) {
    const int64_t A = t->reading + t->writing, N = t->N + W - t->N % W;
    return asked_of(t) + W + N * (5 + 7 * A) + A + t->writing * t->D * t->N;
}

static Row row_in(const MemoryTurn *t, float *room) {
    const int64_t A = t->reading + t->writing, P = asked_of(t), N = t->N + W - t->N % W, D = t->D;
    Row r = {.values = room, .padded = N, .count = P};
    r.keys = r.values, r.adds = r.keys + A * D, r.gates = r.adds + t->writing * D, r.erases = r.gates + A;
    r.strengths = r.erases + t->writing * D, r.sharpness = r.strengths + A, r.shares = r.sharpness + A;
    float *next = r.values + P + W;
    float **parts[] = {&r.alike, &r.found, &r.taken, &r.shifted, &r.logs, &r.weights, &r.d_weights};
    r.sizes = next, next += N;
    for (int part = 0; part < 7; part++) *parts[part] = next, next += A * N;
    r.d_sizes = next, r.ones = next + N, r.scratch = next + 2 * N, next += 4 * N;
    r.key_sizes = next, r.before = next + A;
    return r;
}

static void ask(const MemoryTurn *t, Row *r, const float *asked) {
    const int64_t A = t->reading + t->writing, shares = 2 * t->reach + 1;
    for (int64_t n = 0; n < r->count; n++) {
        const float x = asked[n];
        r->values[n] = x > t->limit ? t->limit : x < -t->limit ? -t->limit : x;
    }
    for (float *x = r->keys; x < r->gates; x++) *x = tanhf(*x);
    for (float *x = r->gates; x < r->strengths; x++) *x = sigmoid_of(*x);
    for (float *x = r->strengths; x < r->sharpness; x++) *x = softplus_of(*x);
    for (float *x = r->sharpness; x < r->shares; x++) *x = softplus_of(*x) + 1;
    for (int64_t a = 0; a < A; a++) {
        float *s = r->shares + a * shares, most = s[0], total = 0;
        for (int64_t j = 1; j < shares; j++) most = s[j] > most ? s[j] : most;
        for (int64_t j = 0; j < shares; j++) total += s[j] = expf(s[j] - most);
        for (int64_t j = 0; j < shares; j++) s[j] /= total;
    }
}

/* to[i] (+)= factor x[(i + by) mod n] */
static void add_turned(float *restrict to, const float *restrict x, float factor, int64_t by, int64_t n) {
    by = (by % n + n) % n;
    for (int64_t i = 0; i < n - by; i++) to[i] += factor * x[i + by];
    for (int64_t i = n - by; i < n; i++) to[i] += factor * x[i + by - n];
}

static void address_row(const MemoryTurn *t, Row *r, const float *memory, const float *moved) {
    const int64_t A = t->reading + t->writing, N = t->N, D = t->D, shares = 2 * t->reach + 1;
    float *restrict sizes = r->sizes;
    for (int64_t i = 0; i < N; i++) sizes[i] = 0;
    for (int64_t d = 0; d < D; d++)
        for (int64_t i = 0; i < N; i++) sizes[i] += memory[d * N + i] * memory[d * N + i];
    for (int64_t i = 0; i < N; i++) sizes[i] = sqrtf(sizes[i]);
    for (int64_t a = 0; a < A; a++) {
        const float *key = r->keys + a * D, *first = t->first + a * N;
        float *restrict alike = r->alike + a * r->padded, *restrict found = r->found + a * r->padded;
        float *restrict taken = r->taken + a * r->padded, *restrict shifted = r->shifted + a * r->padded;
        float *restrict logs = r->logs + a * r->padded, *restrict weights = r->weights + a * r->padded;
        const float size = r->key_sizes[a] = sqrtf(sum_of_products(key, key, D)), gate = r->gates[a];
        for (int64_t i = 0; i < N; i++) alike[i] = shifted[i] = 0;
        for (int64_t d = 0; d < D; d++)
            for (int64_t i = 0; i < N; i++) alike[i] += memory[d * N + i] * key[d];
        for (int64_t i = 0; i < N; i++) alike[i] /= size * sizes[i] + TINY;
        for (int64_t i = 0; i < N; i++) found[i] = r->strengths[a] * alike[i];
        softmax_of(found, N);
        for (int64_t i = 0; i < N; i++) {
            const float was = moved[a * N + i] + first[i];
            taken[i] = was + gate * (found[i] - was);
        }
        for (int64_t j = 0; j < shares; j++) add_turned(shifted, taken, r->shares[a * shares + j], j - t->reach, N);
        for (int64_t i = 0; i < N; i++) logs[i] = logf(shifted[i] + TINY);
        for (int64_t i = 0; i < N; i++) weights[i] = r->sharpness[a] * logs[i];
        softmax_of(weights, N);
    }
}

/* Write, head by head: `last` gets the memory after all of them, r->before with its start that before each. */
static void write_row(const MemoryTurn *t, Row *r, const float *memory, float *last) {
    const int64_t N = t->N, D = t->D, whole = N * D;
    const float *less = memory;
    for (int64_t s = 0; s < t->writing; s++) {
        const float *weights = r->weights + (t->reading + s) * r->padded, *now = r->before + s * whole;
        for (int64_t d = 0; d < D; d++) {
            const float add = r->adds[s * D + d], erase = r->erases[s * D + d];
            _Pragma("GCC ivdep") /* `last` may be `less` */
            for (int64_t i = 0; i < N; i++)
                last[d * N + i] = less[d * N + i] + weights[i] * (add - erase * now[d * N + i]);
        }
        less = last;
        if (s + 1 < t->writing)
            for (int64_t n = 0; n < whole; n++) r->before[(s + 1) * whole + n] = last[n] + t->start;
    }
}

static void forward_row(const MemoryTurn *t, Row *r, int64_t row) {
    const int64_t A = t->reading + t->writing, N = t->N, D = t->D;
    const float *memory = t->memory + row * N * D, *moved = t->moved + row * A * N;
    ask(t, r, t->asked + row * r->count);
    for (int64_t n = 0; n < N * D; n++) r->before[n] = memory[n] + t->start;
    address_row(t, r, r->before, moved);
    for (int64_t a = 0; a < t->reading; a++)
        for (int64_t d = 0; d < D; d++)
            t->read[(row * t->reading + a) * D + d] = sum_of_products(r->weights + a * r->padded, r->before + d * N, N);
    for (int64_t a = 0; a < A; a++)
        for (int64_t i = 0; i < N; i++)
            t->after[(row * A + a) * N + i] = r->weights[a * r->padded + i] - t->first[a * N + i];
    write_row(t, r, memory, t->written + row * N * D);
}

/* 0, or 1 if there is no room for what it needs. */
int memory_forward(const MemoryTurn *t) {
    float *room = calloc((size_t)memory_room(t), sizeof(float));
    if (!room) return 1;
    Row r = row_in(t, room);
    for (int64_t row = 0; row < t->B; row++) forward_row(t, &r, row);
    free(room);
    return 0;
}

/* The gradient of one head's weights (N,), to those of what it asks for, of the weightings before it, and of the memory;
   `d_moved` has these weightings at first, and `d_sizes` (N,) is added to. */
static void address_back(const MemoryTurn *t, Row *r, int64_t a, float *d_weights, float *d_values, float *d_moved,
                         float *d_memory, float *restrict d_sizes) {
    const int64_t N = t->N, D = t->D, shares = 2 * t->reach + 1;
    const float *alike = r->alike + a * r->padded, *found = r->found + a * r->padded, *taken = r->taken + a * r->padded;
    const float *shifted = r->shifted + a * r->padded, *logs = r->logs + a * r->padded;
    const float *weights = r->weights + a * r->padded, *memory = r->before, *key = r->keys + a * D;
    float *restrict d_taken = r->scratch, *restrict d_found = r->scratch + r->padded;
    const float gate = r->gates[a], sharp = r->sharpness[a], strength = r->strengths[a];
    float *d_key = d_values + a * D, *d_gate = d_values + (r->gates - r->values) + a;
    float *d_strength = d_values + (r->strengths - r->values) + a, *d_sharp = d_values + (r->sharpness - r->values) + a;
    float *d_shares = d_values + (r->shares - r->values) + a * shares;

    float mean = sum_of_products(weights, d_weights, N);
    for (int64_t i = 0; i < N; i++) d_weights[i] = weights[i] * (d_weights[i] - mean);
    *d_sharp = sum_of_products(d_weights, logs, N);
    for (int64_t i = 0; i < N; i++) d_weights[i] = sharp * d_weights[i] / (shifted[i] + TINY);
    for (int64_t i = 0; i < N; i++) d_taken[i] = 0;
    for (int64_t j = 0; j < shares; j++) {
        const int64_t by = ((j - t->reach) % N + N) % N;
        d_shares[j] = sum_of_products(d_weights, taken + by, N - by) + sum_of_products(d_weights + N - by, taken, by);
        add_turned(d_taken, d_weights, r->shares[a * shares + j], t->reach - j, N);
    }
    for (int64_t i = 0; i < N; i++) d_found[i] = found[i] - d_moved[i];
    *d_gate = sum_of_products(d_taken, d_found, N);
    for (int64_t i = 0; i < N; i++) d_found[i] = gate * d_taken[i], d_moved[i] = (1 - gate) * d_taken[i];
    mean = sum_of_products(found, d_found, N);
    for (int64_t i = 0; i < N; i++) d_found[i] = found[i] * (d_found[i] - mean);
    *d_strength = sum_of_products(d_found, alike, N);
    const float size = r->key_sizes[a];
    float d_size = 0;
    for (int64_t i = 0; i < N; i++) {
        const float lengths = size * r->sizes[i] + TINY, d_alike = strength * d_found[i];
        const float d_lengths = -d_alike * alike[i] / lengths;
        d_size += d_lengths * r->sizes[i];
        d_sizes[i] += d_lengths * size;
        d_found[i] = d_alike / lengths;
    }
    const float along = size > 0 ? d_size / size : 0;
    for (int64_t d = 0; d < D; d++) {
        d_key[d] = sum_of_products(d_found, memory + d * N, N) + along * key[d];
        for (int64_t i = 0; i < N; i++) d_memory[d * N + i] += d_found[i] * key[d];
    }
}

/* What follows from d_memory, the gradient of the memory after the step, which becomes that of the memory before it. */
static void write_back(const MemoryTurn *t, Row *r, float *d_memory, float *d_values) {
    const int64_t N = t->N, D = t->D;
    for (int64_t s = t->writing - 1; s >= 0; s--) {
        const int64_t a = t->reading + s;
        const float *weights = r->weights + a * r->padded, *now = r->before + s * N * D;
        float *restrict d_weights = r->d_weights + a * r->padded;
        for (int64_t d = 0; d < D; d++) {
            const float add = r->adds[s * D + d], erase = r->erases[s * D + d];
            float *restrict gradient = d_memory + d * N, *restrict lost = r->scratch;
            for (int64_t i = 0; i < N; i++) {
                d_weights[i] += gradient[i] * (add - erase * now[d * N + i]);
                lost[i] = weights[i] * gradient[i];
                gradient[i] -= erase * lost[i];
            }
            d_values[(r->adds - r->values) + s * D + d] = sum_of_products(r->ones, lost, N);
            d_values[(r->erases - r->values) + s * D + d] = -sum_of_products(now + d * N, lost, N);
        }
    }
}

/* Gradients of what goes through a tanh, a sigmoid and the rest, to gradients of what was asked. */
static void ask_back(const MemoryTurn *t, const Row *r, const float *asked, float *d) {
    const int64_t A = t->reading + t->writing, shares = 2 * t->reach + 1;
    const int64_t gates = r->gates - r->values, strengths = r->strengths - r->values;
    const int64_t sharpness = r->sharpness - r->values, first = r->shares - r->values;
    for (int64_t n = 0; n < gates; n++) d[n] *= 1 - r->values[n] * r->values[n];
    for (int64_t n = gates; n < strengths; n++) d[n] *= r->values[n] * (1 - r->values[n]);
    for (int64_t n = strengths; n < first; n++) d[n] *= 1 - expf(-(r->values[n] - (n >= sharpness))); /* of softplus */
    for (int64_t a = 0; a < A; a++) {
        const float *share = r->shares + a * shares;
        float *of = d + first + a * shares, mean = 0;
        for (int64_t j = 0; j < shares; j++) mean += share[j] * of[j];
        for (int64_t j = 0; j < shares; j++) of[j] = share[j] * (of[j] - mean);
    }
    for (int64_t n = 0; n < r->count; n++)
        if (asked[n] > t->limit || asked[n] < -t->limit) d[n] = 0;
}

int memory_backward(const MemoryTurn *t) {
    const int64_t A = t->reading + t->writing, N = t->N, D = t->D;
    float *room = calloc((size_t)memory_room(t), sizeof(float));
    if (!room) return 1;
    Row r = row_in(t, room);
    for (int64_t i = 0; i < N; i++) r.ones[i] = 1;
    for (int64_t row = 0; row < t->B; row++) {
        const float *memory = t->memory + row * N * D, *moved = t->moved + row * A * N;
        float *d_memory = t->d_memory + row * N * D, *d_moved = t->d_moved + row * A * N;
        float *d_values = t->d_asked + row * r.count, *restrict d_sizes = r.d_sizes;
        ask(t, &r, t->asked + row * r.count);
        for (int64_t n = 0; n < N * D; n++) r.before[n] = memory[n] + t->start;
        address_row(t, &r, r.before, moved);
        /* the memory before each writing head; d_memory has room for what the last one leaves, which is not needed */
        if (t->writing > 1) write_row(t, &r, memory, d_memory);
        for (int64_t n = 0; n < N * D; n++) d_memory[n] = t->d_written[row * N * D + n];
        for (int64_t a = 0; a < A; a++) {
            float *restrict d_weights = r.d_weights + a * r.padded;
            for (int64_t i = 0; i < N; i++) d_weights[i] = t->d_after[(row * A + a) * N + i];
        }
        write_back(t, &r, d_memory, d_values);
        for (int64_t a = 0; a < t->reading; a++)
            for (int64_t d = 0; d < D; d++) {
                const float gradient = t->d_read[(row * t->reading + a) * D + d];
                float *restrict d_weights = r.d_weights + a * r.padded;
                const float *weights = r.weights + a * r.padded;
                for (int64_t i = 0; i < N; i++) {
                    d_weights[i] += gradient * r.before[d * N + i];
                    d_memory[d * N + i] += gradient * weights[i];
                }
            }
        for (int64_t i = 0; i < N; i++) d_sizes[i] = 0;
        for (int64_t a = 0; a < A; a++) {
            for (int64_t i = 0; i < N; i++) d_moved[a * N + i] = moved[a * N + i] + t->first[a * N + i];
            address_back(t, &r, a, r.d_weights + a * r.padded, d_values, d_moved + a * N, d_memory, d_sizes);
        }
        for (int64_t i = 0; i < N; i++) d_sizes[i] = r.sizes[i] > 0 ? d_sizes[i] / r.sizes[i] : 0;
        for (int64_t d = 0; d < D; d++)
            for (int64_t i = 0; i < N; i++) d_memory[d * N + i] += d_sizes[i] * r.before[d * N + i];
        ask_back(t, &r, t->asked + row * r.count, d_values);
    }
    free(room);
    return 0;
}

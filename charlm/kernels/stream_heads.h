/* Cells whose heads have a matrix for a memory, one character further, as stages of a stack (stream.h). Written by hand:
   cells/matrix_lstm.py and cells/gated_delta.py are the definitions, and tests compare the results with them. What a
   head does with its matrix is no operation by units, of which the stages of derived_stream.h are made.

   Three stages: the sums, with what is done with each of them by itself; the heads, of which a thread has those whose
   first unit is in its share; the output. Letters: B rows, H units, N heads of D units, N D of the H do not fill up; C
   columns of sums: q, k, v and the output gate of all units, 4 H, and two numbers of each head, 2 N filled up to 4 W.

   vectors has, of a matrix_lstm, the scale (H,), or it is null; of a gated_delta the factors of the convolution (4, 3 H),
   the oldest input first, the scale (H,), and rate, bias and the largest b of each head (N,). kept is (B, C + H): the sums,
   and what the heads read; inputs[0] is (B, H): what they hand on. */
#include "loops.h"

enum { TAPS = 4 }; /* inputs that the convolution of a gated_delta reads */

INLINE int64_t columns_of(const StreamLayer *l) { return 4 * l->H + (2 * l->heads + 4 * W - 1) / (4 * W) * 4 * W; }
INLINE float *kept_of(const StreamLayer *l, int64_t row) { return l->kept + row * (columns_of(l) + l->H); }
INLINE floats silu_ps(floats x) { return x * sigmoid_ps(x); }

/* The sums of a tile of columns. */
static void start_sums(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column, floats acc[MOST_ROWS][4]) {
    const StreamLayer *l = s->layers + n;
    EACH_VECTOR(acc[r][v] = load_floats(l->sums + (l->x ? 0 : s->ids[at_row]) * columns_of(l) + at))
    multiply_stream(R, G, x_factors(l, row, column), (Factors){NULL, NULL, 0}, acc);
}

static void matrix_sums_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const StreamLayer *l = s->layers + n;
    floats acc[MOST_ROWS][4];
    start_sums(R, G, s, n, row, column, acc);
    EACH_VECTOR(
        const int of_gate = at >= 3 * l->H && at < 4 * l->H;
        store_floats(kept_of(l, at_row) + at, of_gate ? sigmoid_ps(acc[r][v]) : acc[r][v]))
}

/* The sum over the last inputs of W columns of q, k or v; the present one becomes the last. */
INLINE floats mixed(const StreamStack *s, const StreamLayer *l, int64_t row, int64_t at, floats now) {
    const int64_t width = 3 * l->H, all = s->rows * width;
    floats sum = now * load_floats(l->vectors + (TAPS - 1) * width + at);
    for (int64_t tap = 0; tap < TAPS - 1; tap++) {
        const floats old = load_floats(l->states[1] + tap * all + row * width + at);
        sum += old * load_floats(l->vectors + tap * width + at);
        if (tap) store_floats(l->new_states[1] + (tap - 1) * all + row * width + at, old);
    }
    store_floats(l->new_states[1] + (TAPS - 2) * all + row * width + at, now);
    return sum;
}

static void delta_sums_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const StreamLayer *l = s->layers + n;
    floats acc[MOST_ROWS][4];
    start_sums(R, G, s, n, row, column, acc);
    EACH_VECTOR(
        floats x = acc[r][v];
        if (at < 3 * l->H) x = mixed(s, l, at_row, at, x);
        store_floats(kept_of(l, at_row) + at, at < 4 * l->H ? silu_ps(x) : x))
}

/* new = keep old + k v^T and read = q^T new: (D, D), and vectors (D,). `new` may be `old`. */
static void write_and_read(const float *old, float *new, float keep, float factor, const float *k, const float *v,
                           const float *q, float *read, int64_t D) {
    for (int64_t j = 0; j < D; j++) read[j] = 0;
    for (int64_t i = 0; i < D; i++, old += D, new += D) {
        const float key = factor * k[i], query = q[i];
        int64_t j = 0;
        for (; j + W <= D; j += W) {
            const floats x = keep * load_floats(old + j) + key * load_floats(v + j);
            store_floats(new + j, x);
            store_floats(read + j, load_floats(read + j) + query * x);
        }
        for (; j < D; j++) read[j] += query * (new[j] = keep * old[j] + key * v[j]);
    }
}

/* read = k^T old */
static void read_held(const float *old, const float *k, float *read, int64_t D) {
    for (int64_t j = 0; j < D; j++) read[j] = 0;
    for (int64_t i = 0; i < D; i++, old += D) {
        int64_t j = 0;
        for (; j + W <= D; j += W) store_floats(read + j, load_floats(read + j) + k[i] * load_floats(old + j));
        for (; j < D; j++) read[j] += k[i] * old[j];
    }
}

/* What divides numbers by the root of their mean square. */
INLINE float norm_of(const float *x, int64_t D) { return 1 / sqrtf(sum_of_products(x, x, D) / (float)D + 1e-5f); }

static void matrix_head(const StreamLayer *l, int64_t row, int64_t head) {
    const float lowest = -60, least = 1e-6f; /* LOWEST and LEAST of the definition */
    const int64_t D = l->size, H = l->H, at = row * l->heads + head, unit = head * D;
    float *kept = kept_of(l, row), *read = kept + columns_of(l) + unit;
    const float *q = kept + unit, *k = q + H, *v = k + H, *gate = v + H, *numbers = kept + 4 * H;
    const float a = numbers[l->heads + head], before = l->states[2][at] - softplus_of(-numbers[head]);
    const float m = before > a ? before : a, keep = expf(before - m), write = expf(a - m) / sqrtf((float)D);
    const float *n = l->states[1] + at * D;
    float *new_n = l->new_states[1] + at * D;
    for (int64_t i = 0; i < D; i++) new_n[i] = keep * n[i] + write * k[i];
    write_and_read(l->states[0] + at * D * D, l->new_states[0] + at * D * D, keep, write, k, v, q, read, D);
    l->new_states[2][at] = m;
    const float total = fabsf(sum_of_products(q, new_n, D)), bound = expf(-(m > lowest ? m : lowest));
    const float divisor = (total > bound ? total : bound) + least;
    for (int64_t i = 0; i < D; i++) read[i] /= divisor;
    const float norm = l->vectors ? norm_of(read, D) : 1;
    for (int64_t i = 0; i < D; i++) {
        const float scale = l->vectors ? l->vectors[unit + i] : 1;
        l->inputs[0][row * H + unit + i] = NAME(from_float)(norm * scale * gate[i] * read[i]);
    }
}

static void delta_head(const StreamLayer *l, int64_t row, int64_t head) {
    const float least = 1e-6f; /* LEAST of the definition */
    const int64_t D = l->size, H = l->H, N = l->heads, at = row * N + head, unit = head * D;
    const float *scale = l->vectors + TAPS * 3 * H, *rates = scale + H, *biases = rates + N, *largest = biases + N;
    float *kept = kept_of(l, row), *read = kept + columns_of(l) + unit;
    float *q = kept + unit, *k = q + H, *v = k + H, *gate = v + H, *numbers = kept + 4 * H;
    const float b = largest[head] * sigmoid_of(numbers[head]);
    const float keep = expf(rates[head] * softplus_of(numbers[N + head] + biases[head]));
    const float of_q = 1 / sqrtf((sum_of_products(q, q, D) + least) * (float)D), of_k = 1 / sqrtf(sum_of_products(k, k, D) + least);
    for (int64_t i = 0; i < D; i++) q[i] *= of_q, k[i] *= of_k;
    const float *old = l->states[0] + at * D * D;
    read_held(old, k, read, D);
    for (int64_t i = 0; i < D; i++) v[i] = b * (v[i] - keep * read[i]);
    write_and_read(old, l->new_states[0] + at * D * D, keep, 1, k, v, q, read, D);
    const float norm = norm_of(read, D);
    for (int64_t i = 0; i < D; i++)
        l->inputs[0][row * H + unit + i] = NAME(from_float)(norm * scale[unit + i] * gate[i] * read[i]);
}

static void delta_output_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    floats acc[MOST_ROWS][4] = {};
    multiply_stream(R, G, input_factors(s->layers + n, 0, row, column), (Factors){NULL, NULL, 0}, acc);
    EACH_VECTOR(give_output(s, n, at_row, at, acc[r][v]))
}

/* The columns of some units; those of the heads' numbers belong to the last units. */
#define SUMS_STAGE(name)                                                                     \
    STAGE(name##_sums) {                                                                     \
        const StreamLayer *l = s->layers + n;                                                \
        const int64_t start = 4 * from, stop = to == l->H ? columns_of(l) : 4 * to;          \
        STREAM_TILES(name##_sums_tile, s, n, first, end, start, stop)                        \
    }
/* The heads whose first unit is one of these, and zeros for the units that fill up. */
#define HEADS_STAGE(name)                                                                    \
    STAGE(name##_heads) {                                                                    \
        const StreamLayer *l = s->layers + n;                                                \
        const int64_t D = l->size, units = l->heads * D, begin = (from + D - 1) / D;         \
        for (int64_t row = first; row < end; row++) {                                        \
            for (int64_t h = begin; h < l->heads && h * D < to; h++) name##_head(l, row, h); \
            for (int64_t unit = units > from ? units : from; unit < to; unit++)              \
                l->inputs[0][row * l->H + unit] = 0;                                         \
        }                                                                                    \
    }
SUMS_STAGE(matrix)
SUMS_STAGE(delta)
HEADS_STAGE(matrix)
HEADS_STAGE(delta)
STAGE(matrix_output) {
    const StreamLayer *l = s->layers + n;
    for (int64_t row = first; row < end; row++)
        for (int64_t unit = from; unit < to; unit += W)
            give_output(s, n, row, unit, NAME(load)(l->inputs[0] + row * l->H + unit));
}
STAGE(delta_output) { STREAM_TILES(delta_output_tile, s, n, first, end, from, to) }

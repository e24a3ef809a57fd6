/* A cell with a memory of places (cells/ntm.py), one character further, as stages of a stack (stream.h). Written by hand,
   as the step of its memory is (memory.h).

   Five stages: the reads of the step before, as products take them; the controller; what is asked of the heads; the
   memory, of which a thread has some rows; the output. Letters: B rows, H units, N places, D numbers in a place, R
   reading heads of A, P numbers asked of them (filled up to 4 W), E = R D numbers read (likewise).

   states: 0 the memory (B, D N), 1 the reads (B, R D), 2 the weightings (B, A N); with an lstm for a controller 3 h and
   4 c (B, H). inputs: 0 the controller's output (B, H), 1 the reads before and 2 after (B, E), 3 h before. panels: 0 (P, H),
   1 (K H, E) and 2 (H, E) of these inputs, 3 (4 H, H), 4 (H, H) for the output of input 0. vectors: the biases of what is
   asked (P,) and of the output (H,), and the reads at the start (R D). kept is (B, P + E + scratch for memory.h). */
#include "memory.h"

INLINE int64_t filled(int64_t count) { return (count + 4 * W - 1) / (4 * W) * 4 * W; }
INLINE int64_t reads_of(const StreamLayer *l) { return l->places->reading * l->places->D; }
INLINE float *asked_row(const StreamLayer *l, int64_t row) {
    return l->kept + row * (filled(asked_of(l->places)) + filled(reads_of(l)) + memory_room(l->places));
}
INLINE Factors factors_of(const StreamLayer *l, int64_t input, int64_t panel, int64_t K, int64_t row, int64_t column) {
    return (Factors){l->inputs[input] + row * K, l->panels[panel] + column * K / 2, K};
}

/* Of `count` things, those of the share that has some of the H units. */
INLINE Bounds share_of(int64_t count, const StreamLayer *l, int64_t from, int64_t to) {
    return (Bounds){count * from / l->H, count * to / l->H};
}

STAGE(places_reads) {
    const StreamLayer *l = s->layers + n;
    const int64_t E = filled(reads_of(l)), reads = reads_of(l);
    const float *start = l->vectors + filled(asked_of(l->places)) + l->H;
    const Bounds share = share_of(E, l, from, to);
    for (int64_t row = first; row < end; row++)
        for (int64_t k = share.first; k < share.end; k++) {
            const float x = k < reads ? l->states[1][row * reads + k] + start[k] : 0;
            l->inputs[1][row * E + k] = NAME(from_float)(x);
        }
}

/* The sums of a block of the controller's. */
static void control_sums(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column, int64_t block,
                         floats acc[MOST_ROWS][4]) {
    const StreamLayer *l = s->layers + n;
    const int64_t E = filled(reads_of(l)), from = block * l->H + column;
    EACH_VECTOR(acc[r][v] = load_floats(projected_sums(s, n, at_row) + block * l->H + at))
    multiply_stream(R, G, x_factors(l, row, from), factors_of(l, 1, 1, E, row, from), acc);
    if (l->inputs[3]) multiply_stream(R, G, factors_of(l, 3, 3, l->H, row, from), (Factors){NULL, NULL, 0}, acc);
}

static void places_control_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const StreamLayer *l = s->layers + n;
    floats acc[4][MOST_ROWS][4];
    for (int64_t block = 0; block < l->K; block++) control_sums(R, G, s, n, row, column, block, acc[block]);
    EACH_VECTOR(
        const int64_t place = at_row * l->H + at;
        floats h = tanh_ps(acc[0][r][v]);
        if (l->inputs[3]) { /* an lstm: i, f, g, o */
            const floats kept = sigmoid_ps(acc[1][r][v]) * load_floats(l->states[4] + place);
            const floats c = kept + sigmoid_ps(acc[0][r][v]) * tanh_ps(acc[2][r][v]);
            h = sigmoid_ps(acc[3][r][v]) * tanh_ps(c);
            store_floats(l->new_states[3] + place, h);
            store_floats(l->new_states[4] + place, c);
        }
        NAME(store)(l->inputs[0] + place, h))
}

static void places_ask_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const StreamLayer *l = s->layers + n;
    floats acc[MOST_ROWS][4];
    EACH_VECTOR(acc[r][v] = load_floats(l->vectors + at))
    multiply_stream(R, G, factors_of(l, 0, 0, l->H, row, column), (Factors){NULL, NULL, 0}, acc);
    EACH_VECTOR(store_floats(asked_row(l, at_row) + at, acc[r][v]))
}

STAGE(places_turn) {
    const StreamLayer *l = s->layers + n;
    MemoryTurn t = *l->places;
    const int64_t N = t.N, D = t.D, A = t.reading + t.writing, reads = reads_of(l), P = filled(asked_of(&t)), E = filled(reads);
    const float *start = l->vectors + P + l->H;
    const Bounds share = share_of(end - first, l, from, to);
    for (int64_t row = first + share.first; row < first + share.end; row++) {
        float *asked = asked_row(l, row), *read = asked + P;
        t.asked = asked, t.memory = l->states[0] + row * N * D, t.moved = l->states[2] + row * A * N;
        t.written = l->new_states[0] + row * N * D, t.read = read, t.after = l->new_states[2] + row * A * N;
        Row scratch = row_in(&t, read + E);
        forward_row(&t, &scratch, 0);
        for (int64_t k = 0; k < E; k++) l->inputs[2][row * E + k] = NAME(from_float)(k < reads ? read[k] : 0);
        for (int64_t k = 0; k < reads; k++) l->new_states[1][row * reads + k] = read[k] - start[k];
    }
}

static void places_output_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const StreamLayer *l = s->layers + n;
    const int64_t P = filled(asked_of(l->places)), E = filled(reads_of(l));
    floats acc[MOST_ROWS][4];
    EACH_VECTOR(acc[r][v] = load_floats(l->vectors + P + at))
    multiply_stream(R, G, factors_of(l, 0, 4, l->H, row, column), factors_of(l, 2, 2, E, row, column), acc);
    EACH_VECTOR(give_output(s, n, at_row, at, acc[r][v]))
}

STAGE(places_control) { STREAM_TILES(places_control_tile, s, n, first, end, from, to) }
STAGE(places_ask) {
    const StreamLayer *l = s->layers + n;
    const Bounds tiles = share_of(filled(asked_of(l->places)) / (4 * W), l, from, to);
    const int64_t start = tiles.first * 4 * W, stop = tiles.end * 4 * W;
    STREAM_TILES(places_ask_tile, s, n, first, end, start, stop)
}
STAGE(places_output) { STREAM_TILES(places_output_tile, s, n, first, end, from, to) }

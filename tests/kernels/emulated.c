/* A program for test_emulation.py: reads a window and a stack from the standard input, runs the kernels of one cell on
   them, and writes the results. So the kernels of another architecture can be run where there is no Python for it.

   CELL is the name of the cell's functions, TYPE the number type of the window: fp32 or bf16, STREAM that of the stream:
   bf16 or mixed. Its products read one part of the state. Arrays come and go in the order of the lines of `main`.
   Letters: T time, B rows, H units, V symbols; K projected, P products, N kept, M columns, S parts of the state. */
#include "kernels.c"
#include <stdio.h>
#include <stdlib.h>

static void *room(int64_t count) { return calloc((size_t)count + 64, sizeof(float)); }

static float *take(int64_t count) {
    float *array = room(count);
    if (fread(array, sizeof(float), (size_t)count, stdin) != (size_t)count) exit(1);
    return array;
}

static void give(const float *array, int64_t count) {
    if (fwrite(array, sizeof(float), (size_t)count, stdout) != (size_t)count) exit(1);
}

#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define OF(name) JOIN(name, TYPE)
typedef OF(real) real;

static real *narrow(const float *array, int64_t count) {
    real *narrowed = room(count);
    for (int64_t n = 0; n < count; n++) narrowed[n] = OF(from_float)(array[n]);
    return narrowed;
}

static void give_wide(const real *array, int64_t count) {
    float *widened = room(count);
    for (int64_t n = 0; n < count; n += W) store_floats(widened + n, OF(load)(array + n));
    give(widened, count);
}

typedef struct { int64_t T, B, H, V, K, P, N, M, S, read, vectors, repeat, shares, stages; } Sizes;

int main(void) {
    Sizes z;
    if (fread(&z, sizeof z, 1, stdin) != 1) return 1;
    const int64_t T = z.T, B = z.B, H = z.H, V = z.V, one = B * H;
    float *weights = take(z.P * H * H), *vectors = take(z.vectors * H), *projected = take(T * B * z.K * H);
    float *states = take(z.S * one), *d_out = take(T * one), *d_states = take(z.S * one);
    float *symbols = take(V * z.K * H), *head = take(V * H), *bias = take(V);

    OF(Packing) packing = {weights, room(z.P * H * H), room(z.P * H * H), z.P, H, H, z.repeat};
    OF(cell_pack)(&packing, NULL, 1);
    real *input = room((T + 1) * one);
    memcpy(input, narrow(states + z.read * one, one), sizeof(real) * (size_t)one);
    OF(Window) window = {
        .projected = narrow(projected, T * B * z.K * H), .panels = {packing.forward}, .inputs = {input},
        .output = z.shares ? input + one : room(T * one), .kept = room(T * B * z.N * H), .vectors = vectors,
        .projected_row = z.K * H, .d_output_row = H, .d_output = narrow(d_out, T * one),
        .columns = room(T * B * z.M * H), .carried = room(8 * one),
        .T = T, .B = B, .H = H, .U = H, .kept_steps = 1,
    };
    for (int64_t part = 0; part < z.S; part++) {
        window.states[part] = room((T + 1) * one);
        memcpy(window.states[part], states + part * one, sizeof(float) * (size_t)one);
        window.d_states[part] = d_states + part * one;
    }
    JOIN(JOIN(CELL, forward_rows), TYPE)(&window, NULL, 1);
    window.panels[0] = packing.backward;
    JOIN(JOIN(CELL, backward_rows), TYPE)(&window, NULL, 1);
    give_wide(window.output, T * one), give_wide(window.columns, T * B * z.M * H), give(d_states, z.S * one);

    int64_t *ids = calloc((size_t)(T * B), sizeof(int64_t)), *step_ids = ids + (T - 1) * B;
    for (int64_t n = 0; n < T * B; n++) ids[n] = n % V;
    OF(Gathering) gathering = {window.columns, ids, room(V * H), T * B, H, z.M * H};
    OF(gather)(&gathering, NULL, 1);
    give(gathering.totals, V * H);

    uint32_t *layer_words = room(z.P * H * H / 2), *head_words = room(V * H / 2);
    stream_pack(weights, layer_words, z.P * H, H);
    stream_pack(head, head_words, V, H);
    float *after = room(z.S * one);
    StreamLayer layer = {
        .stages = {JOIN(JOIN(CELL, stream_0), STREAM)}, .panels = {layer_words}, .sums = symbols, .vectors = vectors,
        .inputs = {room(one)}, .output = room(one), .copied = {z.read}, .count = z.stages, .H = H, .K = z.K,
    };
    for (int64_t part = 0; part < z.S; part++)
        layer.states[part] = states + part * one, layer.new_states[part] = after + part * one;
    StreamStack stack = {&layer, step_ids, head_words, bias, layer.output, room(B * V), 1, V, B};
    stream_step(&stack, 0, B);
    give(after, z.S * one), give(stack.logits, B * V);
    return 0;
}

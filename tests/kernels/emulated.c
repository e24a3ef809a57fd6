/* A program for test_emulation.py: reads a window and a stack from the standard input, runs the kernels on them, and
   writes the results. So the kernels of another architecture can be run where there is no Python for it.

   TYPE is the number type of the window: fp32 or bf16. Arrays come and go in the order of the lines of `main`.
   Letters: T time, B rows, H units, V symbols. */
#include "kernels.c"
#include <stdio.h>
#include <stdlib.h>

static void *room(int64_t count) { return calloc((size_t)count, sizeof(float)); }

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

int main(void) {
    int64_t size[4];
    if (fread(size, sizeof size, 1, stdin) != 1) return 1;
    const int64_t T = size[0], B = size[1], H = size[2], V = size[3];
    float *weights = take(4 * H * H), *sums = take(T * B * 4 * H), *h = take(B * H), *c = take(B * H);
    float *d_out = take(T * B * H), *d_h = take(B * H), *d_c = take(B * H);
    float *symbols = take(V * 4 * H), *head = take(V * H), *bias = take(V);

    OF(LstmPacking) packing = {weights, room(4 * H * H), room(4 * H * H), H};
    OF(lstm_pack)(&packing, NULL, 1);
    real *all_h = room((T + 1) * B * H);
    float *all_c = room((T + 1) * B * H);
    memcpy(all_h, narrow(h, B * H), sizeof(real) * (size_t)(B * H));
    memcpy(all_c, c, sizeof(float) * (size_t)(B * H));
    OF(LstmWindow) window = {
        .sums = narrow(sums, T * B * 4 * H), .weights = packing.forward,
        .h = all_h, .c = all_c, .gates = room(T * B * 4 * H),
        .d_out = narrow(d_out, T * B * H), .d_h = d_h, .d_c = d_c, .d_sums = room(T * B * 4 * H),
        .T = T, .B = B, .H = H,
    };
    OF(lstm_forward)(&window, NULL, 1);
    window.weights = packing.backward;
    OF(lstm_backward)(&window, NULL, 1);
    give_wide(all_h + B * H, T * B * H), give(all_c + B * H, T * B * H);
    give_wide(window.d_sums, T * B * 4 * H), give(d_c, B * H);

    int64_t *ids = calloc((size_t)(T * B), sizeof(int64_t)), *step_ids = ids + (T - 1) * B;
    for (int64_t n = 0; n < T * B; n++) ids[n] = n % V;
    OF(LstmGathering) gathering = {window.d_sums, ids, room(V * 4 * H), T * B, 4 * H};
    OF(lstm_gather)(&gathering, NULL, 1);
    give(gathering.totals, V * 4 * H);

    uint32_t *layer_words = room(2 * H * H), *head_words = room(V * H / 2);
    stream_pack(weights, layer_words, 4 * H, H, H, W);
    stream_pack(head, head_words, V, H, W, 4 * W);
    StreamLayer layer = {layer_words, symbols, room(B * H), h, c, room(B * H), room(B * H), H, H};
    StreamStack stack = {&layer, step_ids, head_words, bias, room(B * H), room(B * V), 1, V};
    stream_step(&stack, 0, B);
    give(layer.new_h, B * H), give(layer.new_c, B * H), give(stack.logits, B * V);
    return 0;
}

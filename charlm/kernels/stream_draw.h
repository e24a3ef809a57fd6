/* Sampling without Python: draw a symbol for each row from the logits, let the stack read them, and so on.

   A step of a small stack is shorter than a call from Python, so one call makes many steps, on a team of threads
   (team.h). They need a barrier after each stage of a layer, because the next one reads all units. If other programs use
   the processors, the call ends early and says that it was contended; the caller goes on with one thread. What is drawn
   does not depend on the number of threads. Letters: B rows, V symbols, N steps. */
#include <math.h>
#include "sharing.h"
#include "team.h"

typedef struct {
    const StreamStack *stack; /* new_h is h, new_c is c; logits: those to draw from first, at the end the last */
    double temperature;
    const double *uniforms;        /* (N, B), in [0, 1) */
    int64_t *drawn;                /* out: (N, B) */
    double *scratch;               /* (threads, symbols) */
    int64_t symbols, rows, length; /* symbols: V without the columns that fill it up; B; N */
    int64_t threads;               /* how many to use, at most */
    int64_t done;                  /* out: steps made; fewer than N if logits were not finite, or if contended */
    int failed;                    /* some row's logits were not finite */
    int contended;                 /* out: threads waited too long for each other */
} StreamDraw;

/* The first symbol whose cumulative probability exceeds u, as in sampling/decoding.py; -1 if a logit is not finite. */
static int64_t draw_symbol(const float *logits, int64_t symbols, double temperature, double u, double *cumulative) {
    double most = logits[0], total = 0;
    for (int64_t symbol = 0; symbol < symbols; symbol++) {
        if (!isfinite(logits[symbol])) return -1;
        if (logits[symbol] > most) most = logits[symbol];
    }
    for (int64_t symbol = 0; symbol < symbols; symbol++)
        cumulative[symbol] = total += exp((logits[symbol] - most) / temperature);
    int64_t symbol = 0;
    while (cumulative[symbol] <= u * total) symbol++;
    return symbol;
}

/* All steps, for one thread's share: some rows for drawing, some units of every layer, some columns of the head. */
static void draw_share(void *draw, Team *team, int64_t number) {
    StreamDraw *d = draw;
    StreamStack stack = *d->stack; /* a copy, whose ids change with every step */
    const int64_t B = d->rows, threads = team->barrier.threads;
    const Bounds rows = share_bounds(B, 1, number, threads);
    const Bounds columns = share_bounds(stack.V, 4 * W, number, threads);
    for (int64_t step = 0; step < d->length; step++) {
        int64_t *drawn = d->drawn + step * B;
        for (int64_t row = rows.first; row < rows.end; row++) {
            drawn[row] = draw_symbol(stack.logits + row * stack.V, d->symbols, d->temperature,
                                     d->uniforms[step * B + row], d->scratch + number * d->symbols);
            if (drawn[row] < 0) __atomic_store_n(&d->failed, 1, __ATOMIC_RELAXED);
        }
        for (int64_t n = 0; n < stack.count; n++) {
            const Bounds units = share_bounds(stack.layers[n].H, W, number, threads);
            copy_state(&stack, n, 0, B, units.first, units.end);
        }
        barrier_wait(&team->barrier);
        if (__atomic_load_n(&d->failed, __ATOMIC_RELAXED)) return;
        stack.ids = drawn;
        for (int64_t n = 0; n < stack.count; n++) {
            const Bounds units = share_bounds(stack.layers[n].H, 4 * W, number, threads);
            for (int64_t stage = 0; stage < stack.layers[n].count; stage++) {
                stack.layers[n].stages[stage](&stack, n, 0, B, units.first, units.end);
                barrier_wait(&team->barrier);
            }
        }
        head_step(&stack, 0, B, columns.first, columns.end);
        if (number == 0) { /* one thread decides, so that all stop after the same step */
            d->done = step + 1;
            d->contended = is_contended(&team->barrier);
        }
        barrier_wait(&team->barrier);
        if (d->contended) return;
    }
}

void stream_draw(StreamDraw *d) {
    d->done = d->failed = d->contended = 0;
    run_team(draw_share, d, d->threads);
}

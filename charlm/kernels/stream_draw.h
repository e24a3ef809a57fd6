/* Sampling without Python: draw a symbol for each row from the logits, let the stack read them, and so on.

   A step of a small stack is shorter than a call from Python, so one call makes many steps, on a team of threads
   (team.h). They need a barrier after each stage of a layer, because the next one reads all units. If other programs use
   the processors, the call ends early and says that it was contended; the caller goes on with one thread. What is drawn
   does not depend on the number of threads. Letters: B rows, V symbols, N steps, S states, R rules. */
#include <float.h>
#include "draw_rules.h"
#include "sharing.h"
#include "team.h"

/* An automaton that says what may be drawn, and where in it the rows are (model/walk.py). */
typedef struct {
    const int32_t *needed; /* (S, V): a symbol may be drawn if it needs fewer symbols than are left, itself one of them */
    const int64_t *steps;  /* (S, V): the state after a symbol; below 0: the text ends */
    int64_t *states;       /* (B,), in and out */
    int64_t *written;      /* (B,), out: steps with which the row has got a symbol, the one that ends it included */
    double *bits;          /* (N, B), out: -log2 of the probability of all that may be drawn; left as it is after an end */
    int64_t left;
} DrawWalk;

typedef struct {
    const StreamStack *stack; /* new_h is h, new_c is c; logits: those to draw from first, at the end the last */
    const DrawRule *rules;    /* (R,) */
    const DrawWalk *walk;     /* null: any symbol may be drawn */
    const double *uniforms;   /* (N, B), in [0, 1) */
    int64_t *drawn;           /* out: (N, B) */
    double *scratch;          /* (threads, DRAW_ROOM, symbols) */
    int64_t symbols, rows, length, count; /* symbols: V without the columns that fill it up; B; N; R */
    int64_t threads;                      /* how many to use, at most */
    int64_t done; /* out: steps made; fewer than N if logits were not finite, if all texts ended, or if contended */
    int failed;    /* some row's logits were not finite */
    int ended;     /* all texts ended */
    int contended; /* out: threads waited too long for each other */
} StreamDraw;

INLINE int has_ended(const DrawWalk *w, int64_t row) { return w && w->states[row] < 0; }

/* The symbol that a row draws in a step; -1 if a logit is not finite, and 0 if its text has ended. */
static int64_t draw_symbol(const StreamDraw *d, const float *logits, int64_t row, int64_t step, DrawRoom *r) {
    const DrawWalk *w = d->walk;
    if (has_ended(w, row)) return 0;
    for (int64_t symbol = 0; symbol < r->V; symbol++) {
        if (!isfinite(logits[symbol])) return -1;
        r->scores[symbol] = logits[symbol];
    }
    if (w) {
        const int32_t *needed = w->needed + w->states[row] * r->V;
        const double whole = unnormalised(r);
        double allowed = 0;
        for (int64_t symbol = 0; symbol < r->V; symbol++)
            if (needed[symbol] < w->left - step) allowed += r->powers[symbol];
            else r->scores[symbol] = -INFINITY;
        w->bits[step * d->rows + row] = log2(whole) - log2(allowed > FLT_MIN ? allowed : FLT_MIN);
    }
    return draw_by_rules(r, d->rules, d->count, d->uniforms[step * d->rows + row]);
}

/* The rows from `first` to `end` go on in the automaton with what they drew. */
static void walk_rows(const StreamDraw *d, const int64_t *drawn, int64_t first, int64_t end) {
    const DrawWalk *w = d->walk;
    for (int64_t row = first; row < end; row++)
        if (!has_ended(w, row)) {
            w->states[row] = w->steps[w->states[row] * d->symbols + drawn[row]];
            w->written[row]++;
        }
}

static int all_ended(const StreamDraw *d) {
    for (int64_t row = 0; row < d->rows; row++)
        if (!has_ended(d->walk, row)) return 0;
    return 1;
}

/* What one thread does of a layer, or of the head. */
typedef struct { Bounds rows, units; } DrawPart;

/* The part of thread `number` in so many units, each of which takes `products` for a row; they are added to the load. */
static DrawPart draw_part(int64_t rows, int64_t size, int64_t products, int64_t threads, int64_t number, Load *load) {
    const int64_t units = size / (4 * W);
    const Grid grid = grid_of(rows, units, threads);
    add_load(load, grid, rows, units, products);
    return (DrawPart){rows_of(grid, rows, number), units_of(grid, size, 4 * W, number)};
}

/* All steps, for one thread's share: some rows for drawing, some rows and units of every layer and of the head. */
static void draw_share(void *draw, Team *team, int64_t number) {
    StreamDraw *d = draw;
    StreamStack stack = *d->stack; /* a copy, whose ids change with every step */
    const int64_t B = d->rows, threads = team->barrier.threads;
    const Bounds rows = share_bounds(B, 1, number, threads);
    DrawPart parts[stack.count];
    Load load = {0};
    for (int64_t n = 0; n < stack.count; n++) {
        const StreamLayer *l = stack.layers + n;
        parts[n] = draw_part(B, l->H, l->K * (l->H + (l->x ? l->I : 0)), threads, number, &load);
    }
    const DrawPart head = draw_part(B, stack.V, stack.layers[stack.count - 1].H, threads, number, &load);
    if (number == 0) team->barrier.idle = idle_of(&load, threads);
    DrawRoom room = draw_room(d->scratch + number * DRAW_ROOM * d->symbols, d->symbols);
    for (int64_t step = 0; step < d->length; step++) {
        int64_t *drawn = d->drawn + step * B;
        for (int64_t row = rows.first; row < rows.end; row++) {
            drawn[row] = draw_symbol(d, stack.logits + row * stack.V, row, step, &room);
            if (drawn[row] < 0) __atomic_store_n(&d->failed, 1, __ATOMIC_RELAXED);
        }
        for (int64_t n = 0; n < stack.count; n++)
            copy_state(&stack, n, parts[n].rows.first, parts[n].rows.end, parts[n].units.first, parts[n].units.end);
        barrier_wait(&team->barrier);
        if (__atomic_load_n(&d->failed, __ATOMIC_RELAXED)) return;
        if (d->walk) walk_rows(d, drawn, rows.first, rows.end);
        stack.ids = drawn;
        for (int64_t n = 0; n < stack.count; n++) {
            const DrawPart p = parts[n];
            for (int64_t stage = 0; stage < stack.layers[n].count; stage++) {
                stack.layers[n].stages[stage](&stack, n, p.rows.first, p.rows.end, p.units.first, p.units.end);
                barrier_wait(&team->barrier);
            }
        }
        head_step(&stack, head.rows.first, head.rows.end, head.units.first, head.units.end);
        if (number == 0) { /* one thread decides, so that all stop after the same step */
            d->done = step + 1;
            d->contended = is_contended(&team->barrier);
            d->ended = d->walk && all_ended(d);
        }
        barrier_wait(&team->barrier);
        if (d->contended || d->ended) return;
    }
}

void stream_draw(StreamDraw *d) {
    d->done = d->failed = d->ended = d->contended = 0;
    run_team(draw_share, d, d->threads);
}

/* The LSTM through a whole window, forwards and backwards, for some of its rows. Included once for each of the number
   types fp32 and bf16, after products.h, with NAME defined.

   Rows are independent of each other. So each thread takes some rows through all time steps, and threads never wait for
   each other inside a window. In each step a thread reads the recurrent weights once, for all its rows.

   Letters: T time, B rows, H units (a multiple of 4 W), V symbols. Arrays are in C order. Gates come as i, f, g, o. */

typedef struct {
    const NAME(real) *sums;    /* W x + b: (T, B, 4H), or, if there are ids, (V, 4H) with a row for each symbol */
    const int64_t *ids;        /* (T, B): the rows of `sums`; or null */
    const NAME(real) *weights; /* packed by `pack` for this direction */
    NAME(real) *h;             /* (T + 1, B, H); the first is the state before the window */
    float *c;                  /* (T + 1, B, H); likewise */
    NAME(real) *gates;         /* (T, B, 4H), after their functions; null if there will be no backward pass */
    const NAME(real) *d_out;   /* (T, B, H); this and all below for the backward pass only */
    float *d_h, *d_c;          /* (B, H): of the state after the window; d_c is made that of the state before it */
    NAME(real) *d_sums;        /* (T, B, 4H) */
    int64_t T, B, H;
} NAME(LstmWindow);

/* Not inlined: the constants of the gates' functions would take registers from the inner product. */
static __attribute__((noinline)) void NAME(gate)(int R, const NAME(LstmWindow) *w, int64_t t, int64_t row, int64_t unit,
                                                 floats acc[MAX_ROWS][4]) {
    const int64_t B = w->B, H = w->H;
    for (int r = 0; r < R; r++) {
        const int64_t at = (t * B + row + r) * H + unit, next = at + B * H;
        floats i = NAME(sigmoid)(acc[r][0]), f = NAME(sigmoid)(acc[r][1]);
        floats g = NAME(tanh)(acc[r][2]), o = NAME(sigmoid)(acc[r][3]);
        floats c = f * load_floats(w->c + at) + i * g;
        store_floats(w->c + next, c);
        NAME(store)(w->h + next, o * NAME(tanh)(c));
        if (w->gates) {
            NAME(real) *gates = w->gates + (t * B + row + r) * 4 * H + unit;
            NAME(store)(gates, i), NAME(store)(gates + H, f);
            NAME(store)(gates + 2 * H, g), NAME(store)(gates + 3 * H, o);
        }
    }
}

/* One step of R rows and W units. The 4 vectors of the tile are the 4 gates of the same units, so the new state follows
   from the tile alone. */
INLINE void NAME(forward_tile)(const int R, const NAME(LstmWindow) *w, int64_t t, int64_t row, int64_t unit) {
    const int64_t B = w->B, H = w->H;
    floats acc[MAX_ROWS][4];
    UNROLLED for (int r = 0; r < R; r++) {
        const int64_t at = t * B + row + r;
        const NAME(real) *sums = w->sums + (w->ids ? w->ids[at] : at) * 4 * H + unit;
        UNROLLED for (int v = 0; v < 4; v++) acc[r][v] = NAME(load)(sums + v * H);
    }
    NAME(products)(R, w->h + (t * B + row) * H, H, w->weights + unit * 4 * H, H, acc);
    NAME(gate)(R, w, t, row, unit, acc);
}

/* The gradients of R rows of this step's sums, and of the memory before it, from those of h: d_h[r] is of 4 W units. */
static __attribute__((noinline)) void NAME(gate_gradients)(int R, const NAME(LstmWindow) *w, int64_t t, int64_t row,
                                                           int64_t unit, floats d_h[MAX_ROWS][4]) {
    const int64_t B = w->B, H = w->H;
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 4; v++) {
            const int64_t column = unit + v * W, at = (t * B + row + r) * H + column;
            const NAME(real) *gates = w->gates + (t * B + row + r) * 4 * H + column;
            NAME(real) *d_sums = w->d_sums + (t * B + row + r) * 4 * H + column;
            float *d_c = w->d_c + (row + r) * H + column;
            floats i = NAME(load)(gates), f = NAME(load)(gates + H);
            floats g = NAME(load)(gates + 2 * H), o = NAME(load)(gates + 3 * H);
            floats tanh_c = NAME(tanh)(load_floats(w->c + at + B * H));
            floats d = load_floats(d_c) + d_h[r][v] * o * (1 - tanh_c * tanh_c);
            NAME(store)(d_sums, d * g * i * (1 - i));
            NAME(store)(d_sums + H, d * load_floats(w->c + at) * f * (1 - f));
            NAME(store)(d_sums + 2 * H, d * i * (1 - g * g));
            NAME(store)(d_sums + 3 * H, d_h[r][v] * tanh_c * o * (1 - o));
            store_floats(d_c, d * f);
        }
}

/* One step back of R rows and 4 W units: the gradient of h, from the output and from the sums of the step after it, and
   then the gradients of this step's sums. */
INLINE void NAME(backward_tile)(const int R, const NAME(LstmWindow) *w, int64_t t, int64_t row, int64_t unit) {
    const int64_t B = w->B, H = w->H;
    floats acc[MAX_ROWS][4];
    UNROLLED for (int r = 0; r < R; r++)
        UNROLLED for (int v = 0; v < 4; v++) {
            acc[r][v] = NAME(load)(w->d_out + (t * B + row + r) * H + unit + v * W);
            if (t == w->T - 1) acc[r][v] += load_floats(w->d_h + (row + r) * H + unit + v * W);
        }
    if (t < w->T - 1)
        NAME(products)(R, w->d_sums + ((t + 1) * B + row) * 4 * H, 4 * H, w->weights + unit * 4 * H, 4 * H, acc);
    NAME(gate_gradients)(R, w, t, row, unit, acc);
}

static void NAME(forward)(void *window, int64_t first, int64_t end) {
    const NAME(LstmWindow) *w = window;
    for (int64_t t = 0; t < w->T; t++) TILES(MAX_ROWS, NAME(forward_tile), first, end, 0, w->H, W, w, t)
}

static void NAME(backward)(void *window, int64_t first, int64_t end) {
    const NAME(LstmWindow) *w = window;
    for (int64_t t = w->T - 1; t >= 0; t--) TILES(MAX_ROWS, NAME(backward_tile), first, end, 0, w->H, 4 * W, w, t)
}

/* The recurrent weights (4H, H), and room for them as the panels of either direction; `backward` may be null. */
typedef struct { const float *weights; NAME(real) *forward, *backward; int64_t H; } NAME(LstmPacking);

/* Pack the panels of some units, from and to multiples of 4 W.

   Forwards a panel is for W units: it has, for each word along H, the vectors of gates i, f, g and o. Backwards, where
   the matrix is transposed, a panel is for 4 W units and has, for each word along the 4H sums, these units' vectors. */
static void NAME(pack)(void *packing, int64_t first, int64_t end) {
    const NAME(LstmPacking) *p = packing;
    const int64_t H = p->H;
    for (int64_t unit = first; unit < end; unit += W) {
        NAME(real) *to = p->forward + unit * 4 * H;
        for (int64_t k = 0; k < H; k += NAME(per_word))
            for (int gate = 0; gate < 4; gate++)
                for (int lane = 0; lane < W; lane++)
                    for (int i = 0; i < NAME(per_word); i++)
                        *to++ = NAME(from_float)(p->weights[(gate * H + unit + lane) * H + k + i]);
    }
    if (!p->backward) return;
    for (int64_t unit = first; unit < end; unit += 4 * W) {
        NAME(real) *to = p->backward + unit * 4 * H;
        for (int64_t k = 0; k < 4 * H; k += NAME(per_word))
            for (int lane = 0; lane < 4 * W; lane++)
                for (int i = 0; i < NAME(per_word); i++)
                    *to++ = NAME(from_float)(p->weights[(k + i) * H + unit + lane]);
    }
}

/* The gradients of the sums of each symbol: totals (V, columns) += d_sums (N, columns) at ids (N,). Rows of d_sums are
   `stride` numbers apart. */
typedef struct {
    const NAME(real) *d_sums;
    const int64_t *ids;
    float *totals;
    int64_t N, columns, stride;
} NAME(LstmGathering);

/* Threads take different columns and not different rows, so that no two of them add to the same number. */
static void NAME(gather)(void *gathering, int64_t first, int64_t end) {
    const NAME(LstmGathering) *g = gathering;
    for (int64_t n = 0; n < g->N; n++) {
        float *total = g->totals + g->ids[n] * g->columns;
        for (int64_t column = first; column < end; column += W)
            store_floats(total + column, load_floats(total + column) + NAME(load)(g->d_sums + n * g->stride + column));
    }
}

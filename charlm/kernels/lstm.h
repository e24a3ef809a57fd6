/* The LSTM through a whole window, forwards and backwards, for some of its rows.

   Rows do not know of each other, so each thread takes some of them through all time steps and waits for nobody. A step
   of a thread reads the recurrent weights once, in panels that stay in its nearest cache while all its rows pass; the
   gates of W units are worked out while their sums are still in registers. This file is included once for each type of
   numbers, with REAL, WORD, PER_WORD, load, store, dot, SIGMOID, HYPERBOLIC and NAME(x) defined.

   Letters: T time, B rows, H units (a multiple of 4 W). All arrays lie in C order, gates as i, f, g, o. */

typedef struct {
    const REAL *sums;    /* (N, 4H): W x + b for each row, or, with ids, for each symbol */
    const int64_t *ids;  /* (T, B): which of the sums, or none: they are in order */
    const WORD *weights; /* packed by NAME(pack) */
    REAL *h;             /* (T + 1, B, H), the first of them given */
    float *c;            /* (T + 1, B, H), the first of them given */
    REAL *gates;         /* (T, B, 4H) as they came out, or none: nobody goes back */
    const REAL *d_out;   /* (T, B, H), backwards only, as all below */
    float *d_h, *d_c;    /* (B, H): of the state after the window; d_c ends as that of the state before it */
    REAL *d_sums;        /* (T, B, 4H) */
    int64_t T, B, H;
} NAME(Window);

/* Sums of products for R rows and 4 vectors of columns. The panel has, for each word, the 4 vectors side by side. */
INLINE void NAME(products)(const int R, const WORD *rows, int64_t stride, const WORD *panel, int64_t words,
                           floats acc[MOST_ROWS][4]) {
    floats sums[MOST_ROWS][4];
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < 4; v++) sums[r][v] = acc[r][v];
    for (int64_t k = 0; k < words; k++, panel += 4 * W) {
        floats weights[4];
        UNROLLED for (int v = 0; v < 4; v++) weights[v] = load_floats((const float *)(panel + v * W));
        UNROLLED for (int r = 0; r < R; r++) {
            const WORD x = rows[r * stride + k];
            UNROLLED for (int v = 0; v < 4; v++) sums[r][v] = dot(sums[r][v], x, weights[v]);
        }
    }
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < 4; v++) acc[r][v] = sums[r][v];
}

/* Not inlined: its constants would take the registers that the products need. */
static __attribute__((noinline)) void NAME(gate)(int R, const NAME(Window) *w, int64_t t, int64_t row, int64_t unit,
                                                 floats acc[MOST_ROWS][4]) {
    const int64_t B = w->B, H = w->H;
    for (int r = 0; r < R; r++) {
        const int64_t at = (t * B + row + r) * H + unit, next = at + B * H;
        floats i = SIGMOID(acc[r][0]), f = SIGMOID(acc[r][1]), g = HYPERBOLIC(acc[r][2]), o = SIGMOID(acc[r][3]);
        floats c = f * load_floats(w->c + at) + i * g;
        store_floats(w->c + next, c);
        store(w->h + next, o * HYPERBOLIC(c));
        if (w->gates) {
            REAL *gates = w->gates + (t * B + row + r) * 4 * H + unit;
            store(gates, i), store(gates + H, f), store(gates + 2 * H, g), store(gates + 3 * H, o);
        }
    }
}

INLINE void NAME(forward_tile)(const int R, const NAME(Window) *w, int64_t t, int64_t row, int64_t unit) {
    const int64_t B = w->B, H = w->H, words = H / PER_WORD;
    floats acc[MOST_ROWS][4];
    UNROLLED for (int r = 0; r < R; r++) {
        const int64_t at = t * B + row + r;
        const REAL *sums = w->sums + (w->ids ? w->ids[at] : at) * 4 * H + unit;
        UNROLLED for (int v = 0; v < 4; v++) acc[r][v] = load(sums + v * H);
    }
    const REAL *h = w->h + (t * B + row) * H;
    NAME(products)(R, (const WORD *)h, words, w->weights + unit * 4 * words, words, acc);
    NAME(gate)(R, w, t, row, unit, acc);
}

INLINE void NAME(backward_tile)(const int R, const NAME(Window) *w, int64_t t, int64_t row, int64_t unit) {
    const int64_t B = w->B, H = w->H, words = 4 * H / PER_WORD;
    floats acc[MOST_ROWS][4];
    UNROLLED for (int r = 0; r < R; r++)
        UNROLLED for (int v = 0; v < 4; v++) {
            acc[r][v] = load(w->d_out + (t * B + row + r) * H + unit + v * W);
            if (t == w->T - 1) acc[r][v] += load_floats(w->d_h + (row + r) * H + unit + v * W);
        }
    if (t < w->T - 1) {
        const REAL *d_next = w->d_sums + ((t + 1) * B + row) * 4 * H;
        NAME(products)(R, (const WORD *)d_next, words, w->weights + unit * words, words, acc);
    }
    UNROLLED for (int r = 0; r < R; r++)
        UNROLLED for (int v = 0; v < 4; v++) {
            const int64_t column = unit + v * W, at = (t * B + row + r) * H + column;
            const REAL *gates = w->gates + (t * B + row + r) * 4 * H + column;
            REAL *d_sums = w->d_sums + (t * B + row + r) * 4 * H + column;
            float *d_c = w->d_c + (row + r) * H + column;
            floats i = load(gates), f = load(gates + H), g = load(gates + 2 * H), o = load(gates + 3 * H);
            floats seen = HYPERBOLIC(load_floats(w->c + at + B * H)), d_h = acc[r][v];
            floats d = load_floats(d_c) + d_h * o * (1 - seen * seen);
            store(d_sums, d * g * i * (1 - i));
            store(d_sums + H, d * load_floats(w->c + at) * f * (1 - f));
            store(d_sums + 2 * H, d * i * (1 - g * g));
            store(d_sums + 3 * H, d_h * seen * o * (1 - o));
            store_floats(d_c, d * f);
        }
}

static void NAME(forward)(void *window, int64_t first, int64_t end) {
    const NAME(Window) *w = window;
    for (int64_t t = 0; t < w->T; t++) TILES(NAME(forward_tile), 0, w->H, W, w, t)
}

static void NAME(backward)(void *window, int64_t first, int64_t end) {
    const NAME(Window) *w = window;
    for (int64_t t = w->T - 1; t >= 0; t--) TILES(NAME(backward_tile), 0, w->H, 4 * W, w, t)
}

/* U (4H, H) in float for the way forward: for W units after each other, word by word of H, the 4 gates side by side. */
typedef struct { const float *from; REAL *forward, *backward; int64_t H; } NAME(Packing);

static void NAME(pack)(void *packing, int64_t first, int64_t end) { /* from unit to unit, in multiples of 4 W */
    const NAME(Packing) *p = packing;
    const int64_t H = p->H;
    for (int64_t unit = first; unit < end; unit += W) {
        REAL *to = p->forward + unit * 4 * H;
        for (int64_t k = 0; k < H; k += PER_WORD)
            for (int gate = 0; gate < 4; gate++)
                for (int lane = 0; lane < W; lane++)
                    for (int part = 0; part < PER_WORD; part++)
                        *to++ = as_real(p->from[(gate * H + unit + lane) * H + k + part]);
    }
    if (!p->backward) return;
    for (int64_t unit = first; unit < end; unit += 4 * W) {
        REAL *to = p->backward + unit * 4 * H;
        for (int64_t k = 0; k < 4 * H; k += PER_WORD)
            for (int lane = 0; lane < 4 * W; lane++)
                for (int part = 0; part < PER_WORD; part++)
                    *to++ = as_real(p->from[(k + part) * H + unit + lane]);
    }
}

/* What the rows of sums add to each symbol's: totals (V, 4H) += d_sums (N, 4H) at ids (N,), for some of the columns. */
typedef struct { const REAL *d_sums; const int64_t *ids; float *totals; int64_t N, columns; } NAME(Gathering);

static void NAME(gather)(void *gathering, int64_t first, int64_t end) {
    const NAME(Gathering) *g = gathering;
    for (int64_t n = 0; n < g->N; n++) {
        float *total = g->totals + g->ids[n] * g->columns;
        for (int64_t column = first; column < end; column += W)
            store_floats(total + column, load_floats(total + column) + load(g->d_sums + n * g->columns + column));
    }
}

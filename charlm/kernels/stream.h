/* A stack of LSTM layers, one character further: what sampling does again and again.

   Reading the weights is what takes the time, so they are bfloat16, and each is read once for all rows of a tile. A
   row's sums are added up in the same order alone or among others: its numbers are the same to the last bit. What the
   products read is bfloat16 too where the processor multiplies that, else float; all else is float. Included once, with
   NARROW, Word, put, spread and dot defined. Letters: B rows, H units (a multiple of W), K what a layer reads (even). */

typedef struct {
    const uint32_t *weights; /* packed by pack_stream: (columns, K) in panels of 4 vectors of columns, pair by pair */
    const float *sums;       /* (V, 4H): what each symbol adds, in the lowest layer; else (1, 4H), the bias */
    NARROW *input;           /* (B, K): the output of the layer below, if there is one, and then its own h */
    const float *h, *c;      /* (B, H), before the step */
    float *new_h, *new_c;    /* (B, H), after it */
    int64_t K, H;
} Layer;

typedef struct {
    const Layer *layers; /* from the lowest up */
    const int64_t *ids;  /* (B,) */
    const uint32_t *head; /* packed, (V filled up to a multiple of 4 W, H) */
    const float *bias;    /* (V filled up) */
    NARROW *top;          /* (B, H): what the head reads */
    float *logits;        /* (B, V filled up) */
    int64_t count, V;
} Stack;

INLINE void stream_products(const int R, const NARROW *rows, int64_t K, const uint32_t *panel,
                            floats acc[MOST_ROWS][4]) {
    floats sums[MOST_ROWS][4];
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < 4; v++) sums[r][v] = acc[r][v];
    for (int64_t k = 0; k < K; k += 2, panel += 4 * W) {
        floats weights[4];
        UNROLLED for (int v = 0; v < 4; v++) weights[v] = load_floats((const float *)(panel + v * W));
        UNROLLED for (int r = 0; r < R; r++)
            UNROLLED for (int v = 0; v < 4; v++) sums[r][v] = dot(sums[r][v], rows + r * K + k, weights[v]);
    }
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < 4; v++) acc[r][v] = sums[r][v];
}

static __attribute__((noinline)) void stream_gates(int R, const Layer *l, int64_t row, int64_t unit, NARROW *next,
                                                   int64_t stride, floats acc[MOST_ROWS][4]) {
    for (int r = 0; r < R; r++) {
        const int64_t at = (row + r) * l->H + unit;
        floats c = sigmoid(acc[r][1]) * load_floats(l->c + at) + sigmoid(acc[r][0]) * hyperbolic(acc[r][2]);
        floats h = sigmoid(acc[r][3]) * hyperbolic(c);
        store_floats(l->new_c + at, c);
        store_floats(l->new_h + at, h);
        put(next + (row + r) * stride + unit, h);
    }
}

INLINE void layer_tile(const int R, const Stack *s, int64_t n, int64_t row, int64_t unit) {
    const Layer *l = s->layers + n;
    floats acc[MOST_ROWS][4];
    for (int r = 0; r < R; r++) {
        const float *sums = l->sums + (n ? 0 : s->ids[row + r]) * 4 * l->H + unit;
        for (int v = 0; v < 4; v++) acc[r][v] = load_floats(sums + v * l->H);
    }
    stream_products(R, l->input + row * l->K, l->K, l->weights + unit * 2 * l->K, acc);
    const int above = n + 1 < s->count;
    stream_gates(R, l, row, unit, above ? l[1].input : s->top, above ? l[1].K : l->H, acc);
}

INLINE void head_tile(const int R, const Stack *s, int64_t n, int64_t row, int64_t column) {
    const int64_t H = s->layers[n].H;
    floats acc[MOST_ROWS][4];
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 4; v++) acc[r][v] = load_floats(s->bias + column + v * W);
    stream_products(R, s->top + row * H, H, s->head + column * H / 2, acc);
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 4; v++) store_floats(s->logits + (row + r) * s->V + column + v * W, acc[r][v]);
}

/* Some rows' own h, of some units, to where layer n reads it. */
static void lay_out(const Stack *s, int64_t n, int64_t first, int64_t end, int64_t from, int64_t to) {
    const Layer *l = s->layers + n;
    for (int64_t row = first; row < end; row++)
        for (int64_t unit = from; unit < to; unit += W)
            put(l->input + row * l->K + (l->K - l->H) + unit, load_floats(l->h + row * l->H + unit));
}

static void layer_step(const Stack *s, int64_t n, int64_t first, int64_t end, int64_t from, int64_t to) {
    TILES(layer_tile, from, to, W, s, n)
}

static void head_step(const Stack *s, int64_t first, int64_t end, int64_t from, int64_t to) {
    TILES(head_tile, from, to, 4 * W, s, s->count - 1)
}

void stream_step(const Stack *s, int64_t first, int64_t end) {
    for (int64_t n = 0; n < s->count; n++) {
        lay_out(s, n, first, end, 0, s->layers[n].H);
        layer_step(s, n, first, end, 0, s->layers[n].H);
    }
    head_step(s, first, end, 0, s->V);
}

/* (columns, K) floats into panels: panel p has the columns at [(v * spread + p) * W ...] for its vectors v of 4. */
void pack_stream(const float *from, uint32_t *to, int64_t columns, int64_t K, int64_t spread, int64_t step) {
    for (int64_t p = 0; p < columns / (4 * W); p++)
        for (int64_t k = 0; k < K; k += 2)
            for (int v = 0; v < 4; v++)
                for (int lane = 0; lane < W; lane++) {
                    const float *pair = from + (v * spread + p * step + lane) * K + k;
                    *to++ = (uint32_t)narrowed(pair[0]) | (uint32_t)narrowed(pair[1]) << 16;
                }
}

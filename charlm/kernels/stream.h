/* A stack of LSTM layers, one character further. Sampling does this for every character.

   Most of the time goes into reading the weights. So they are bfloat16, and each is read once for all rows of a tile.
   The inputs of the products are bfloat16 too if the processor multiplies that, else floats; all other numbers are
   floats. A row's numbers are the same to the last bit alone or among others.

   Included once, after products.h, with NAME for the number type of the products: bf16 or mixed.
   Letters: B rows, V symbols, H units (a multiple of W), K inputs of a layer (even). */

typedef struct {
    const uint32_t *weights; /* (4H, K), packed by stream_pack */
    const float *sums;       /* (V, 4H), what each symbol adds, in the lowest layer; in others (1, 4H), the bias */
    NAME(real) *input;       /* (B, K), scratch: the output of the layer below if there is one, then the own h */
    const float *h, *c;      /* (B, H), before the step */
    float *new_h, *new_c;    /* (B, H), after it; may be the same arrays as h and c */
    int64_t K, H;
} StreamLayer;

typedef struct {
    const StreamLayer *layers; /* the lowest first */
    const int64_t *ids;        /* (B,): the symbols that the lowest layer reads */
    const uint32_t *head;      /* (V, H), packed by stream_pack; V is a multiple of 4 W here, filled up by the caller */
    const float *bias;         /* (V,) */
    NAME(real) *top;           /* (B, H), scratch: the output of the last layer */
    float *logits;             /* (B, V) */
    int64_t count, V;          /* layers, and columns of the head */
} StreamStack;

/* Not inlined, for the reason that lstm.h gives. h goes to the state, and to `next`, where the products of the layer
   above or of the head read it. */
static __attribute__((noinline)) void stream_gates(int R, const StreamLayer *l, int64_t row, int64_t unit,
                                                   NAME(real) *next, int64_t stride, floats acc[MAX_ROWS][4]) {
    for (int r = 0; r < R; r++) {
        const int64_t at = (row + r) * l->H + unit;
        floats c = sigmoid_ps(acc[r][1]) * load_floats(l->c + at) + sigmoid_ps(acc[r][0]) * tanh_ps(acc[r][2]);
        floats h = sigmoid_ps(acc[r][3]) * tanh_ps(c);
        store_floats(l->new_c + at, c);
        store_floats(l->new_h + at, h);
        NAME(store)(next + (row + r) * stride + unit, h);
    }
}

INLINE void layer_tile(const int R, const StreamStack *s, int64_t n, int64_t row, int64_t unit) {
    const StreamLayer *l = s->layers + n;
    floats acc[MAX_ROWS][4];
    for (int r = 0; r < R; r++) {
        const float *sums = l->sums + (n ? 0 : s->ids[row + r]) * 4 * l->H + unit;
        for (int v = 0; v < 4; v++) acc[r][v] = load_floats(sums + v * l->H);
    }
    NAME(products)(R, l->input + row * l->K, l->K, l->weights + unit * 2 * l->K, l->K, acc);
    const int above = n + 1 < s->count;
    stream_gates(R, l, row, unit, above ? l[1].input : s->top, above ? l[1].K : l->H, acc);
}

INLINE void head_tile(const int R, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const int64_t H = s->layers[n].H;
    floats acc[MAX_ROWS][4];
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 4; v++) acc[r][v] = load_floats(s->bias + column + v * W);
    NAME(products)(R, s->top + row * H, H, s->head + column * H / 2, H, acc);
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 4; v++) store_floats(s->logits + (row + r) * s->V + column + v * W, acc[r][v]);
}

/* Copy the h of layer n, of some rows and units, into the layer's input. This comes before the step, because the step
   writes the new h of the units that are done first while others still have to read the old one. */
static void copy_own_h(const StreamStack *s, int64_t n, int64_t first, int64_t end, int64_t from, int64_t to) {
    const StreamLayer *l = s->layers + n;
    for (int64_t row = first; row < end; row++)
        for (int64_t unit = from; unit < to; unit += W)
            NAME(store)(l->input + row * l->K + (l->K - l->H) + unit, load_floats(l->h + row * l->H + unit));
}

static void layer_step(const StreamStack *s, int64_t n, int64_t first, int64_t end, int64_t from, int64_t to) {
    TILES(NAME(max_rows), layer_tile, first, end, from, to, W, s, n)
}

static void head_step(const StreamStack *s, int64_t first, int64_t end, int64_t from, int64_t to) {
    TILES(NAME(max_rows), head_tile, first, end, from, to, 4 * W, s, s->count - 1)
}

/* One step of the rows from `first` to `end`. Threads may run it at the same time on different rows. */
void stream_step(const StreamStack *s, int64_t first, int64_t end) {
    for (int64_t n = 0; n < s->count; n++) {
        copy_own_h(s, n, first, end, 0, s->layers[n].H);
        layer_step(s, n, first, end, 0, s->layers[n].H);
    }
    head_step(s, first, end, 0, s->V);
}

/* Pack a matrix (columns, K) of floats into panels of 4 vectors of columns, as products.h reads them.

   Panel p begins at column p * step, and its vectors are `spread` columns apart. For a layer, spread = H and step = W:
   the vectors are the gates i, f, g, o of W units. For the head, spread = W and step = 4 W: neighbouring columns. */
void stream_pack(const float *from, uint32_t *to, int64_t columns, int64_t K, int64_t spread, int64_t step) {
    for (int64_t p = 0; p < columns / (4 * W); p++)
        for (int64_t k = 0; k < K; k += 2)
            for (int v = 0; v < 4; v++)
                for (int lane = 0; lane < W; lane++) {
                    const float *pair = from + (v * spread + p * step + lane) * K + k;
                    *to++ = (uint32_t)from_float_bf16(pair[0]) | (uint32_t)from_float_bf16(pair[1]) << 16;
                }
}

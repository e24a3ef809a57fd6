/* What surrounds the cell of a layer (model/block.py), one character further: stages before those of the cell and after
   them. Which of them a layer has, its list of stages says. Between the parts of a block numbers are floats; inputs of
   products are as everywhere in stream.h. Included there. Letters: B rows, V symbols, H units, M inner width of the
   network in multiples of H. */

struct StreamBlock {
    const float *embedding;               /* (V, H) in the lowest layer; null in others */
    const float *x;                       /* (B, H): what the layer below hands up; null in the lowest */
    const float *norm, *mlp_norm;         /* (H,): the scales 1 + s; null without norms */
    const float *conv;                    /* (reach + 1, H), the last for the present input; null without */
    const uint32_t *in, *out;             /* (2 H, H) and (H, H), packed by stream_pack; null without a gate */
    const uint32_t *mlp_in, *mlp_out;     /* (2 M H, H) and (H, M H), likewise */
    const float *recent;                  /* (reach, B, H): inputs of the convolution before the step, oldest first */
    float *new_recent;                    /* after it; may be the same array */
    float *gate, *y, *handed;             /* (B, H), scratch: y is the sum in the middle; what the layer hands up */
    NAME(real) *normed, *read;            /* (B, H), scratch: what products read; what the cell reads */
    NAME(real) *inner, *top;              /* (B, M H) and (B, H): of the network; `handed` as the head reads it */
    int64_t reach, mlp, units, residual;  /* units: those of H that do not fill up */
};

/* x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)), which is the gelu of model/block.py, written without a tanh. */
INLINE floats gelu_ps(floats x) { return x * sigmoid_ps(1.59576912f * x * (1 + 0.044715f * x * x)); }

INLINE const float *layer_input(const StreamStack *s, int64_t n, int64_t row) {
    const StreamLayer *l = s->layers + n;
    return l->block->embedding ? l->block->embedding + s->ids[row] * l->H : l->block->x + row * l->H;
}

/* What a row is multiplied with, so that its mean square is one. */
static float norm_factor(const float *x, int64_t H, int64_t units) {
    floats squares = constant(0);
    for (int64_t unit = 0; unit < H; unit += W) squares += load_floats(x + unit) * load_floats(x + unit);
    float sum = 0;
    for (int lane = 0; lane < W; lane++) sum += squares[lane];
    return 1 / __builtin_sqrtf(sum / (float)units + 1e-6f);
}

/* The sum over the last inputs of W units; the present one becomes the last. */
INLINE floats convolved(const StreamStack *s, const StreamLayer *l, int64_t row, int64_t unit, floats now) {
    const StreamBlock *b = l->block;
    if (!b->conv) return now;
    floats sum = now * load_floats(b->conv + b->reach * l->H + unit);
    for (int64_t j = 0; j < b->reach; j++) {
        const int64_t at = (j * s->rows + row) * l->H + unit;
        const floats old = load_floats(b->recent + at);
        sum += old * load_floats(b->conv + j * l->H + unit);
        if (j) store_floats(b->new_recent + at - s->rows * l->H, old);
    }
    if (b->reach) store_floats(b->new_recent + ((b->reach - 1) * s->rows + row) * l->H + unit, now);
    return sum;
}

INLINE void hand_up(const StreamLayer *l, int64_t at, floats sum) {
    store_floats(l->block->handed + at, sum);
    NAME(store)(l->block->top + at, sum);
}

/* What the cell's part of the block adds to the layer's input. */
INLINE void add_part(const StreamStack *s, int64_t n, int64_t row, int64_t unit, floats part) {
    const StreamLayer *l = s->layers + n;
    if (l->block->residual) part += load_floats(layer_input(s, n, row) + unit);
    if (l->block->mlp) store_floats(l->block->y + row * l->H + unit, part);
    else hand_up(l, row * l->H + unit, part);
}

/* The norm, or a copy in the number type of products; and the convolution, if no product comes before it. */
STAGE(block_norm) {
    const StreamLayer *l = s->layers + n;
    const StreamBlock *b = l->block;
    for (int64_t row = first; row < end; row++) {
        const float *x = layer_input(s, n, row);
        const float factor = b->norm ? norm_factor(x, l->H, b->units) : 1;
        for (int64_t unit = from; unit < to; unit += W) {
            floats u = load_floats(x + unit) * factor;
            if (b->norm) u *= load_floats(b->norm + unit);
            if (b->in) NAME(store)(b->normed + row * l->H + unit, u);
            else NAME(store)(b->read + row * l->H + unit, convolved(s, l, row, unit, u));
        }
    }
}

STAGE(block_mlp_norm) {
    const StreamLayer *l = s->layers + n;
    const StreamBlock *b = l->block;
    for (int64_t row = first; row < end; row++) {
        const float *y = b->y + row * l->H;
        const float factor = b->mlp_norm ? norm_factor(y, l->H, b->units) : 1;
        for (int64_t unit = from; unit < to; unit += W) {
            floats v = load_floats(y + unit) * factor;
            if (b->mlp_norm) v *= load_floats(b->mlp_norm + unit);
            NAME(store)(b->normed + row * l->H + unit, v);
        }
    }
}

/* For each vector of a tile: `line`, with its row and its first column. */
#define EACH_VECTOR(line)                                                                        \
    for (int r = 0; r < R * G; r++) for (int v = 0; v < 4; v++) {                                \
        const int64_t at_row = row + (G > 1 ? 0 : r), at = column + ((G > 1 ? 4 * r : 0) + v) * W; \
        (void)at_row, (void)at;                                                                  \
        line;                                                                                    \
    }

static void block_in_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const StreamLayer *l = s->layers + n;
    const StreamBlock *b = l->block;
    const int64_t H = l->H;
    const Factors nothing = {NULL, NULL, 0};
    floats acc[2][MOST_ROWS][4] = {};
    multiply_stream(R, G, (Factors){b->normed + row * H, b->in + column * H / 2, H}, nothing, acc[0]);
    multiply_stream(R, G, (Factors){b->normed + row * H, b->in + (H + column) * H / 2, H}, nothing, acc[1]);
    EACH_VECTOR(
        NAME(store)(b->read + at_row * H + at, convolved(s, l, at_row, at, acc[0][r][v]));
        store_floats(b->gate + at_row * H + at, gelu_ps(acc[1][r][v])))
}

static void block_out_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const StreamLayer *l = s->layers + n;
    const int64_t H = l->H;
    floats acc[MOST_ROWS][4] = {};
    multiply_stream(R, G, (Factors){l->output + row * H, l->block->out + column * H / 2, H}, (Factors){NULL, NULL, 0}, acc);
    EACH_VECTOR(add_part(s, n, at_row, at, acc[r][v]))
}

static void block_mlp_in_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const StreamLayer *l = s->layers + n;
    const StreamBlock *b = l->block;
    const int64_t H = l->H, inner = b->mlp * H;
    const Factors nothing = {NULL, NULL, 0};
    floats acc[2][MOST_ROWS][4] = {};
    multiply_stream(R, G, (Factors){b->normed + row * H, b->mlp_in + column * H / 2, H}, nothing, acc[0]);
    multiply_stream(R, G, (Factors){b->normed + row * H, b->mlp_in + (inner + column) * H / 2, H}, nothing, acc[1]);
    EACH_VECTOR(NAME(store)(b->inner + at_row * inner + at, gelu_ps(acc[0][r][v]) * acc[1][r][v]))
}

static void block_mlp_out_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const StreamLayer *l = s->layers + n;
    const StreamBlock *b = l->block;
    const int64_t H = l->H, inner = b->mlp * H;
    floats acc[MOST_ROWS][4] = {};
    multiply_stream(R, G, (Factors){b->inner + row * inner, b->mlp_out + column * inner / 2, inner}, (Factors){NULL, NULL, 0}, acc);
    EACH_VECTOR(
        const int64_t place = at_row * H + at;
        hand_up(l, place, b->residual ? load_floats(b->y + place) + acc[r][v] : acc[r][v]))
}

/* Units from and to are of H; the network has M columns for each. */
#define BLOCK_STAGE(name, per_unit)                                                        \
    STAGE(name) {                                                                          \
        const int64_t columns = (per_unit), start = from * columns, stop = to * columns;   \
        STREAM_TILES(name##_tile, s, n, first, end, start, stop)                           \
    }
BLOCK_STAGE(block_in, 1)
BLOCK_STAGE(block_out, 1)
BLOCK_STAGE(block_mlp_in, s->layers[n].block->mlp)
BLOCK_STAGE(block_mlp_out, 1)

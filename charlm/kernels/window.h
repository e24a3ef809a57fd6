/* What a derived kernel is given: one layer through a whole window. Included once for each of the number types fp32 and
   bf16, with NAME defined. The functions that read it are written from a cell's equations (graphs/c_kernel.py).

   Letters: T time, B rows, H units (a multiple of W), U of them that are no filling (rounded up to an even
   number), V symbols; K blocks of projected input, N of kept values, M columns, C carried. A block is H numbers.
   Arrays are in C order. Rows are independent of each other: each thread takes some of them through all time steps,
   and threads never wait for each other inside a window. If there are fewer rows than threads, a team of threads divides
   the units instead, and waits after each stage.

   In a step without products (graphs/c_pointwise.py) units are independent, too, and threads divide them: then only one
   of them adds to a number of `totals` and `sums`, in an order that does not depend on how many threads there are. Such
   a layer is not filled up: H is any number. */

typedef struct {
    const NAME(real) *projected;           /* (T, B, K H), or, if there are ids, (V, K H) with a row for each symbol */
    const int64_t *ids;                    /* (T, B): the rows of `projected`; or null */
    const NAME(real) *panels[MOST_INPUTS]; /* the weights that read each input, packed for this direction */
    NAME(real) *inputs[MOST_INPUTS];       /* (T, B, H); if it is a part of the state (T + 1, B, H) */
    float *states[MOST_STATES];            /* (T + 1, B, H); the first is that before the window */
    NAME(real) *output;                    /* (T, B, H); may be null if it is a part of the state or an input */
    NAME(real) *kept;                      /* (T, B, N H) if kept_steps, else (B, N H); may be null if N is 0 */
    const float *vectors;                  /* the blocks of weights with one axis, one after the other */
    const float *below;                    /* (T, B, H): the memory of the layer below */
    const NAME(real) *d_output;            /* (T, B, H); this and all below for the backward pass only */
    const float *d_memory;                 /* (T, B, H): of the memory that the layer above read; or null */
    float *d_states[MOST_STATES];          /* (B, H): of the state after the window; is made that of the state before it, */
    NAME(real) *columns;                   /* (T, B, M H)                         less what the first step's products give */
    float *totals;                         /* (V, K H), zeros before, without products: the columns by symbol; or null */
    float *sums;                           /* (vectors' terms, H), zeros before, without products */
    float *d_below;                        /* (T, B, H) */
    float *carried;                        /* (B, C H), scratch */
    int64_t T, B, H, U, kept_steps;
    int64_t projected_row, d_output_row;   /* how far apart their rows are: K H and H, or a little more */
    int64_t threads, contended;            /* of a team: how many to use, at most; out: they waited too long */
} NAME(Window);

/* How many vectors of units the tile at `unit` has: as many as wanted, and at the end of the layer those that are left.
   And how many vectors of the `left` that remain are multiplied at once: at most 4, evenly divided. */
#if !defined(TILE_SIZES)
#define TILE_SIZES
static inline int tile_vectors(int64_t H, int64_t unit, int wanted) {
    const int64_t left = (H - unit) / W;
    return left < wanted ? (int)left : wanted;
}
static inline int64_t chunk(int64_t left) {
    const int64_t calls = (left + 3) / 4;
    return (left + calls - 1) / calls;
}
#endif

/* Up to W numbers, of which `count` are there: the last units of a row. */
INLINE floats NAME(load_some)(const NAME(real) *from, const int count) {
    if (count == W) return NAME(load)(from);
    NAME(real) whole[W] = {0};
    memcpy(whole, from, (size_t)count * sizeof *from);
    return NAME(load)(whole);
}
INLINE void NAME(store_some)(NAME(real) *to, const int count, floats x) {
    if (count == W) {
        NAME(store)(to, x);
        return;
    }
    NAME(real) whole[W];
    NAME(store)(whole, x);
    memcpy(to, whole, (size_t)count * sizeof *to);
}

/* The weights that read one input, (P H, H) with a block for each product, and room for them as panels of either
   direction; `backward` may be null. `repeat` is how many vectors of units a tile has forwards. */
typedef struct { const float *weights; NAME(real) *forward, *backward; int64_t P, H, U, repeat; } NAME(Packing);

/* Pack the panels of some units, from and to multiples of 4 W.

   Forwards a tile is for `repeat` W units: it has the vectors of these units for each product, in chunks that are
   multiplied at once; a chunk has, for each word along U, its vectors. Backwards, where the matrix is transposed, a tile
   is for 4 W units and has, for each product and each word along its U columns, these units' vectors. The last tile of
   either direction is for the units that are left. */
static void NAME(pack_window)(void *packing, int64_t first, int64_t end) {
    const NAME(Packing) *p = packing;
    const int64_t H = p->H, U = p->U;
    for (int64_t unit = first, vectors; unit < end; unit += vectors * W) {
        vectors = tile_vectors(H, unit, (int)p->repeat);
        NAME(real) *to = p->forward + unit * p->P * U;
        for (int64_t v = 0, size; v < p->P * vectors; v += size) {
            size = chunk(p->P * vectors - v);
            for (int64_t k = 0; k < U; k += NAME(per_word))
                for (int64_t of = v; of < v + size; of++)
                    for (int64_t lane = 0; lane < W; lane++)
                        for (int64_t i = 0; i < NAME(per_word); i++) {
                            const int64_t column = of / vectors * H + unit + of % vectors * W + lane;
                            *to++ = NAME(from_float)(p->weights[column * H + k + i]);
                        }
        }
    }
    if (!p->backward) return;
    for (int64_t unit = first, vectors; unit < end; unit += vectors * W) {
        vectors = tile_vectors(H, unit, 4);
        NAME(real) *to = p->backward + unit * p->P * U;
        for (int64_t product = 0; product < p->P; product++)
            for (int64_t k = 0; k < U; k += NAME(per_word))
                for (int64_t lane = 0; lane < vectors * W; lane++)
                    for (int64_t i = 0; i < NAME(per_word); i++)
                        *to++ = NAME(from_float)(p->weights[(product * H + k + i) * H + unit + lane]);
    }
}

/* The gradients of what each symbol looks up: totals (V, columns) += rows (N, columns) at ids (N,). Rows are `stride`
   numbers apart. */
typedef struct {
    const NAME(real) *rows;
    const int64_t *ids;
    float *totals;
    int64_t N, columns, stride;
} NAME(Gathering);

/* Threads take different columns and not different rows, so that no two of them add to the same number. */
static void NAME(add_up)(void *gathering, int64_t first, int64_t end) {
    const NAME(Gathering) *g = gathering;
    for (int64_t n = 0; n < g->N; n++) {
        float *total = g->totals + g->ids[n] * g->columns;
        for (int64_t column = first; column < end; column += W)
            store_floats(total + column, load_floats(total + column) + NAME(load)(g->rows + n * g->stride + column));
    }
}

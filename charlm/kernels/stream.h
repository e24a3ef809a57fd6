/* A stack of layers, one character further. Sampling does this for every character.

   Most of the time goes into reading the weights. So they are bfloat16, and each is read once for all rows of a tile.
   The inputs of the products are bfloat16 too if the processor multiplies that, else floats; all other numbers are
   floats. A row's numbers are the same to the last bit alone or among others.

   What a layer computes is written from its cell's equations (graphs/c_stream.py), as stages: a stage reads all units of
   what the one before it computed. Included once, after products.h, with NAME for the number type of the products: bf16
   or mixed. Letters: B rows, V symbols, H units (a multiple of 4 W), I inputs of a layer (even), K blocks of projected
   input, P products that read an input. */

#include "memory_turn.h"

typedef struct StreamStack StreamStack;
typedef struct StreamBlock StreamBlock;

/* A stage of layer n, for some rows and for units from and to multiples of 4 W. */
typedef void (*StreamStage)(const StreamStack *s, int64_t n, int64_t first, int64_t end, int64_t from, int64_t to);
#define STAGE(name) void stream_##name(const StreamStack *s, int64_t n, int64_t first, int64_t end, int64_t from, int64_t to)

typedef struct {
    StreamStage stages[MOST_STAGES + BLOCK_STAGES];
    const StreamBlock *block;             /* what surrounds the cell; null: nothing */
    const MemoryTurn *places;             /* the sizes of a memory with places (stream_places.h) */
    const uint32_t *x_panels;             /* (K H, I), packed by stream_pack; not in the lowest layer */
    const uint32_t *panels[MOST_INPUTS];  /* (P H, H) for each input of products, likewise */
    const float *sums;                    /* (V, K H), what each symbol adds, in the lowest layer; in others (1, K H) */
    const float *vectors;                 /* the blocks of weights with one axis */
    const float *below;                   /* (B, H): the memory of the layer below, after the step; or null */
    const NAME(real) *x;                  /* (B, I): the output of the layer below, or what the block gives the cell to
                                             read; null in the lowest layer without a block */
    NAME(real) *inputs[MOST_INPUTS];      /* (B, H), scratch: what products read */
    NAME(real) *output;                   /* (B, H): x of the layer above, or what the head reads */
    const float *states[MOST_STATES];     /* (B, H), before the step */
    float *new_states[MOST_STATES];       /* (B, H), after it; may be the same arrays */
    float *kept;                          /* (blocks, B, H), scratch: values for later stages */
    int64_t copied[MOST_INPUTS];          /* the part of the state that an input is; -1 for what a stage computes */
    int64_t count, I, H, K;               /* count: stages */
    int64_t heads, size;                  /* of a cell with matrices (stream_heads.h): their number, units of each */
    int64_t residual;                     /* the output is added to x */
} StreamLayer;

struct StreamStack {
    const StreamLayer *layers; /* the lowest first */
    const int64_t *ids;        /* (B,): the symbols that the lowest layer reads */
    const uint32_t *head;      /* (V, H), packed by stream_pack; V is a multiple of 4 W here, filled up by the caller */
    const float *bias;         /* (V,) */
    NAME(real) *top;           /* (B, H): the output of the last layer */
    float *logits;             /* (B, V) */
    int64_t count, V, rows;    /* layers, columns of the head, B */
};

/* The sums that a row of layer n begins with. */
INLINE const float *projected_sums(const StreamStack *s, int64_t n, int64_t row) {
    const StreamLayer *l = s->layers + n;
    return l->sums + (l->x ? 0 : s->ids[row]) * l->K * l->H;
}

/* Rows of K inputs each, and the panel that they are multiplied with; K is 0 if there is nothing to multiply. */
typedef struct { const NAME(real) *rows; const uint32_t *panel; int64_t K; } Factors;

/* What the rows from `row` of layer n's input x are multiplied with to give the columns from `column`, and the same for
   an input of its products. */
INLINE Factors x_factors(const StreamLayer *l, int64_t row, int64_t column) {
    if (!l->x) return (Factors){NULL, NULL, 0};
    return (Factors){l->x + row * l->I, l->x_panels + column * l->I / 2, l->I};
}
INLINE Factors input_factors(const StreamLayer *l, int64_t input, int64_t row, int64_t column) {
    return (Factors){l->inputs[input] + row * l->H, l->panels[input] + column * l->H / 2, l->H};
}

/* acc[r] += the products of both factors. acc[g] is of the group g of 4 vectors if there are more than one. */
INLINE void add_factors(const int R, const int G, const Factors *x, const Factors *y, floats acc[MOST_ROWS][4]) {
    floats sums[MOST_ROWS][4];
    UNROLLED for (int r = 0; r < R * G; r++) UNROLLED for (int v = 0; v < 4; v++) sums[r][v] = acc[r][v];
    NAME(add_products)(R, 4, G, x->rows, x->K, x->panel, 2 * W * x->K, x->K, sums);
    NAME(add_products)(R, 4, G, y->rows, y->K, y->panel, 2 * W * y->K, y->K, sums);
    UNROLLED for (int r = 0; r < R * G; r++) UNROLLED for (int v = 0; v < 4; v++) acc[r][v] = sums[r][v];
}
static __attribute__((noinline)) void multiply_stream(int R, int G, Factors x, Factors y, floats acc[MOST_ROWS][4]) {
    if (G > 1) add_factors(1, 2, &x, &y, acc);
    else WITH_ROWS(R, NAME(rows_for)(4), add_factors, 1, &x, &y, acc)
}

/* A tile of one row has two groups of 4 vectors of columns, where there are as many. Row r of the tile, or group r, has
   the row `row + tile_row` and the columns from `column + tile_column`. */
#define STREAM_TILES(tile, s, n, first, end, from, to)                            \
    for (int64_t column = (from), G; column < (to); column += 4 * W * G) {        \
        G = (end) - (first) == 1 && column + 8 * W <= (to) ? 2 : 1;               \
        ROW_TILES(NAME(rows_for)(4), first, end, tile(R, (int)G, s, n, row, column)) \
    }

#include "stream_block.h"

INLINE void give_output(const StreamStack *s, int64_t n, int64_t row, int64_t unit, floats output) {
    const StreamLayer *l = s->layers + n;
    if (l->block && !l->block->in) add_part(s, n, row, unit, output);
    else {
        if (l->block) output *= load_floats(l->block->gate + row * l->H + unit);
        if (l->residual && l->x) output += NAME(load)(l->x + row * l->I + unit);
        NAME(store)(l->output + row * l->H + unit, output);
    }
}

#include "derived_stream.h"

static void head_tile(int R, int G, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const int64_t H = s->layers[n].H;
    floats acc[MOST_ROWS][4];
    for (int r = 0; r < R * G; r++)
        for (int v = 0; v < 4; v++) acc[r][v] = load_floats(s->bias + column + ((G > 1 ? 4 * r : 0) + v) * W);
    multiply_stream(R, G, (Factors){NULL, NULL, 0}, (Factors){s->top + row * H, s->head + column * H / 2, H}, acc);
    for (int r = 0; r < R * G; r++) {
        float *logits = s->logits + (row + (G > 1 ? 0 : r)) * s->V + column + (G > 1 ? 4 * r * W : 0);
        for (int v = 0; v < 4; v++) store_floats(logits + v * W, acc[r][v]);
    }
}

/* Copy the parts of layer n's state that products read, of some rows and units. This comes before the step, because the
   step writes the new state of the units that are done first while others still have to read the old one. */
static void copy_state(const StreamStack *s, int64_t n, int64_t first, int64_t end, int64_t from, int64_t to) {
    const StreamLayer *l = s->layers + n;
    for (int64_t input = 0; input < MOST_INPUTS; input++)
        if (l->inputs[input] && l->copied[input] >= 0)
            for (int64_t row = first; row < end; row++)
                for (int64_t unit = from; unit < to; unit += W) {
                    const int64_t at = row * l->H + unit;
                    NAME(store)(l->inputs[input] + at, load_floats(l->states[l->copied[input]] + at));
                }
}

static void head_step(const StreamStack *s, int64_t first, int64_t end, int64_t from, int64_t to) {
    STREAM_TILES(head_tile, s, s->count - 1, first, end, from, to)
}

/* One step of the rows from `first` to `end`. Threads may run it at the same time on different rows. */
void stream_step(const StreamStack *s, int64_t first, int64_t end) {
    for (int64_t n = 0; n < s->count; n++) {
        const StreamLayer *l = s->layers + n;
        copy_state(s, n, first, end, 0, l->H);
        for (int64_t stage = 0; stage < l->count; stage++) l->stages[stage](s, n, first, end, 0, l->H);
    }
    head_step(s, first, end, 0, s->V);
}

/* Pack a matrix (columns, K) of floats into panels of 4 W neighbouring columns, as products.h reads them. */
void stream_pack(const float *from, uint32_t *to, int64_t columns, int64_t K) {
    for (int64_t column = 0; column < columns; column += 4 * W)
        for (int64_t k = 0; k < K; k += 2)
            for (int64_t lane = 0; lane < 4 * W; lane++) {
                const float *pair = from + (column + lane) * K + k;
                *to++ = (uint32_t)from_float_bf16(pair[0]) | (uint32_t)from_float_bf16(pair[1]) << 16;
            }
}

/* A stack of layers, one character further. Sampling does this for every character.

   Most of the time goes into reading the weights. So they are bfloat16, and each is read once for all rows of a tile.
   The inputs of the products are bfloat16 too if the processor multiplies that, else floats; all other numbers are
   floats. A row's numbers are the same to the last bit alone or among others.

   What a layer computes is written from its cell's equations (graphs/c_stream.py), as stages: a stage reads all units of
   what the one before it computed. Included once, after products.h, with NAME for the number type of the products: bf16
   or mixed. Letters: B rows, V symbols, H units (a multiple of 4 W), I inputs of a layer (even), K blocks of projected
   input, P products that read an input. */

typedef struct StreamStack StreamStack;

/* A stage of layer n, for some rows and for units from and to multiples of 4 W. */
typedef void (*StreamStage)(const StreamStack *s, int64_t n, int64_t first, int64_t end, int64_t from, int64_t to);

typedef struct {
    StreamStage stages[MOST_STAGES];
    const uint32_t *x_panels;             /* (K H, I), packed by stream_pack; not in the lowest layer */
    const uint32_t *panels[MOST_INPUTS];  /* (P H, H) for each input of products, likewise */
    const float *sums;                    /* (V, K H), what each symbol adds, in the lowest layer; in others (1, K H) */
    const float *vectors;                 /* the blocks of weights with one axis */
    const float *below;                   /* (B, H): the memory of the layer below, after the step; or null */
    const NAME(real) *x;                  /* (B, I): the output of the layer below; null in the lowest layer */
    NAME(real) *inputs[MOST_INPUTS];      /* (B, H), scratch: what products read */
    NAME(real) *output;                   /* (B, H): x of the layer above, or what the head reads */
    const float *states[MOST_STATES];     /* (B, H), before the step */
    float *new_states[MOST_STATES];       /* (B, H), after it; may be the same arrays */
    float *kept;                          /* (blocks, B, H), scratch: values for later stages */
    int64_t copied[MOST_INPUTS];          /* the part of the state that an input is; -1 for what a stage computes */
    int64_t count, I, H, K;               /* count: stages */
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

INLINE void give_output(const StreamStack *s, int64_t n, int64_t row, int64_t unit, floats output) {
    const StreamLayer *l = s->layers + n;
    if (l->residual && l->x) output += NAME(load)(l->x + row * l->I + unit);
    NAME(store)(l->output + row * l->H + unit, output);
}

#include "derived_stream.h"

static void head_tile(int R, const StreamStack *s, int64_t n, int64_t row, int64_t column) {
    const int64_t H = s->layers[n].H;
    floats acc[MOST_ROWS][4];
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 4; v++) acc[r][v] = load_floats(s->bias + column + v * W);
    NAME(multiply)(R, 4, s->top + row * H, H, s->head + column * H / 2, H, acc);
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 4; v++) store_floats(s->logits + (row + r) * s->V + column + v * W, acc[r][v]);
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
    TILES(NAME(rows_for)(4), head_tile, first, end, from, to, 4 * W, s, s->count - 1)
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

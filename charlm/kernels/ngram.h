/* A Kneser-Ney n-gram: counted, read, or both at once. baselines/kneser_ney.py is the definition, and says what the
   numbers mean.

   Nodes form a trie. A node stands for a string of symbols; the root for the empty one. It has the count of its last
   symbol after the others, and, as a context, what has followed it. All strings of at most n + 1 symbols that were counted
   have a node; so if a string has one, its suffixes have one too. A place in a text is n + 1 nodes: those of its last 0
   to n symbols, each NO_NODE if that string was never counted, or if the text began later.
   A child is found by a hash table whose slots name nodes, which are compared: no two strings are ever confused.
   Letters: N ids, B texts side by side, V symbols, n order, which is the length of the longest contexts. */
#pragma once
#include <stdint.h>
#include <stdlib.h>

enum { NO_NODE = -1, FEWEST_NODES = 1 << 10, LENGTHS = 8 + 1, DISCOUNTS = 3 };

typedef struct {
    int32_t parent, symbol;      /* the string without its last symbol, and that symbol */
    int32_t first, next;         /* a list of children, the newest first */
    uint32_t count;              /* of the symbol after the parent's string */
    uint32_t total;              /* of all counts of children */
    uint32_t alike[DISCOUNTS];   /* children with a count of 1, of 2, of more */
} NGramNode;

typedef struct {
    NGramNode *nodes;
    int32_t *slots;                               /* a node or NO_NODE; their number is a power of 2 */
    int64_t size, room, mask;                     /* nodes; room for nodes; slots - 1 */
    int64_t order, symbols;                       /* n, V */
    int64_t frequencies[LENGTHS][5];              /* [k][c]: strings of k + 1 symbols whose count is c, for c 1 to 4 */
    double discounts[LENGTHS][DISCOUNTS];         /* [k]: from counts of 1, of 2, of more */
} NGram;

INLINE int64_t ngram_slot(const NGram *g, int32_t parent, int32_t symbol) {
    uint64_t key = ((uint64_t)(uint32_t)parent << 32 | (uint32_t)symbol) * 0x9e3779b97f4a7c15u;
    int64_t slot = (int64_t)(key ^ key >> 32) & g->mask;
    for (int32_t at; (at = g->slots[slot]) != NO_NODE; slot = (slot + 1) & g->mask)
        if (g->nodes[at].parent == parent && g->nodes[at].symbol == symbol) break;
    return slot;
}

INLINE int32_t ngram_child(const NGram *g, int32_t parent, int32_t symbol) {
    return parent == NO_NODE ? NO_NODE : g->slots[ngram_slot(g, parent, symbol)];
}

/* Room for as many nodes, and twice as many slots. Returns whether there was memory. */
static int ngram_resize(NGram *g, int64_t room) {
    if (room > INT32_MAX / 2) return 0;
    NGramNode *nodes = realloc(g->nodes, room * sizeof *nodes);
    if (nodes) g->nodes = nodes;
    int32_t *slots = nodes ? malloc(2 * room * sizeof *slots) : NULL;
    if (!slots) return 0;
    free(g->slots);
    g->slots = slots, g->room = room, g->mask = 2 * room - 1;
    for (int64_t slot = 0; slot <= g->mask; slot++) slots[slot] = NO_NODE;
    for (int32_t node = 1; node < g->size; node++) slots[ngram_slot(g, nodes[node].parent, nodes[node].symbol)] = node;
    return 1;
}

void ngram_free(NGram *g) {
    if (g) free(g->nodes), free(g->slots);
    free(g);
}

/* An n-gram that has counted nothing; NULL without memory. `order` is below LENGTHS. */
NGram *ngram_new(int64_t order, int64_t symbols) {
    NGram *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->order = order, g->symbols = symbols;
    for (int64_t k = 0; k <= order; k++)
        for (int i = 0; i < DISCOUNTS; i++) g->discounts[k][i] = (i + 1) / 2.0;
    if (!ngram_resize(g, FEWEST_NODES)) return ngram_free(g), NULL;
    g->nodes[g->size++] = (NGramNode){.parent = NO_NODE, .symbol = -1, .first = NO_NODE, .next = NO_NODE};
    return g;
}

/* Another n-gram with the same counts; NULL without memory. */
NGram *ngram_copy(const NGram *from) {
    NGram *g = malloc(sizeof *g);
    if (!g) return NULL;
    *g = *from;
    g->nodes = malloc(g->room * sizeof *g->nodes), g->slots = malloc((g->mask + 1) * sizeof *g->slots);
    if (!g->nodes || !g->slots) return ngram_free(g), NULL;
    for (int64_t node = 0; node < g->size; node++) g->nodes[node] = from->nodes[node];
    for (int64_t slot = 0; slot <= g->mask; slot++) g->slots[slot] = from->slots[slot];
    return g;
}

/* The discounts of Chen and Goodman for strings of k + 1 symbols; i / 2 where theirs does not exist. */
static void ngram_discount(NGram *g, int64_t k) {
    const int64_t *n = g->frequencies[k];
    double y = n[1] ? (double)n[1] / (n[1] + 2 * n[2]) : 0;
    for (int i = 1; i <= DISCOUNTS; i++) {
        double d = n[i] ? i - (i + 1) * y * n[i + 1] / n[i] : 0;
        g->discounts[k][i - 1] = d > 0 && y > 0 ? d : i / 2.0;
    }
}

/* Counts the symbol after the context that a place has for k symbols. Returns 1 if it was never counted there before, 0
   if it was, and -1 without memory. */
static int ngram_add(NGram *g, const int32_t *place, int64_t k, int32_t symbol) {
    int64_t slot = ngram_slot(g, place[k], symbol);
    int32_t node = g->slots[slot];
    const int is_new = node == NO_NODE;
    if (is_new) {
        if (g->size == g->room) {
            if (!ngram_resize(g, 2 * g->room)) return -1;
            slot = ngram_slot(g, place[k], symbol);
        }
        node = g->slots[slot] = (int32_t)g->size++;
        NGramNode *context = g->nodes + place[k];
        g->nodes[node] = (NGramNode){.parent = place[k], .symbol = symbol, .first = NO_NODE, .next = context->first};
        context->first = node;
    }
    NGramNode *context = g->nodes + place[k];
    const uint32_t count = ++g->nodes[node].count;
    context->total++;
    if (count > 1 && count <= DISCOUNTS) context->alike[count - 2]--;
    if (count <= DISCOUNTS) context->alike[count - 1]++;
    if (count > 1 && count <= 5) g->frequencies[k][count - 1]--;
    if (count <= 4) g->frequencies[k][count]++;
    return is_new;
}

INLINE double ngram_counted(const NGram *g, int64_t k, uint32_t count) {
    return count - g->discounts[k][count < DISCOUNTS ? count - 1 : DISCOUNTS - 1];
}

/* The share of a context's probability that its discounts leave to the shorter context. */
INLINE double ngram_left(const NGram *g, int64_t k, const NGramNode *context) {
    double left = 0;
    for (int i = 0; i < DISCOUNTS; i++) left += g->discounts[k][i] * context->alike[i];
    return left / context->total;
}

/* The probability of each symbol (V,) at a place. */
static void ngram_distribution(const NGram *g, const int32_t *place, double *p) {
    for (int64_t symbol = 0; symbol < g->symbols; symbol++) p[symbol] = 1.0 / g->symbols;
    for (int64_t k = 0; k <= g->order && place[k] != NO_NODE; k++) {
        const NGramNode *context = g->nodes + place[k];
        if (!context->total) return; /* nor has anything followed a longer one */
        const double left = ngram_left(g, k, context);
        for (int64_t symbol = 0; symbol < g->symbols; symbol++) p[symbol] *= left;
        for (int32_t child = context->first; child != NO_NODE; child = g->nodes[child].next)
            p[g->nodes[child].symbol] += ngram_counted(g, k, g->nodes[child].count) / context->total;
    }
}

/* The same, of one symbol. */
static double ngram_probability(const NGram *g, const int32_t *place, int32_t symbol) {
    double p = 1.0 / g->symbols;
    for (int64_t k = 0; k <= g->order && place[k] != NO_NODE; k++) {
        const NGramNode *context = g->nodes + place[k];
        if (!context->total) return p;
        const int32_t child = ngram_child(g, place[k], symbol);
        p *= ngram_left(g, k, context);
        if (child != NO_NODE) p += ngram_counted(g, k, g->nodes[child].count) / context->total;
    }
    return p;
}

/* Counts the symbol at a place, from the longest context on: a shorter one counts it only if it is new after the longer
   one. Returns whether there was memory. */
static int ngram_count_symbol(NGram *g, const int32_t *place, int32_t symbol) {
    int64_t k = g->order;
    while (place[k] == NO_NODE) k--;
    for (int is_new = 1; is_new && k >= 0; k--)
        if ((is_new = ngram_add(g, place, k, symbol)) < 0) return 0;
    return 1;
}

static void ngram_move(const NGram *g, int32_t *place, int32_t symbol) {
    for (int64_t k = g->order; k > 0; k--) place[k] = ngram_child(g, place[k - 1], symbol);
}

/* Counts ids (N,) from a place on, and moves it. Returns how many it counted: fewer than N without memory. */
int64_t ngram_count(NGram *g, int32_t *place, const int32_t *ids, int64_t length) {
    int64_t done = 0;
    for (; done < length && ngram_count_symbol(g, place, ids[done]); done++) ngram_move(g, place, ids[done]);
    for (int64_t k = 0; k <= g->order; k++) ngram_discount(g, k);
    return done;
}

/* Reads ids (N,) from a place on, and moves it. Each is predicted, and then, if `counting`, counted. `all` gets the
   probabilities (N, V), or `taken` (N,) those of the ids; the other one is NULL. Returns as ngram_count does. */
int64_t ngram_read(NGram *g, int32_t *place, const int32_t *ids, int64_t length, int counting, double *all,
                   double *taken) {
    for (int64_t at = 0; at < length; at++) {
        if (all) ngram_distribution(g, place, all + at * g->symbols);
        if (taken) taken[at] = ngram_probability(g, place, ids[at]);
        if (counting) {
            if (!ngram_count_symbol(g, place, ids[at])) return at;
            for (int64_t k = 0; k <= g->order; k++) ngram_discount(g, k);
        }
        ngram_move(g, place, ids[at]);
    }
    return length;
}

/* A step of texts side by side, at places (B, n + 1): the next symbol of each, ids (B,), is counted if `counting`, and its
   place moves; one whose id is negative stays. `all` gets the probabilities (B, V) of what comes next. Returns how many
   texts moved on: fewer than B without memory. */
int64_t ngram_step(NGram *g, int32_t *places, const int32_t *ids, int64_t rows, int counting, double *all) {
    for (int64_t row = 0; row < rows; row++) {
        if (ids[row] < 0) continue;
        int32_t *place = places + row * (g->order + 1);
        if (counting && !ngram_count_symbol(g, place, ids[row])) return row;
        ngram_move(g, place, ids[row]);
    }
    for (int64_t k = 0; counting && k <= g->order; k++) ngram_discount(g, k);
    for (int64_t row = 0; row < rows; row++)
        ngram_distribution(g, places + row * (g->order + 1), all + row * g->symbols);
    return rows;
}

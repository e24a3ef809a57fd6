/* The rules of decoding that need the logits alone, and the draw, for one row.

   sampling/rules/logits.py defines the rules. Here is the same arithmetic in the same order, so that the same symbols are
   kept and drawn. No product is added to a sum in one expression: the compiler would round once where numpy rounds twice.
   V symbols. */
#include <math.h>

enum { TEMPERATURE, TOP_K, TYPICAL, TOP_P, MIN_P }; /* as in engines/stream_draw.py */
typedef struct {
    int64_t kind;
    double value; /* of min-p its logarithm */
} DrawRule;

/* The scores of a row, -INFINITY for what is excluded, and room. `heap` has the symbols that are not yet taken in order. */
typedef struct {
    int64_t V, waiting; /* waiting: symbols in the heap */
    double *scores, *powers, *keys;
    int64_t *heap;
} DrawRoom;
enum { DRAW_ROOM = 4 }; /* arrays (V,) of 8 bytes a number */

INLINE DrawRoom draw_room(double *at, int64_t V) {
    return (DrawRoom){V, 0, at, at + V, at + 2 * V, (int64_t *)(at + 3 * V)};
}

static int64_t likeliest(const DrawRoom *r) {
    int64_t best = 0;
    for (int64_t symbol = 1; symbol < r->V; symbol++)
        if (r->scores[symbol] > r->scores[best]) best = symbol;
    return best;
}

/* powers: the probabilities times a constant, so that the likeliest symbol has 1. Gives their sum. */
static double unnormalised(DrawRoom *r) {
    const double most = r->scores[likeliest(r)];
    double total = 0;
    for (int64_t symbol = 0; symbol < r->V; symbol++) total += r->powers[symbol] = exp(r->scores[symbol] - most);
    return total;
}

/* A heap gives the symbols from the largest key to the smallest, of equal ones the lower first, as far as they are
   asked for: a whole order is seldom needed. */
INLINE int is_before(const DrawRoom *r, int64_t one, int64_t other) {
    return r->keys[one] > r->keys[other] || (r->keys[one] == r->keys[other] && one < other);
}
static void sift_down(DrawRoom *r, int64_t at) {
    const int64_t symbol = r->heap[at];
    for (int64_t child; (child = 2 * at + 1) < r->waiting; at = child) {
        if (child + 1 < r->waiting && is_before(r, r->heap[child + 1], r->heap[child])) child++;
        if (is_before(r, symbol, r->heap[child])) break;
        r->heap[at] = r->heap[child];
    }
    r->heap[at] = symbol;
}
static void begin_order(DrawRoom *r) {
    for (int64_t at = r->waiting / 2; at-- > 0;) sift_down(r, at);
}
static int64_t take_next(DrawRoom *r) {
    const int64_t symbol = r->heap[0];
    r->heap[0] = r->heap[--r->waiting];
    sift_down(r, 0);
    return symbol;
}
static void exclude_waiting(DrawRoom *r) {
    while (r->waiting) r->scores[r->heap[--r->waiting]] = -INFINITY;
}

/* All symbols, with their scores as keys. */
static void begin_descending(DrawRoom *r) {
    for (int64_t symbol = 0; symbol < r->V; symbol++) r->keys[r->heap[symbol] = symbol] = r->scores[symbol];
    r->waiting = r->V;
    begin_order(r);
}

static void temper(DrawRoom *r, double temperature) {
    const int64_t best = likeliest(r);
    const double most = r->scores[best];
    for (int64_t symbol = 0; symbol < r->V; symbol++)
        if (temperature > 0) r->scores[symbol] = (r->scores[symbol] - most) / temperature;
        else r->scores[symbol] = symbol == best ? 0 : -INFINITY;
}

static void keep_top_k(DrawRoom *r, double k) {
    if (k >= r->V) return;
    begin_descending(r);
    for (int64_t kept = 0; kept < k; kept++) take_next(r);
    exclude_waiting(r);
}

static void keep_top_p(DrawRoom *r, double p) {
    if (p >= 1) return;
    const double total = unnormalised(r);
    double mass = 0;
    begin_descending(r);
    do mass += r->powers[take_next(r)] / total;
    while (r->waiting && mass < p);
    exclude_waiting(r);
}

static void keep_typical(DrawRoom *r, double p) {
    if (p >= 1) return;
    const double total = unnormalised(r);
    double mean = 0, mass = 0;
    for (int64_t symbol = 0; symbol < r->V; symbol++) {
        r->powers[symbol] /= total;
        r->keys[symbol] = r->powers[symbol] > 0 ? r->powers[symbol] * r->scores[symbol] : 0;
    }
    for (int64_t symbol = 0; symbol < r->V; symbol++) mean += r->keys[symbol];
    for (int64_t symbol = 0; symbol < r->V; symbol++)
        if (r->powers[symbol] > 0) {
            r->keys[symbol] = -fabs(r->scores[symbol] - mean);
            r->heap[r->waiting++] = symbol;
        } else r->scores[symbol] = -INFINITY;
    begin_order(r);
    do mass += r->powers[take_next(r)];
    while (r->waiting && mass <= p);
    exclude_waiting(r);
}

static void keep_min_p(DrawRoom *r, double log_p) {
    const double least = r->scores[likeliest(r)] + log_p;
    for (int64_t symbol = 0; symbol < r->V; symbol++)
        if (!(r->scores[symbol] >= least)) r->scores[symbol] = -INFINITY;
}

/* The symbol at u, in [0, 1), on the cumulative sum of what the rules leave of the scores. */
static int64_t draw_by_rules(DrawRoom *r, const DrawRule *rules, int64_t count, double u) {
    for (const DrawRule *rule = rules; rule < rules + count; rule++) switch (rule->kind) {
        case TEMPERATURE: temper(r, rule->value); break;
        case TOP_K: keep_top_k(r, rule->value); break;
        case TYPICAL: keep_typical(r, rule->value); break;
        case TOP_P: keep_top_p(r, rule->value); break;
        case MIN_P: keep_min_p(r, rule->value); break;
        }
    double threshold = u * unnormalised(r), sum = 0;
    int64_t symbol = 0;
    while ((sum += r->powers[symbol]) <= threshold) symbol++;
    return symbol;
}

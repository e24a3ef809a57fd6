/* Rows that go on by themselves: symbols are drawn from the scores, the stack reads them, the next ones are drawn.

   Going back to Python for every symbol would take longer than a small stack's step does. Threads share out the units of
   each layer, so that each reads its own weights from its own cache, and meet after each layer. They wait for each other
   busily, because a step is shorter than a wake-up; where they wait too much, because others use the processor, the
   rest is left to the caller. A sum is added up in the same order whoever does it: what is drawn does not depend on the
   threads. Letters: B rows, V symbols, N steps. */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#if defined(__x86_64__)
#define RELAX() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define RELAX() __asm__ volatile("yield")
#else
#define RELAX() (void)0
#endif

enum { MOST_SHARES = 16, TRIES = 1000, A_WHILE = 100000 /* nanoseconds */ };

typedef struct {
    const Stack *stack; /* in place: new_h is h, new_c is c; its logits are those to begin with, and then the last */
    double temperature;
    const double *us;   /* (N, B) uniform in [0, 1) */
    int64_t *drawn;     /* (N, B) */
    double *sums;       /* (shares, V), room to work in */
    int64_t symbols, rows, length, shares;
    int64_t done;       /* out: steps; fewer where a row's scores were no numbers, or threads were late */
    int late;           /* out: whether they were: a quarter of the time went by in waiting */
    int begun, failed, waiting, meetings;
    int64_t start, waited; /* nanoseconds: when it began, and how long threads were kept waiting, all together */
} Drawing;

typedef struct { Drawing *drawing; int64_t mine; } Share;

/* The symbol at u on the cumulative sum of the chances, as sampling/decoding.py has it; -1 where a score is not finite. */
static int64_t draw(const float *scores, int64_t symbols, double temperature, double u, double *sums) {
    double most = scores[0], total = 0;
    for (int64_t symbol = 0; symbol < symbols; symbol++) {
        if (!isfinite(scores[symbol])) return -1;
        if (scores[symbol] > most) most = scores[symbol];
    }
    for (int64_t symbol = 0; symbol < symbols; symbol++)
        sums[symbol] = total += exp((scores[symbol] - most) / temperature);
    int64_t symbol = 0;
    while (sums[symbol] <= u * total) symbol++;
    return symbol;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* What was written before it by any thread can be read after it by all. */
static void meet(Drawing *d) {
    if (d->shares == 1) return;
    const int meeting = __atomic_load_n(&d->meetings, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&d->waiting, 1, __ATOMIC_ACQ_REL) == d->shares) {
        d->waiting = 0;
        __atomic_store_n(&d->meetings, meeting + 1, __ATOMIC_RELEASE);
        return;
    }
    int64_t began = 0;
    for (int64_t tries = 0; __atomic_load_n(&d->meetings, __ATOMIC_ACQUIRE) == meeting; tries++) {
        if (tries < TRIES) {
            RELAX();
            continue;
        }
        if (!began) began = now();
        sched_yield(); /* some thread is not running: let it */
    }
    if (began) __atomic_add_fetch(&d->waited, now() - began, __ATOMIC_RELAXED);
}

/* Whether a quarter of the time went by in waiting: others use the processor. */
static int is_late(Drawing *d) {
    const int64_t waited = __atomic_load_n(&d->waited, __ATOMIC_RELAXED);
    return waited > A_WHILE && waited > (now() - d->start) / 4 * (d->shares - 1);
}

static int64_t part(int64_t size, int64_t unit, int64_t number, int64_t shares) {
    return size / unit * number / shares * unit;
}

static void draw_share(Drawing *d, int64_t mine) {
    Stack own = *d->stack;
    const int64_t B = d->rows, shares = d->shares, next = mine + 1, columns = 4 * W;
    for (int64_t at = 0; at < d->length; at++) {
        int64_t *drawn = d->drawn + at * B;
        for (int64_t row = part(B, 1, mine, shares); row < part(B, 1, next, shares); row++) {
            drawn[row] = draw(own.logits + row * own.V, d->symbols, d->temperature, d->us[at * B + row],
                              d->sums + mine * d->symbols);
            if (drawn[row] < 0) __atomic_store_n(&d->failed, 1, __ATOMIC_RELAXED);
        }
        for (int64_t n = 0; n < own.count; n++) {
            const int64_t H = own.layers[n].H;
            lay_out(&own, n, 0, B, part(H, W, mine, shares), part(H, W, next, shares));
        }
        meet(d);
        if (__atomic_load_n(&d->failed, __ATOMIC_RELAXED)) return;
        own.ids = drawn;
        for (int64_t n = 0; n < own.count; n++) {
            const int64_t H = own.layers[n].H;
            layer_step(&own, n, 0, B, part(H, W, mine, shares), part(H, W, next, shares));
            meet(d);
        }
        head_step(&own, 0, B, part(own.V, columns, mine, shares), part(own.V, columns, next, shares));
        if (!mine) d->done = at + 1, d->late = is_late(d); /* one decides for all */
        meet(d);
        if (d->late) return;
    }
}

static void *thread_share(void *share) {
    const Share *s = share;
    while (!__atomic_load_n(&s->drawing->begun, __ATOMIC_ACQUIRE)) sched_yield();
    draw_share(s->drawing, s->mine);
    return NULL;
}

void stream_draw(Drawing *d) {
    pthread_t threads[MOST_SHARES];
    Share shares[MOST_SHARES];
    int64_t count = 1; /* those that could be started, this one among them */
    d->start = now();
    d->waited = d->done = d->late = d->begun = d->failed = d->waiting = d->meetings = 0;
    for (; count < d->shares; count++) {
        shares[count] = (Share){d, count};
        if (pthread_create(threads + count, NULL, thread_share, shares + count)) break;
    }
    d->shares = count;
    __atomic_store_n(&d->begun, 1, __ATOMIC_RELEASE);
    draw_share(d, 0);
    while (--count) pthread_join(threads[count], NULL);
}

/* Work divided among threads. Every share is a range of rows, units or columns. */
#pragma once
#include <stdint.h>

typedef struct { int64_t first, end; } Bounds;

/* Share `number` of `shares` of a size; its bounds are multiples of `unit`, or the size. */
static Bounds share_bounds(int64_t size, int64_t unit, int64_t number, int64_t shares) {
    const int64_t units = (size + unit - 1) / unit, end = units * (number + 1) / shares * unit;
    return (Bounds){units * number / shares * unit, end < size ? end : size};
}

/* How a team divides a layer: into `by_rows` parts of the rows, and each of these into `by_units` shares of the units.
   Threads beyond by_rows * by_units have nothing to do. */
typedef struct { int64_t by_rows, by_units; } Grid;

static int64_t largest_share(int64_t size, int64_t shares) { return (size + shares - 1) / shares; }

/* What the thread with most to do has, in rows times `units`, of which a share is a whole number. */
static int64_t most_work(Grid g, int64_t rows, int64_t units) {
    return largest_share(rows, g.by_rows) * largest_share(units, g.by_units);
}

/* The grid with the least such work. Of equal ones, that with the most shares of units: its threads read the fewest
   weights. */
static Grid grid_of(int64_t rows, int64_t units, int64_t threads) {
    Grid best = {1, 1};
    for (int64_t by_units = threads < units ? threads : units; by_units > 0; by_units--) {
        const int64_t by_rows = threads / by_units;
        const Grid g = {by_rows < rows ? by_rows : rows, by_units};
        if (most_work(g, rows, units) < most_work(best, rows, units)) best = g;
    }
    return best;
}

/* What a team does of something: all of it, and what the thread with most to do has, in the same measure. */
typedef struct { double all, most; } Load;

static void add_load(Load *l, Grid g, int64_t rows, int64_t units, int64_t each) {
    l->all += (double)each * (double)(rows * units);
    l->most += (double)each * (double)most_work(g, rows, units);
}

/* The part of their time that so many threads wait since the work is not evenly divided. */
static double idle_of(const Load *l, int64_t threads) { return 1 - l->all / (l->most * (double)threads); }

/* The rows and the units of thread `number`; the bounds of its units are multiples of `unit`, or the size. */
static Bounds rows_of(Grid g, int64_t rows, int64_t number) {
    return number < g.by_rows * g.by_units ? share_bounds(rows, 1, number / g.by_units, g.by_rows) : (Bounds){0, 0};
}
static Bounds units_of(Grid g, int64_t size, int64_t unit, int64_t number) {
    return share_bounds(size, unit, number % g.by_units, g.by_units);
}

/* A function that runs body(data) once on each of `threads` threads, and returns when all are done: GOMP_parallel.

   torch is linked with OpenMP, whose threads spin for a while after each task. A second set of threads would compete
   with them for the same processors. So Python looks up the function that gives work to OpenMP's own threads and passes
   its address; this library is not linked with OpenMP. If it is null, the calling thread does all the work. */
typedef void (*Starter)(void (*body)(void *), void *data, unsigned threads, unsigned flags);

typedef void (*Work)(void *what, int64_t first, int64_t end);
typedef struct { Work work; void *what; int64_t size, unit; int shares, taken; } SharedWork;

/* The body that each thread runs. Threads take shares by a counter, until none is left: OpenMP may give fewer threads
   than were asked for, if OMP_THREAD_LIMIT or OMP_DYNAMIC is set. */
static void take_shares(void *shared) {
    SharedWork *s = shared;
    int64_t number;
    while ((number = __atomic_fetch_add(&s->taken, 1, __ATOMIC_RELAXED)) < s->shares) {
        const Bounds share = share_bounds(s->size, s->unit, number, s->shares);
        if (share.first < share.end) s->work(s->what, share.first, share.end);
    }
}

/* Do work(what, first, end) for the whole size, in a share for each thread. */
static void run_shared(Work work, void *what, int64_t size, int64_t unit, Starter starter, int threads) {
    SharedWork shared = {work, what, size, unit, starter ? threads : 1, 0};
    if (shared.shares > 1) starter(take_shares, &shared, (unsigned)threads, 0);
    else take_shares(&shared);
}

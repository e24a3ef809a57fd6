/* Work divided among threads. Every share is a range of rows, units or columns. */
#pragma once
#include <stdint.h>

typedef struct { int64_t first, end; } Bounds;

/* Share `number` of `shares` of a size; its bounds are multiples of `unit`, and so is the size. */
static Bounds share_bounds(int64_t size, int64_t unit, int64_t number, int64_t shares) {
    const int64_t units = size / unit;
    return (Bounds){units * number / shares * unit, units * (number + 1) / shares * unit};
}

/* A function that runs body(data) once on each of so many threads, and returns when all are done: GOMP_parallel.

   torch is linked with OpenMP, whose threads spin for a while after each task. A second set of threads would compete
   with them for the same processors. So Python looks up the function that gives work to OpenMP's own threads and passes
   its address; this library is not linked with OpenMP. If it is null, the calling thread does all the work. */
typedef void (*Starter)(void (*body)(void *), void *data, unsigned threads, unsigned flags);

typedef void (*Work)(void *what, int64_t first, int64_t end);
typedef struct { Work work; void *what; int64_t size, unit; int shares, taken; } SharedWork;

/* The body that each thread runs. Threads take their shares by a counter: the body is not told a thread's number. */
static void do_next_share(void *shared) {
    SharedWork *s = shared;
    const int64_t number = __atomic_fetch_add(&s->taken, 1, __ATOMIC_RELAXED);
    const Bounds own = share_bounds(s->size, s->unit, number, s->shares);
    if (own.first < own.end) s->work(s->what, own.first, own.end);
}

/* Do work(what, first, end) for the whole size, in a share for each thread. */
static void run_shared(Work work, void *what, int64_t size, int64_t unit, Starter starter, int threads) {
    SharedWork shared = {work, what, size, unit, starter ? threads : 1, 0};
    if (shared.shares > 1) starter(do_next_share, &shared, (unsigned)threads, 0);
    else do_next_share(&shared);
}

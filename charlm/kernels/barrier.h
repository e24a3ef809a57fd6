/* A barrier at which threads spin, and a measure of the time that they lose there.

   Between two barriers there are a few microseconds of work. Waking a sleeping thread takes longer, so waiting threads
   do not sleep. Spinning is only good while every thread has a processor of its own. If other programs run, a thread of
   the team may be suspended; the others then offer their processors to it, and count the time that they wait. */
#pragma once
#include <sched.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#define SPIN_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define SPIN_PAUSE() __asm__ volatile("yield")
#else
#define SPIN_PAUSE() (void)0
#endif

enum {
    SPIN_TRIES = 1000,      /* some tens of microseconds: more than the threads differ by if all of them run */
    MIN_WAITED_NS = 100000, /* one interruption of this length is not yet contention */
};

typedef struct {
    int threads;       /* that wait for each other */
    int waiting;       /* of these, how many have arrived */
    int passed;        /* how often all had arrived: a thread waits until this changes */
    int64_t began_ns;  /* when the threads were started */
    int64_t waited_ns; /* how long threads waited after SPIN_TRIES, summed over threads */
    double idle;       /* the part of all threads' time that they wait since the work is not evenly divided */
} Barrier;

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Wait for all threads. What any thread wrote before can be read by all threads afterwards. */
static void barrier_wait(Barrier *b) {
    if (b->threads == 1) return;
    const int passed = __atomic_load_n(&b->passed, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&b->waiting, 1, __ATOMIC_ACQ_REL) == b->threads) {
        b->waiting = 0; /* before the others may go on, because they can arrive at the next barrier at once */
        __atomic_store_n(&b->passed, passed + 1, __ATOMIC_RELEASE);
        return;
    }
    int64_t began = 0;
    for (int64_t tries = 0; __atomic_load_n(&b->passed, __ATOMIC_ACQUIRE) == passed; tries++) {
        if (tries < SPIN_TRIES) {
            SPIN_PAUSE();
            continue;
        }
        if (!began) began = now_ns();
        sched_yield();
    }
    if (began) __atomic_add_fetch(&b->waited_ns, now_ns() - began, __ATOMIC_RELAXED);
}

/* Whether threads spent a quarter of their time waiting for one that did not run. The last thread to arrive never
   waits: hence threads - 1. */
static int is_contended(const Barrier *b) {
    const int64_t waited = __atomic_load_n(&b->waited_ns, __ATOMIC_RELAXED);
    const double allowed = (b->threads - 1) / 4.0 + b->idle * b->threads;
    return waited > MIN_WAITED_NS && (double)waited > allowed * (double)(now_ns() - b->began_ns);
}

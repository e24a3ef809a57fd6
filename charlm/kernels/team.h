/* A team: threads that do one piece of work together and wait for each other at a barrier (barrier.h).

   They divide the units of a layer as far as that is even: then each reads its own part of the weights from its own
   cache. If there are more threads than that takes, they divide its rows, too (sharing.h). The work sees which of its
   threads runs it, so that a sum is added in the same order whichever thread adds it. */
#pragma once
#include <pthread.h>
#include "barrier.h"

enum { MAX_THREADS = 16 };

typedef struct Team Team;
typedef void (*TeamWork)(void *what, Team *team, int64_t number);
struct Team {
    TeamWork work;
    void *what;
    Barrier barrier; /* barrier.threads: how many the team has */
    int started;     /* all threads were created, and barrier.threads is their number */
};

typedef struct { Team *team; int64_t number; } Member;

static void *member_works(void *member) {
    const Member *m = member;
    while (!__atomic_load_n(&m->team->started, __ATOMIC_ACQUIRE)) sched_yield();
    m->team->work(m->team->what, m->team, m->number);
    return NULL;
}

/* Do the work on up to that many threads, of which this is one. Gives whether they waited too long for each other. */
static int run_team(TeamWork work, void *what, int64_t threads) {
    pthread_t others[MAX_THREADS];
    Member members[MAX_THREADS];
    Team team = {.work = work, .what = what, .barrier = {.began_ns = now_ns()}};
    int count = 1; /* this thread, and those that could be created: a system may refuse to create more */
    for (; count < threads && count < MAX_THREADS; count++) {
        members[count] = (Member){&team, count};
        if (pthread_create(others + count, NULL, member_works, members + count)) break;
    }
    team.barrier.threads = count;
    __atomic_store_n(&team.started, 1, __ATOMIC_RELEASE);
    work(what, &team, 0);
    const int contended = is_contended(&team.barrier);
    while (--count) pthread_join(others[count], NULL);
    return contended;
}

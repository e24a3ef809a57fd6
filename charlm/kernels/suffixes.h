/* Runs of symbols that stand in a text, found in its suffix array (sampling/copies/verbatim.py). N symbols of the text. */

typedef struct {
    const uint8_t *text;      /* (N, width): backwards, and of each symbol the highest byte first */
    const uint32_t *suffixes; /* (N,): where its suffixes begin, in order */
    int64_t N, width;         /* width: bytes of a symbol */
} SuffixArray;

/* How many of the symbols that end before `end` stand together in the text, `most` at most. `written` has of each symbol
   the lowest byte first. The binary search ends between the two suffixes that share most with it, and has looked at both. */
int64_t run_ending(const SuffixArray *s, const uint8_t *written, int64_t end, int64_t most) {
    const uint8_t *after = written + end * s->width;
    const int64_t size = (end < most ? end : most) * s->width;
    int64_t longest = 0, low = 0, high = s->N;
    while (low < high && longest < size) {
        const int64_t middle = low + (high - low) / 2, start = s->suffixes[middle] * s->width;
        const int64_t room = s->N * s->width - start;
        int64_t shared = 0;
        while (shared < size && shared < room && s->text[start + shared] == after[-1 - shared]) shared++;
        if (shared > longest) longest = shared;
        if (shared == room || (shared < size && s->text[start + shared] < after[-1 - shared])) low = middle + 1;
        else high = middle;
    }
    return longest / s->width;
}

/* The first place from `place` on, before `end`, at which a run of `most` symbols ends; if there is none, the first from
   `end` on at which one may end. After a run of d symbols, that can be most - d later. */
int64_t next_run(const SuffixArray *s, const uint8_t *written, int64_t place, int64_t end, int64_t most) {
    for (int64_t run; place < end && (run = run_ending(s, written, place, most)) < most;) place += most - run;
    return place;
}

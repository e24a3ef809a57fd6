/* What Python calls. Work on shares of something is done by torch's own threads, where their starter is given: a second
   set of threads beside torch's, which wait busily, would take turns with them on the same cores. */
#include "vectors.h"

#define REAL float
#define WORD float
#define PER_WORD 1
#define NAME(x) x##_fp32
INLINE floats load_fp32(const float *from) { return load_floats(from); }
INLINE void store_fp32(float *to, floats x) { store_floats(to, x); }
INLINE floats dot_fp32(floats sum, float x, floats weights) { return sum + x * weights; }
#define load load_fp32
#define store store_fp32
#define dot dot_fp32
#define SIGMOID sigmoid
#define HYPERBOLIC hyperbolic
#define as_real(x) (x)
#include "lstm.h"
#undef REAL
#undef WORD
#undef PER_WORD
#undef NAME
#undef load
#undef store
#undef dot
#undef as_real
#undef SIGMOID
#undef HYPERBOLIC

#if defined(__AVX512BF16__)
#define REAL uint16_t
#define WORD uint32_t
#define PER_WORD 2
#define NAME(x) x##_bf16
INLINE floats load_bf16(const uint16_t *from) {
    __m512i bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from));
    return (floats)_mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
}
INLINE void store_bf16(uint16_t *to, floats x) {
    _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh((__m512)x));
}
INLINE floats dot_bf16(floats sum, uint32_t x, floats weights) {
    return (floats)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32((int)x),
                                    (__m512bh)weights);
}
/* 2^x to five digits (fitted to the relative error on [-1/2, 1/2]; 1 at 0), where bfloat16 keeps three. nan stays nan. */
INLINE floats power_of_2(floats x) {
    __m512 whole = _mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    floats part = x - (floats)whole;
    floats power = 1 + part * (0.693124190f + part * (0.240240990f + part * (0.0559064300f + part * 0.00958285000f)));
    return (floats)_mm512_scalef_ps((__m512)power, whole);
}
INLINE floats narrow_reciprocal(floats x) { return (floats)_mm512_rcp14_ps((__m512)x); }
INLINE floats narrow_sigmoid(floats x) { return narrow_reciprocal(1 + power_of_2(x * -1.44269504f)); }
INLINE floats narrow_hyperbolic(floats x) { return 1 - 2 * narrow_reciprocal(1 + power_of_2(x * 2.88539008f)); }
#define SIGMOID narrow_sigmoid
#define HYPERBOLIC narrow_hyperbolic
#define load load_bf16
#define store store_bf16
#define dot dot_bf16
#define as_real narrowed
#include "lstm.h"
#undef dot

#define NARROW uint16_t
#define put store_bf16
INLINE floats dot_pair(floats sum, const uint16_t *x, floats weights) {
    uint32_t pair;
    memcpy(&pair, x, 4);
    return dot_bf16(sum, pair, weights);
}
#else
#define NARROW float
#define put store_fp32
INLINE floats dot_pair(floats sum, const float *x, floats weights) {
    const integers pair = (integers)weights; /* a bfloat16 is the upper half of a float */
    return sum + x[0] * (floats)(pair << 16) + x[1] * (floats)(pair & (int32_t)0xffff0000);
}
#endif
#define dot dot_pair
#include "stream.h"
#include "drawing.h"

int narrow_bytes(void) { return sizeof(NARROW); }

typedef void (*Work)(void *what, int64_t first, int64_t end);
typedef void (*Starter)(void (*body)(void *), void *data, unsigned threads, unsigned flags); /* GOMP_parallel */
typedef struct { Work work; void *what; int64_t size, unit; int shares, taken; } Shares;

static void take_share(void *shares) {
    Shares *s = shares;
    int64_t units = s->size / s->unit, mine = __atomic_fetch_add(&s->taken, 1, __ATOMIC_RELAXED);
    int64_t first = units * mine / s->shares * s->unit, end = units * (mine + 1) / s->shares * s->unit;
    if (first < end) s->work(s->what, first, end);
}

static void share(Work work, void *what, int64_t size, int64_t unit, Starter starter, int threads) {
    Shares shares = {work, what, size, unit, starter ? threads : 1, 0};
    if (shares.shares > 1) starter(take_share, &shares, (unsigned)threads, 0);
    else take_share(&shares);
}

int width(void) { return W; }

#define ENTRIES(kind)                                                                                         \
    void lstm_forward_##kind(Window_##kind *w, Starter s, int n) { share(forward_##kind, w, w->B, 1, s, n); }   \
    void lstm_backward_##kind(Window_##kind *w, Starter s, int n) { share(backward_##kind, w, w->B, 1, s, n); } \
    void lstm_pack_##kind(Packing_##kind *p, Starter s, int n) { share(pack_##kind, p, p->H, 4 * W, s, n); }    \
    void lstm_gather_##kind(Gathering_##kind *g, Starter s, int n) { share(gather_##kind, g, g->columns, W, s, n); }

ENTRIES(fp32)
void lstm_rows_fp32(void *window, int64_t first, int64_t end) { forward_fp32(window, first, end); }
#if defined(__AVX512BF16__)
ENTRIES(bf16)
#endif

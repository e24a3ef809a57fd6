/* The number types of the kernels. Each has its name as an ending: NAME(load) is load_fp32 where NAME(x) is x##_fp32.

   fp32   all numbers are floats.
   bf16   inputs and weights are bfloat16, sums are floats. Needs AVX512-BF16, or ARM's extension of the same name.
   mixed  inputs are floats, weights are bfloat16: the stream's kernel on every other processor.

   A type gives `real`, what its inputs are stored as, and what the inner product needs. Weights come in words of 4
   bytes: `per_word` weights of one column, one float or two bfloat16. The instructions take a word in `parts`:
     spread  the inputs of a part, repeated for each column of a vector
     part    the weights of a part, from a vector of words
     dot     a vector of sums, and the products of these two added to it
   Tiles of V vectors have up to rows_for(V) rows; mixed needs a register for a mask, and so a row less. In a window they
   have up to window_rows(V), which are more in the level of AMX.
   fp32 and bf16 also give what window.h needs: load, store, sigmoid, tanh and from_float. */
#pragma once
#include "vectors.h"

#if defined(__AVX512BF16__)
#define HAS_BF16
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#include <arm_neon.h>
#define HAS_BF16
#endif

typedef float real_fp32;
enum { per_word_fp32 = 1, parts_fp32 = 1 };
#define rows_for_fp32(V) ROWS_FOR(V)
#define window_rows_fp32(V) ROWS_FOR(V)
INLINE floats load_fp32(const float *from) { return load_floats(from); }
INLINE void store_fp32(float *to, floats x) { store_floats(to, x); }
INLINE floats spread_fp32(const float *x, int part) { return x[part] - (floats){}; }
INLINE floats part_fp32(floats words, int part) { (void)part; return words; }
INLINE floats dot_fp32(floats sum, floats x, floats weights) { return sum + x * weights; }
INLINE floats sigmoid_fp32(floats x) { return sigmoid_ps(x); }
INLINE floats tanh_fp32(floats x) { return tanh_ps(x); }
INLINE float from_float_fp32(float x) { return x; }

/* A bfloat16 is the upper half of a float. This rounds to the nearest one, ties to even; a nan stays nan. */
INLINE uint16_t from_float_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    if (x != x) return 0x7fc0;
    return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

#if defined(HAS_BF16)
typedef uint16_t real_bf16;
enum { per_word_bf16 = 2, parts_bf16 = 1 };
#define rows_for_bf16(V) ROWS_FOR(V)
#if defined(HAS_TILES)
#define window_rows_bf16(V) TILE_ROWS
#else
#define window_rows_bf16(V) ROWS_FOR(V)
#endif
INLINE floats part_bf16(floats words, int part) { (void)part; return words; }
INLINE floats spread_bf16(const uint16_t *x, int part) {
    int32_t pair;
    memcpy(&pair, x + 2 * part, 4);
    return (floats)(pair + (integers){});
}

#if defined(__AVX512BF16__)
INLINE floats load_bf16(const uint16_t *from) {
    __m512i bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from));
    return (floats)_mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
}
INLINE void store_bf16(uint16_t *to, floats x) {
    _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh((__m512)x));
}
INLINE floats dot_bf16(floats sum, floats x, floats weights) {
    return (floats)_mm512_dpbf16_ps((__m512)sum, (__m512bh)x, (__m512bh)weights);
}

/* 2^x to five digits, enough for results that are rounded to bfloat16's three. The polynomial was fitted to the
   relative error on [-1/2, 1/2] and is exact at 0. A nan stays nan. */
INLINE floats exp2_ps(floats x) {
    __m512 whole = _mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    floats rest = x - (floats)whole;
    floats power = 1 + rest * (0.693124190f + rest * (0.240240990f + rest * (0.0559064300f + rest * 0.00958285000f)));
    return (floats)_mm512_scalef_ps((__m512)power, whole);
}
INLINE floats reciprocal_bf16(floats x) { return (floats)_mm512_rcp14_ps((__m512)x); }
INLINE floats sigmoid_bf16(floats x) { return reciprocal_bf16(1 + exp2_ps(x * -1.44269504f)); }
INLINE floats tanh_bf16(floats x) { return 1 - 2 * reciprocal_bf16(1 + exp2_ps(x * 2.88539008f)); }
#else
INLINE floats load_bf16(const uint16_t *from) { return (floats)vshll_n_u16(vld1_u16(from), 16); }
INLINE void store_bf16(uint16_t *to, floats x) {
    vst1_u16(to, vreinterpret_u16_bf16(vcvt_bf16_f32((float32x4_t)x)));
}
INLINE floats dot_bf16(floats sum, floats x, floats weights) {
    return (floats)vbfdotq_f32((float32x4_t)sum, (bfloat16x8_t)x, (bfloat16x8_t)weights);
}
INLINE floats sigmoid_bf16(floats x) { return sigmoid_ps(x); }
INLINE floats tanh_bf16(floats x) { return tanh_ps(x); }
#endif
#endif

typedef float real_mixed;
enum { per_word_mixed = 2, parts_mixed = 2 };
#define rows_for_mixed(V) (ROWS_FOR(V) > 2 ? ROWS_FOR(V) - 1 : ROWS_FOR(V))
INLINE floats load_mixed(const float *from) { return load_floats(from); }
INLINE void store_mixed(float *to, floats x) { store_floats(to, x); }
INLINE float from_float_mixed(float x) { return x; }
INLINE floats spread_mixed(const float *x, int part) { return x[part] - (floats){}; }
INLINE floats part_mixed(floats words, int part) { /* the first bfloat16 is in the lower half of the word */
    const integers pair = (integers)words;
    return part ? (floats)(pair & (int32_t)0xffff0000) : (floats)(pair << 16);
}
INLINE floats dot_mixed(floats sum, floats x, floats weights) { return sum + x * weights; }

/* Vectors of floats, and what the cells need of them. W floats make a vector; a word is what one product adds up from:
   one float, or, in the narrow form, two bfloat16 that the processor multiplies and adds in one go. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
enum { W = 16, MOST_ROWS = 6 }; /* 32 registers: 6 rows of 4 sums, 4 weights, and some to spare */
#elif defined(__AVX__)
enum { W = 8, MOST_ROWS = 2 }; /* 16 registers */
#else
enum { W = 4, MOST_ROWS = 6 }; /* ARM has 32 */
#endif

#define UNROLLED _Pragma("GCC unroll 8")
#define INLINE static inline __attribute__((always_inline))
typedef float floats __attribute__((vector_size(W * 4)));
typedef int32_t integers __attribute__((vector_size(W * 4)));
typedef float loose_floats __attribute__((vector_size(W * 4), aligned(4)));

INLINE floats load_floats(const float *from) { return *(const loose_floats *)from; }
INLINE void store_floats(float *to, floats x) { *(loose_floats *)to = x; }

/* Bounded above and below; nan stays nan, so that a training that fails is seen to fail. */
INLINE floats bounded(floats x, float most) {
    const floats high = (floats){} + most;
#if defined(__AVX512F__) /* of a number and nan, these give the second */
    return (floats)_mm512_max_ps((__m512)-high, _mm512_min_ps((__m512)high, (__m512)x));
#else
    integers above = x > high, below = x < -high;
    return (floats)(((integers)x & ~above & ~below) | ((integers)high & above) | ((integers)-high & below));
#endif
}

INLINE floats exponential(floats x) {
    const float shift = 12582912.0f; /* 1.5 x 2^23: adding it rounds to a whole number */
    floats scaled = bounded(x, 80.0f) * 1.44269504f;
    floats whole = (scaled + shift) - shift, part = (scaled - whole) * 0.693147181f;
    floats power = 1 + part * (1 + part * (0.5f + part * (0.166666667f + part * (0.0416666667f
        + part * (0.00833333333f + part * 0.00138888889f)))));
    integers exponent = (__builtin_convertvector(whole, integers) + 127) << 23;
    return power * (floats)exponent;
}

INLINE floats reciprocal(floats x) {
#if defined(__AVX512F__)
    floats guess = (floats)_mm512_rcp14_ps((__m512)x); /* 14 bits, doubled by a step of Newton's */
    return guess * (2 - x * guess);
#else
    return 1 / x;
#endif
}

INLINE floats sigmoid(floats x) { return reciprocal(1 + exponential(-x)); }
INLINE floats hyperbolic(floats x) { return 1 - 2 * reciprocal(1 + exponential(2 * x)); }

#define ROWS(n) ((n) < MOST_ROWS ? (n) : MOST_ROWS) /* R is never more, but compilers do not know */

/* All rows from `first` to `end` and some columns in steps, as tiles of up to MOST_ROWS rows, as even as can be. A panel
   of weights stays in the nearest cache while all rows pass. */
#define TILES(tile, from, to, step, what, which)                             \
    for (int64_t column = from; column < (to); column += step)               \
        for (int64_t row = first, left; (left = end - row) > 0;) {           \
            const int64_t tiles = (left + MOST_ROWS - 1) / MOST_ROWS;        \
            const int64_t R = (left + tiles - 1) / tiles;                    \
            switch (R) {                                                     \
                case 1: tile(ROWS(1), what, which, row, column); break;      \
                case 2: tile(ROWS(2), what, which, row, column); break;      \
                case 3: tile(ROWS(3), what, which, row, column); break;      \
                case 4: tile(ROWS(4), what, which, row, column); break;      \
                case 5: tile(ROWS(5), what, which, row, column); break;      \
                default: tile(MOST_ROWS, what, which, row, column);          \
            }                                                                \
            row += R;                                                        \
        }

INLINE uint16_t narrowed(float x) { /* to the nearest bfloat16, ties to even; nan stays nan */
    uint32_t bits;
    memcpy(&bits, &x, 4);
    if (x != x) return 0x7fc0;
    return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/* Vectors of floats, the functions that gates need, and the tiles in which matrices are multiplied.

   The code uses the vector extension of GCC and clang, so that one source serves AVX-512, AVX, SSE and NEON. Intrinsics
   appear only where the extension has no operator for an instruction. A vector holds W floats. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE__)
#include <immintrin.h>
#endif

/* A tile has up to MAX_ROWS rows and 4 vectors of columns. Its sums, 4 vectors a row, stay in registers beside an input
   of each row and a vector of weights: 5 MAX_ROWS + 1 registers. SSE needs one more: it multiplies, and then adds. */
#if defined(__AVX512F__)
enum { W = 16, MAX_ROWS = 6 }; /* 32 registers */
#elif defined(__AVX__)
enum { W = 8, MAX_ROWS = 3 }; /* 16 registers */
#elif defined(__SSE__)
enum { W = 4, MAX_ROWS = 2 }; /* 16 registers */
#else
enum { W = 4, MAX_ROWS = 6 }; /* NEON has 32 registers */
#endif

/* A tile with fewer vectors of columns has room for more rows: rows(4) is MAX_ROWS. AMX has registers for 16 (tiles.h). */
#if defined(__AMX_BF16__)
enum { MOST_ROWS = 16 };
#else
enum { MOST_ROWS = 8 };
#endif
#if defined(__AVX512F__)
enum { ROWS_FOR_3 = 8, ROWS_FOR_2 = 8 };
#elif defined(__AVX__)
enum { ROWS_FOR_3 = 4, ROWS_FOR_2 = 6 };
#elif defined(__SSE__)
enum { ROWS_FOR_3 = 3, ROWS_FOR_2 = 5 };
#else
enum { ROWS_FOR_3 = 8, ROWS_FOR_2 = 8 };
#endif
#define ROWS_FOR(vectors) ((vectors) == 4 ? MAX_ROWS : (vectors) == 3 ? ROWS_FOR_3 : (vectors) == 2 ? ROWS_FOR_2 : 8)

#if defined(CHARLM_FLOAT64) /* a build for tests, to be compared with float64: what is float below is double */
#define float double
typedef int64_t integer;
#else
typedef int32_t integer;
#endif

#define UNROLLED _Pragma("GCC unroll 8")
#define INLINE static inline __attribute__((always_inline))
typedef float floats __attribute__((vector_size(W * sizeof(float))));
typedef integer integers __attribute__((vector_size(W * sizeof(float))));
typedef float unaligned_floats __attribute__((vector_size(W * sizeof(float)), aligned(sizeof(float))));

INLINE floats load_floats(const float *from) { return *(const unaligned_floats *)from; }
INLINE void store_floats(float *to, floats x) { *(unaligned_floats *)to = x; }

/* The same for `count` numbers, at most W. The others are 0. */
INLINE floats load_some(const float *from, const int count) {
    if (count == W) return load_floats(from);
    float whole[W] = {0};
    memcpy(whole, from, (size_t)count * sizeof *from);
    return load_floats(whole);
}
INLINE void store_some(float *to, const int count, floats x) {
    if (count == W) {
        store_floats(to, x);
        return;
    }
    float whole[W];
    store_floats(whole, x);
    memcpy(to, whole, (size_t)count * sizeof *to);
}

/* x within [-limit, limit]. A nan stays nan, so that a training that diverges is seen to diverge: if one operand of the
   processor's minimum or maximum is nan, these give the second. */
#if defined(CHARLM_FLOAT64) || !defined(__SSE__)
INLINE floats clamp(floats x, float limit) {
    floats high = (floats){} + limit;
    integers above = x > high, below = x < -high;
    return (floats)(((integers)x & ~above & ~below) | ((integers)high & above) | ((integers)-high & below));
}
#else
#if defined(__AVX512F__)
#define PACKED(what, x, y) (floats)_mm512_##what##_ps((__m512)(x), (__m512)(y))
#elif defined(__AVX__)
#define PACKED(what, x, y) (floats)_mm256_##what##_ps((__m256)(x), (__m256)(y))
#else
#define PACKED(what, x, y) (floats)_mm_##what##_ps((__m128)(x), (__m128)(y))
#endif
INLINE floats clamp(floats x, float limit) {
    floats high = (floats){} + limit;
    return PACKED(max, -high, PACKED(min, high, x));
}
#endif

#if defined(CHARLM_FLOAT64)
INLINE floats exp_ps(floats x) {
    for (int lane = 0; lane < W; lane++) x[lane] = __builtin_exp(x[lane]);
    return x;
}
#else
/* e^x = 2^whole e^rest, with |rest| <= ln(2) / 2: 2^whole is written into the exponent bits, e^rest is its Taylor
   polynomial. */
INLINE floats exp_ps(floats x) {
    const float shift = 12582912.0f; /* 1.5 x 2^23: adding it rounds to a whole number */
    floats scaled = clamp(x, 80.0f) * 1.44269504f;
    floats whole = (scaled + shift) - shift, rest = (scaled - whole) * 0.693147181f;
    floats power = 1 + rest * (1 + rest * (0.5f + rest * (0.166666667f + rest * (0.0416666667f
        + rest * (0.00833333333f + rest * 0.00138888889f)))));
    integers exponent = (__builtin_convertvector(whole, integers) + 127) << 23;
    return power * (floats)exponent;
}
#endif

INLINE floats reciprocal_ps(floats x) {
#if defined(__AVX512F__)
    floats guess = (floats)_mm512_rcp14_ps((__m512)x); /* 14 bits; one step of Newton's method doubles them */
    return guess * (2 - x * guess);
#else
    return 1 / x;
#endif
}

INLINE floats sigmoid_ps(floats x) { return reciprocal_ps(1 + exp_ps(-x)); }
INLINE floats tanh_ps(floats x) { return 1 - 2 * reciprocal_ps(1 + exp_ps(2 * x)); }

INLINE floats constant(float x) { return x - (floats){}; }
INLINE floats ones_where(integers held) { return (floats)(held & (integers)constant(1)); }
INLINE floats chosen(floats condition, floats x, floats otherwise) {
    const integers held = condition != 0;
    return (floats)((held & (integers)x) | (~held & (integers)otherwise));
}
INLINE floats absolute(floats x) { return (floats)((integers)x & ~(integers)constant(-0.0f)); } /* without its sign */
/* e^x - 1, to all digits near 0: 2^whole (e^rest - 1) + (2^whole - 1), where nothing is added if `whole` is 0. */
INLINE floats expm1_ps(floats x) {
#if defined(CHARLM_FLOAT64)
    for (int lane = 0; lane < W; lane++) x[lane] = __builtin_expm1(x[lane]);
    return x;
#else
    const float shift = 12582912.0f; /* as in exp_ps */
    const floats limited = clamp(x, 80.0f), whole = (limited * 1.44269504f + shift) - shift;
    const floats rest = (limited - whole * 0.693359375f) + whole * 2.12194440e-4f; /* ln 2 in two parts */
    const floats less_1 = rest * (1 + rest * (0.5f + rest * (0.166666667f + rest * (0.0416666667f
        + rest * (0.00833333333f + rest * (0.00138888889f + rest * 0.000198412698f))))));
    const floats power = (floats)((__builtin_convertvector(whole, integers) + 127) << 23);
    return power * less_1 + (power - 1);
#endif
}
#if defined(CHARLM_FLOAT64)
INLINE floats log_ps(floats x) {
    for (int lane = 0; lane < W; lane++) x[lane] = __builtin_log(x[lane]);
    return x;
}
#else
/* ln(2^whole m) = whole ln 2 + ln m, with m from sqrt(1/2) to sqrt(2), and ln m = 2 artanh((m - 1) / (m + 1)) by its
   series. A number too small to have all its digits is multiplied by 2^23 first. */
INLINE floats log_ps(floats x) {
    const integers small = (x < 1.17549435e-38f) & 1;
    const integers bits = (integers)(x * (1 + 8388607.0f * __builtin_convertvector(small, floats)));
    const integers whole = (bits - 0x3f3504f3) >> 23; /* 0x3f3504f3 is sqrt(1/2) */
    const floats m = (floats)(bits - (whole << 23)), exponent = __builtin_convertvector(whole - 23 * small, floats);
    const floats s = (m - 1) / (m + 1), square = s * s;
    const floats series = square * (0.333333333f + square * (0.2f + square * (0.142857143f + square * 0.111111111f)));
    const floats result = exponent * 0.693359375f + (2 * s + (2 * s * series - exponent * 2.12194440e-4f));
    const floats none = chosen(ones_where(x == 0), constant(-__builtin_inff()), constant(__builtin_nanf("")));
    return chosen(ones_where(x > 0), chosen(ones_where(x < __builtin_inff()), result, x), none);
}
#endif
INLINE floats sqrt_ps(floats x) {
#if defined(CHARLM_FLOAT64)
    for (int lane = 0; lane < W; lane++) x[lane] = __builtin_sqrt(x[lane]);
    return x;
#elif defined(__AVX512F__)
    return (floats)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX__)
    return (floats)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE__)
    return (floats)_mm_sqrt_ps((__m128)x);
#else
    for (int lane = 0; lane < W; lane++) x[lane] = __builtin_sqrtf(x[lane]);
    return x;
#endif
}

/* Call tile(R, what, which, row, column) for the rows from `first` to `end` and the columns from `from` to `to`, with
   up to `most` rows at a time.

   Columns are the outer loop: the panel of weights of `step` columns is read from memory once and stays in the nearest
   cache while all rows use it. ROW_TILES makes one call for each tile of R rows from `row`. Rows are divided as evenly
   as possible, 7 into 4 and 3 and not into 6 and 1, because a tile of one row loads as many weights as a tile of six;
   the larger tiles come first. A processor divides slowly, so it is done before the loop. */
#define TILES(most, tile, first, end, from, to, step, what, which)               \
    for (int64_t column = (from); column < (to); column += (step))               \
        ROW_TILES(most, first, end, tile(R, what, which, row, column))
#define ROW_TILES(most, first, end, call)                                        \
    {                                                                            \
        const int64_t rows = (end) - (first), tiles = (rows + (most) - 1) / (most); \
        const int64_t least = tiles ? rows / tiles : 0, larger = rows - tiles * least; \
        for (int64_t number = 0, row = (first); number < tiles; number++) {      \
            const int R = (int)(least + (number < larger));                      \
            call;                                                                \
            row += R;                                                            \
        }                                                                        \
    }

/* Call function(n, ...) with the constant n that R is, up to `most`: loops over rows are then unrolled, and sums are
   registers. R never exceeds `most`, but the compiler cannot see that: it would compile what is never used. */
#define WITH_ROWS(R, most, function, ...)                                        \
    switch (R) {                                                                 \
        case 1: WITH_CONSTANT(1, most, function, __VA_ARGS__); break;            \
        case 2: WITH_CONSTANT(2, most, function, __VA_ARGS__); break;            \
        case 3: WITH_CONSTANT(3, most, function, __VA_ARGS__); break;            \
        case 4: WITH_CONSTANT(4, most, function, __VA_ARGS__); break;            \
        case 5: WITH_CONSTANT(5, most, function, __VA_ARGS__); break;            \
        case 6: WITH_CONSTANT(6, most, function, __VA_ARGS__); break;            \
        case 7: WITH_CONSTANT(7, most, function, __VA_ARGS__); break;            \
        default: function(most, __VA_ARGS__);                                    \
    }
#define WITH_CONSTANT(n, most, function, ...)                                    \
    do {                                                                         \
        if ((n) > (most)) __builtin_unreachable();                               \
        function((n) < (most) ? (n) : (most), __VA_ARGS__);                      \
    } while (0)

/* The matrix registers of AMX: up to 16 rows of inputs times 16 columns of weights, 32 bfloat16 deep, in one instruction.

   The panels are as the other levels have them (window.h): a word of two weights for each of 16 columns is what these
   registers take. Registers 0 to 3 hold the sums of 4 vectors, 4 the inputs, 5 to 7 weights.

   A thread says first how many rows its registers have, and gives them back at the end: torch's own library uses them, too.
   Every window begins with begin_tiles and ends with end_tiles; for other levels both do nothing. */
#pragma once
#if defined(__AMX_BF16__)
#define HAS_TILES
#include <sys/syscall.h>
#include <unistd.h>

enum { TILE_DEPTH = 32, TILE_ROWS = 16, LINE = 64 /* bytes of a register's row */ };

typedef struct {
    uint8_t palette, start, none[14];
    uint16_t bytes[16];
    uint8_t rows[16];
} __attribute__((aligned(64))) TileSizes;

static __thread int tile_rows; /* of the sums and inputs of this thread's registers; 0 before they are set up */

/* Whether the system lets this process use the registers: Linux gives them to a program that asks. */
static int tiles_allowed(void) {
    enum { ASK = 0x1023, TILE_DATA = 18 };
    static int known; /* 1: yes, -1: no. Whichever thread asks, the answer is the same. */
    int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (!answer) {
        answer = syscall(SYS_arch_prctl, ASK, TILE_DATA) ? -1 : 1;
        __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
    }
    return answer > 0;
}

static void set_up_tiles(int rows) {
    TileSizes sizes = {.palette = 1};
    for (int tile = 0; tile < 8; tile++) {
        sizes.bytes[tile] = LINE;
        sizes.rows[tile] = (uint8_t)(tile < 5 ? rows : TILE_ROWS);
    }
    __asm__ volatile("" : : "r"(&sizes) : "memory"); /* GCC 12 believes that the next line reads 8 bytes */
    _tile_loadconfig(&sizes);
    tile_rows = rows;
}

static void begin_tiles(void) { tile_rows = 0; }
static void end_tiles(void) {
    if (tile_rows) _tile_release();
    tile_rows = 0;
}

/* acc += R rows times the columns of V vectors, for K inputs, a multiple of TILE_DEPTH. As NAME(multiply). */
static void multiply_tiles(int R, int V, const uint16_t *rows, int64_t stride, const void *panel, int64_t K,
                           floats acc[MOST_ROWS][4]) {
    const char *weights = panel;
    const int64_t next = V * LINE; /* bytes from one word of a column to the next */
    if (tile_rows != R) set_up_tiles(R);
    _tile_loadd(0, &acc[0][0], 4 * LINE);
    if (V > 1) _tile_loadd(1, &acc[0][1], 4 * LINE);
    if (V > 2) _tile_loadd(2, &acc[0][2], 4 * LINE);
    if (V > 3) _tile_loadd(3, &acc[0][3], 4 * LINE);
    for (int64_t k = 0; k < K; k += TILE_DEPTH, weights += TILE_DEPTH / 2 * next) {
        _tile_loadd(4, rows + k, stride * 2);
        _tile_loadd(5, weights, next);
        _tile_dpbf16ps(0, 4, 5);
        if (V > 1) {
            _tile_loadd(6, weights + LINE, next);
            _tile_dpbf16ps(1, 4, 6);
        }
        if (V > 2) {
            _tile_loadd(7, weights + 2 * LINE, next);
            _tile_dpbf16ps(2, 4, 7);
        }
        if (V > 3) {
            _tile_loadd(5, weights + 3 * LINE, next);
            _tile_dpbf16ps(3, 4, 5);
        }
    }
    _tile_stored(0, &acc[0][0], 4 * LINE);
    if (V > 1) _tile_stored(1, &acc[0][1], 4 * LINE);
    if (V > 2) _tile_stored(2, &acc[0][2], 4 * LINE);
    if (V > 3) _tile_stored(3, &acc[0][3], 4 * LINE);
}
#else
static void begin_tiles(void) {}
static void end_tiles(void) {}
#endif

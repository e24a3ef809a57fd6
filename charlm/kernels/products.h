/* The inner products of all kernels here. Included once for each number type (numbers.h), with NAME defined. */

/* sums[r][v] += row r times the columns of vector v, for R rows of K inputs each and V vectors of columns, 4 at most.

   The panel holds these columns' weights: for each word along K, the vectors side by side. So it is read from its first
   byte to its last, and one input is multiplied with V vectors of weights. With G groups, which only a single row has,
   sums[g] are of panel g; the panels lie `next` floats apart.

   The registers hold the sums of all R rows, and either an input of each row and one vector of weights or, if there are
   more rows than vectors, the weights and one input. A sum waits for the one before it some 4 cycles, in which a
   processor could begin 8 others: hence many sums side by side, and two groups for a single row.

   Products are added in the order of K, whatever R is: a row's sums do not depend on the rows that share its tile. */
INLINE void NAME(add_products)(const int R, const int V, const int G, const NAME(real) *rows, int64_t stride,
                               const void *panel, int64_t next, int64_t K, floats sums[MOST_ROWS][4]) {
    const float *words = panel;
    for (int64_t k = 0; k < K; k += NAME(per_word), words += V * W) {
        if (R == 1 || (R == 2 && MAX_ROWS > 2)) { /* registers are left for the inputs of all parts of a word */
            floats inputs[NAME(parts)][2];
            UNROLLED for (int p = 0; p < NAME(parts); p++)
                UNROLLED for (int r = 0; r < R; r++) inputs[p][r] = NAME(spread)(rows + r * stride + k, p);
            UNROLLED for (int g = 0; g < G; g++) UNROLLED for (int v = 0; v < V; v++) {
                const floats word = load_floats(words + g * next + v * W);
                UNROLLED for (int p = 0; p < NAME(parts); p++) {
                    const floats weights = NAME(part)(word, p);
                    UNROLLED for (int r = 0; r < R; r++)
                        sums[g + r][v] = NAME(dot)(sums[g + r][v], inputs[p][r], weights);
                }
            }
            continue;
        }
        UNROLLED for (int p = 0; p < NAME(parts); p++) {
            if (R <= V) {
                floats inputs[MOST_ROWS];
                UNROLLED for (int r = 0; r < R; r++) inputs[r] = NAME(spread)(rows + r * stride + k, p);
                UNROLLED for (int v = 0; v < V; v++) {
                    const floats weights = NAME(part)(load_floats(words + v * W), p);
                    UNROLLED for (int r = 0; r < R; r++) sums[r][v] = NAME(dot)(sums[r][v], inputs[r], weights);
                }
            } else {
                floats weights[4];
                UNROLLED for (int v = 0; v < V; v++) weights[v] = NAME(part)(load_floats(words + v * W), p);
                UNROLLED for (int r = 0; r < R; r++) {
                    const floats input = NAME(spread)(rows + r * stride + k, p);
                    UNROLLED for (int v = 0; v < V; v++) sums[r][v] = NAME(dot)(sums[r][v], input, weights[v]);
                }
            }
            /* Without this the compiler keeps the words for the next part, for which there are no registers. */
            if (p + 1 < NAME(parts)) __asm__ volatile("" ::: "memory");
        }
    }
}

/* acc += these products. acc is memory, `sums` can be registers. */
INLINE void NAME(product)(const int R, const int V, const NAME(real) *rows, int64_t stride, const void *panel, int64_t K,
                          floats acc[MOST_ROWS][4]) {
    floats sums[MOST_ROWS][4];
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < V; v++) sums[r][v] = acc[r][v];
    NAME(add_products)(R, V, 1, rows, stride, panel, 0, K, sums);
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < V; v++) acc[r][v] = sums[r][v];
}

/* The same for any R that registers have room for, and any V. */
INLINE void NAME(multiply_rows)(int R, int V, const NAME(real) *rows, int64_t stride, const void *panel, int64_t K,
                                floats acc[MOST_ROWS][4]) {
    switch (V) {
        case 1: WITH_ROWS(R, NAME(rows_for)(1), NAME(product), 1, rows, stride, panel, K, acc) break;
        case 2: WITH_ROWS(R, NAME(rows_for)(2), NAME(product), 2, rows, stride, panel, K, acc) break;
        case 3: WITH_ROWS(R, NAME(rows_for)(3), NAME(product), 3, rows, stride, panel, K, acc) break;
        default: WITH_ROWS(R, NAME(rows_for)(4), NAME(product), 4, rows, stride, panel, K, acc)
    }
}

/* The same, compiled once for all kernels: what follows in a kernel is another function anyway. With AMX in its registers
   for as much of K as they take, whatever R is, so that a row's sums do not depend on the rows beside it. */
static __attribute__((noinline, unused)) void NAME(multiply)(int R, int V, const NAME(real) *rows, int64_t stride,
                                                             const void *panel, int64_t K, floats acc[MOST_ROWS][4]) {
#if defined(HAS_TILES)
    if (NAME(per_word) == 2) {
        const int64_t whole = tiles_allowed() ? K / TILE_DEPTH * TILE_DEPTH : 0;
        if (whole) multiply_tiles(R, V, (const uint16_t *)rows, stride, panel, whole, acc);
        if (whole == K) return;
        rows += whole, K -= whole, panel = (const float *)panel + whole / 2 * V * W;
    }
#endif
    for (int row = 0; row < R; row += NAME(rows_for)(V)) {
        const int left = R - row, some = left < NAME(rows_for)(V) ? left : NAME(rows_for)(V);
        NAME(multiply_rows)(some, V, rows + row * stride, stride, panel, K, acc + row);
    }
}

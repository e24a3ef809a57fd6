/* The inner product of all matrix products here. Included once for each number type (numbers.h), with NAME defined. */

/* acc[r][v] += row r times the columns of vector v, for R rows of K inputs each and 4 vectors of columns.

   The panel holds these columns' weights: for each word along K, the 4 vectors side by side. So it is read from its
   first byte to its last, and one input is multiplied with 4 vectors of weights.

   The registers hold the sums of all R rows, an input of each row, and one vector of weights. A sum waits for the one
   before it some 4 cycles, in which a processor could begin 8 others: hence many sums side by side.

   Products are added in the order of K, whatever R is: a row's sums do not depend on the rows that share its tile.
   `sums` is a copy because the callers pass acc on to functions that are not inlined: acc is memory, `sums` can be
   registers. */
INLINE void NAME(products)(const int R, const NAME(real) *rows, int64_t stride, const void *panel, int64_t K,
                           floats acc[MAX_ROWS][4]) {
    const float *words = panel;
    floats sums[MAX_ROWS][4];
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < 4; v++) sums[r][v] = acc[r][v];
    for (int64_t k = 0; k < K; k += NAME(per_word), words += 4 * W)
        UNROLLED for (int p = 0; p < NAME(parts); p++) {
            floats inputs[MAX_ROWS];
            UNROLLED for (int r = 0; r < R; r++) inputs[r] = NAME(spread)(rows + r * stride + k, p);
            UNROLLED for (int v = 0; v < 4; v++) {
                const floats weights = NAME(part)(load_floats(words + v * W), p);
                UNROLLED for (int r = 0; r < R; r++) sums[r][v] = NAME(dot)(sums[r][v], inputs[r], weights);
            }
            /* Without this the compiler keeps the words for the next part, for which there are no registers. */
            if (p + 1 < NAME(parts)) __asm__ volatile("" ::: "memory");
        }
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < 4; v++) acc[r][v] = sums[r][v];
}

/* The same with V vectors of columns, 4 at most: acc[r][v] += row r times the columns of vector v. With more rows than
   vectors, the weights stay in registers while the inputs pass. */
INLINE void NAME(product)(const int R, const int V, const NAME(real) *rows, int64_t stride, const NAME(real) *panel,
                          int64_t K, floats acc[MOST_ROWS][4]) {
    const float *words = (const float *)panel;
    floats sums[MOST_ROWS][4];
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < V; v++) sums[r][v] = acc[r][v];
    for (int64_t k = 0; k < K; k += NAME(per_word), words += V * W)
        if (R <= V) {
            floats inputs[MOST_ROWS];
            UNROLLED for (int r = 0; r < R; r++) inputs[r] = NAME(spread)(rows + r * stride + k, 0);
            UNROLLED for (int v = 0; v < V; v++) {
                const floats weights = load_floats(words + v * W);
                UNROLLED for (int r = 0; r < R; r++) sums[r][v] = NAME(dot)(sums[r][v], inputs[r], weights);
            }
        } else {
            floats weights[4];
            UNROLLED for (int v = 0; v < V; v++) weights[v] = load_floats(words + v * W);
            UNROLLED for (int r = 0; r < R; r++) {
                const floats input = NAME(spread)(rows + r * stride + k, 0);
                UNROLLED for (int v = 0; v < V; v++) sums[r][v] = NAME(dot)(sums[r][v], input, weights[v]);
            }
        }
    UNROLLED for (int r = 0; r < R; r++) UNROLLED for (int v = 0; v < V; v++) acc[r][v] = sums[r][v];
}

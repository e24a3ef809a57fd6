/* charlm's kernels: everything is compiled as this one file. There is no Python in it; library.py calls it by ctypes.

   In the order of inclusion:
     vectors.h      a vector of floats, exp, sigmoid and tanh of it; the division of a matrix into tiles
     tiles.h        the matrix registers of AMX
     numbers.h      the number types fp32, bf16 and mixed
     sharing.h      work divided among the threads of torch's OpenMP
     barrier.h      a barrier for threads that spin; included by
     team.h         threads that do one piece of work together, and wait for each other
     products.h     the inner product; once for each number type, which NAME stands for
     window.h       what the kernels of derived.h are given; likewise
     derived.h      a layer of any cell through a window, written from its equations (graphs/); it is no file here, but
                    made for the compiler (building.py)
     stream.h       a stack of layers one character further; after the types, because it takes the best of them
     stream_block.h what surrounds the cells of such a stack; included by stream.h
     stream_heads.h cells whose heads have a matrix for a memory, written by hand
     loops.h        loops over one array; included by stream_heads.h and memory.h
     memory.h       a memory with places, which heads read and write, one step further and back; included by
     stream_places.h a cell with such a memory, written by hand
     stream_draw.h  many characters drawn and read in one call
     draw_rules.h   the rules of decoding, and the draw; included by stream_draw.h
     ngram.h        an n-gram, to compare models with
     mixing.h       predictions mixed, with weights that learn
     suffixes.h     runs of symbols that stand in a text, by its suffix array
     processor.h    what this processor can do

   Python calls, for the layers of a window, cell_*_forward_rows_* and cell_*_backward_rows_* (with torch) or
   cell_*_forward_part_* (with numpy), and for few rows cell_*_units_* (with both), where the fingerprint of a cell's graph
   stands for the first star and a number type for the second, and cell_pack_* and gather_*; to sample, stream_pack,
   stream_step and stream_draw, and by their addresses the stages stream_block_*, stream_matrix_*,
   stream_delta_* and stream_places_*; to count and to read n-grams, ngram_new, ngram_copy, ngram_count, ngram_read,
   ngram_step and ngram_free; to mix predictions, mix_log_linear; to find copies, run_ending and next_run; for a memory
   with places, memory_forward, memory_backward and memory_room. vector_width and stream_input_bytes tell what the library
   was compiled for, and processor_has what the processor could run.
   The file is compiled once for each level of instructions (building.py). The bf16 functions exist only in levels that
   multiply bfloat16. library.py compares the arrays *_layout with its own structures when it loads the library. */
#include "vectors.h"
#include "tiles.h"
#include "numbers.h"
#include "sharing.h"
#include "team.h"

enum { MOST_INPUTS = 12, MOST_STATES = 8, MOST_STAGES = 14 }; /* of a derived kernel, as graphs/stages.py has them */
enum { BLOCK_STAGES = 6 }; /* of a block around a cell (stream_block.h) */

#define NAME(x) x##_fp32
#include "products.h"
#include "window.h"
#include "derived.h"
#undef NAME

#if defined(CHARLM_FLOAT64) /* the layers of a window, and nothing else */
#elif defined(HAS_BF16)
#define NAME(x) x##_bf16
#include "products.h"
#include "window.h"
#include "derived.h"
#else
#define NAME(x) x##_mixed
#include "products.h"
#endif
#if !defined(CHARLM_FLOAT64)
#include "stream.h"
#include "stream_heads.h"
#include "stream_places.h"
#include "stream_draw.h"
#include "ngram.h"
#include "mixing.h"
#include "suffixes.h"
#include "processor.h"

int stream_input_bytes(void) { return sizeof(NAME(real)); }
#endif
int vector_width(void) { return W; }

/* Threads divide the units of a packing (in steps of 4 W, the width of a backward panel), and the columns of a gathering.
   derived.h has the same for the rows of a window. */
#define ENTRIES(T)                                                                                                   \
    void cell_pack_##T(Packing_##T *p, Starter s, int n) { run_shared(pack_window_##T, p, p->H, 4 * W, s, n); }      \
    void gather_##T(Gathering_##T *g, Starter s, int n) { run_shared(add_up_##T, g, g->columns, W, s, n); }

ENTRIES(fp32)
#if defined(HAS_BF16)
ENTRIES(bf16)
#endif

/* The size of each struct that Python fills, and the offset of its last field. */
#define LAYOUT(name, type, last) const int64_t name##_layout[2] = {sizeof(type), offsetof(type, last)}
LAYOUT(Gathering, Gathering_fp32, stride);
LAYOUT(Window, Window_fp32, contended);
LAYOUT(Packing, Packing_fp32, repeat);
#if !defined(CHARLM_FLOAT64)
LAYOUT(StreamLayer, StreamLayer, residual);
LAYOUT(StreamBlock, StreamBlock, residual);
LAYOUT(StreamStack, StreamStack, rows);
LAYOUT(SuffixArray, SuffixArray, width);
LAYOUT(DrawRule, DrawRule, value);
LAYOUT(DrawWalk, DrawWalk, left);
LAYOUT(StreamDraw, StreamDraw, contended);
LAYOUT(MemoryTurn, MemoryTurn, limit);
#endif

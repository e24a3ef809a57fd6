"""Recurrent cells: one file each, with the equations written once as functions on arrays. Knows no text.

A cell is a frozen dataclass whose fields are its options (cell.py states what it must define). It holds no weights:

    shapes     sizes -> the shape of each weight, by name
    project    the products of the inputs, for any number of time steps at once
    step       one time step: output, new state, gates

The same functions take numpy arrays and torch tensors. `unroll` repeats the step over a sequence; that is the
definition of a layer. charlm/engines has faster ways to compute it, and charlm/graphs derives them from `step`, which
it runs on symbolic arrays. Besides, a cell may name the kernel of torch that computes it (`torch_kernel`).
"""

"""Recurrent cells: each one file, its equations written once, as functions on arrays. Knows no text.

A cell is a frozen dataclass whose fields are its options (cells/cell.py says what it must have). It holds no weights:

    shapes     sizes -> the shape of each weight, by name
    project    the input side of the equations, for any number of time steps at once
    step       one time step: output, new state, gates

They run alike on numpy arrays and torch tensors: the caller's arrays decide which. Over a whole sequence a cell is run
by `unroll`, which repeats the step; in training by a kernel of torch's (fused.py), or by a scan (scan.py) with the way
back that the cell itself gives (way_back.py).
"""

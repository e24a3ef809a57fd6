"""Recurrent cells: each one file, its equations written once, as pure functions on arrays. Knows no text.

A cell is a module with these names (cells/table.py states them as a Protocol):

    State      a NamedTuple of (B, H) arrays
    GATES      the names of its gates, as `step` returns them
    OPTIONS    what can be set about it, each with a default
    shapes     sizes -> the shape of each weight, by name
    initial    sizes -> weights to start from
    project    the input side of the equations, for any number of time steps at once
    step       one time step: output, new state, gates
    fast       the whole sequence at once, in torch alone

The functions run alike on numpy arrays and torch tensors: the caller's arrays decide which.
"""

"""What surrounds the cell of a layer, as the stream's kernel takes it (kernels/stream_block.h). Knows no torch.

Shape letters: B rows, V symbols, H units (padded), M inner width of the network in multiples of H.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence

import numpy as np

from charlm.engines.stream_arrays import StreamArrays
from charlm.kernels import StreamBlock, StreamLayer, library
from charlm.model.block import Block, RecentInputs


def can_run_blocks(blocks: Sequence[Block]) -> bool:
    """Whether the kernel has them: every layer's input must be as wide as its output."""
    return all(block.input_size == block.hidden_size for block in blocks)


class StreamedBlock:
    """A block's filled structure, less what differs from call to call, and its stages before and after the cell's."""

    def __init__(
        self, block: Block, weights: Mapping[str, np.ndarray], table: np.ndarray | None, width: int,
        arrays: StreamArrays,
    ) -> None:  # fmt: skip
        """For blocks that `can_run_blocks` accepts. `table` (V, E) are the embeddings for the lowest layer, None for
        others."""
        self._block, self._width = block, width
        H, W, inner = block.hidden_size, width, block.mlp * width
        self.description = description = StreamBlock(
            reach=max(0, block.conv - 1), mlp=block.mlp, units=H, residual=int(block.residual)
        )

        def vectors(name: str, more: float = 0.0) -> int:
            """The address of rows of H numbers, each filled up to W with zeros."""
            rows = np.atleast_2d(np.asarray(weights[name], np.float32)) + np.float32(more)
            return arrays.keep(np.ascontiguousarray(np.pad(rows, ((0, 0), (0, W - H)))))

        def matrix(name: str, rows: int, columns: int) -> int:
            """The address of a matrix in panels, whose blocks of so many rows and columns are filled up likewise."""
            value = np.asarray(weights[name], np.float32)
            parts = value.reshape(len(value) // rows, rows, value.shape[1] // columns, columns)
            parts = np.pad(parts, ((0, 0), (0, W - H), (0, 0), (0, W - H)))
            return arrays.pack(parts.reshape(parts.shape[0] * W, parts.shape[2] * W))

        if table is not None:
            filled = np.pad(np.asarray(table, np.float32), ((0, 0), (0, W - H)))
            description.embedding = arrays.keep(np.ascontiguousarray(filled))
        if block.norm:
            description.norm = vectors("norm", 1.0)
            description.mlp_norm = vectors("mlp_norm", 1.0) if block.mlp else None
        if block.conv:
            description.conv = vectors("conv")
        if block.gate:
            setattr(description, "in", matrix("in", H, H))
            description.out = matrix("out", H, H)
        if block.mlp:
            description.mlp_in, description.mlp_out = matrix("mlp_in", H, H), matrix("mlp_out", H, H)
        # numbers of each row that are scratch: floats, then inputs of products
        self._floats = {"gate": W, "y": W, "handed": W}
        self._reals = {"normed": W, "read": W, "inner": inner, "top": W}

    def surround(self, layer: StreamLayer) -> None:
        """Put the block's stages around those of a layer's cell."""
        kernel = library()
        assert kernel is not None
        cell = [layer.stages[number] for number in range(layer.count)]
        before = ["norm", *["in"] * self._block.gate]
        after = [*["out"] * self._block.gate, *["mlp_norm", "mlp_in", "mlp_out"] * bool(self._block.mlp)]
        own = [
            [ctypes.cast(getattr(kernel, f"stream_block_{name}"), ctypes.c_void_p).value for name in names]
            for names in (before, after)
        ]
        stages = [*own[0], *cell, *own[1]]
        for number, stage in enumerate(stages):
            layer.stages[number] = stage
        layer.count = len(stages)

    @property
    def remembers(self) -> bool:
        """Whether its convolution reaches back, so that its inputs are an item of the state."""
        return self._block.remembered > 0

    def begin(self, recent: RecentInputs, rows: int) -> np.ndarray:
        """The inputs of the convolution (B, reach * units) as an array (reach, B, H), a copy."""
        reach, units = int(self.description.reach), self._block.hidden_size
        found = np.zeros((reach, rows, self._width), np.float32)
        found[:, :, :units] = recent.inputs.reshape(rows, reach, units).transpose(1, 0, 2)
        return found

    def end(self, inputs: np.ndarray, like: RecentInputs) -> RecentInputs:
        """The state of such an array, in the type of another."""
        reach, rows, _ = inputs.shape
        units = self._block.hidden_size
        return type(like)(inputs[:, :, :units].transpose(1, 0, 2).reshape(rows, reach * units))

    def room(self, rows: int, item: int) -> int:
        """The bytes of scratch that a call needs."""
        return rows * (4 * sum(self._floats.values()) + item * sum(self._reals.values()))

    def place(self, block: StreamBlock, start: int, rows: int, item: int) -> None:
        """Divide the room that begins at an address."""
        for sizes, size in ((self._floats, 4), (self._reals, item)):
            for name, numbers in sizes.items():
                setattr(block, name, start)
                start += rows * numbers * size

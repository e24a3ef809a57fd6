"""What processes tell each other, as bytes: a few values as JSON, and arrays. Nothing in them is ever executed.

Eight bytes with the length of the JSON, the JSON, and the arrays as safetensors. Knows no torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from charlm.processes.group import Group

LENGTH = 8  # bytes


def pack(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Values that JSON can hold, and arrays, as bytes."""
    header = json.dumps({"values": values, "names": list(arrays)}).encode()
    packed = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
    return len(header).to_bytes(LENGTH, "little") + header + packed


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What was packed; the arrays in the same order, which safetensors does not keep."""
    end = LENGTH + int.from_bytes(content[:LENGTH], "little")
    header = json.loads(content[LENGTH:end])
    arrays = load(content[end:])
    return header["values"], {name: arrays[name] for name in header["names"]}


def shared_arrays(group: Group, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of process 0, in every process."""
    if group.size == 1:
        return dict(arrays)
    return unpack(group.share(pack({}, arrays if group.rank == 0 else {})))[1]


def joined_rows(group: Group, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Of arrays with a row for each lane of a process: in process 0 those of all lanes, in the others their own."""
    if group.size == 1:
        return dict(arrays)
    found = [unpack(content)[1] for content in group.collect(pack({}, arrays))]
    return {name: np.concatenate([each[name] for each in found]) for name in arrays} if found else dict(arrays)


def largest(group: Group, number: int) -> int:
    """The largest of the processes' numbers, in every process."""
    found = group.collect(str(number).encode())
    return int(group.share(str(max(map(int, found), default=0)).encode()))

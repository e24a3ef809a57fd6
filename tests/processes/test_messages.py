"""What processes tell each other arrives as it was."""

from __future__ import annotations

import numpy as np
from group_of_threads import in_threads

from charlm.processes.group import ALONE
from charlm.processes.messages import joined_rows, largest, pack, shared_arrays, unpack

ARRAYS = {"z": np.float32([[1, 2], [3, np.nan]]), "a": np.int64([7]), "step": np.array(3.0), "none": np.zeros((0, 4))}


def test_arrays_keep_their_order_shape_type_and_bits():
    values, arrays = unpack(pack({"nats": 0.1, "text": "ß"}, ARRAYS))
    assert values == {"nats": 0.1, "text": "ß"}
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert (arrays[name].shape, arrays[name].dtype) == (array.shape, array.dtype)
        assert arrays[name].tobytes() == array.tobytes()


def test_arrays_that_are_transposed_arrive_as_they_look():
    array = np.arange(6.0).reshape(2, 3).T
    assert np.array_equal(unpack(pack({}, {"x": array}))[1]["x"], array)


def test_process_0_has_the_rows_of_all_in_order_and_all_have_its_arrays():
    def work(group):
        own = {"state": np.full((2, 3), group.rank), "more": np.full((2, 1), 10 + group.rank)}
        return joined_rows(group, own), shared_arrays(group, own), largest(group, [2, 9, 4][group.rank])

    found = in_threads(3, work)
    joined = found[0][0]
    assert joined["state"][:, 0].tolist() == [0, 0, 1, 1, 2, 2]
    assert joined["more"][:, 0].tolist() == [10, 10, 11, 11, 12, 12]
    for _, shared, most in found:
        assert list(shared) == ["state", "more"]
        assert (shared["state"] == 0).all()
        assert most == 9


def test_a_single_process_keeps_what_it_has():
    assert joined_rows(ALONE, ARRAYS)["z"] is ARRAYS["z"]
    assert shared_arrays(ALONE, ARRAYS)["z"] is ARRAYS["z"]
    assert largest(ALONE, 3) == 3

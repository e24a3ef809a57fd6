"""The reason of a capture that failed. tests/gpu has the captures that succeed."""

from __future__ import annotations

from charlm.engines.cuda_graph import LONGEST_REASON, failure_reason


def chained_error():
    try:
        try:
            raise ValueError("operation not permitted when stream is capturing\nCompile with `TORCH_USE_CUDA_DSA`")
        finally:
            raise RuntimeError("capture failed")
    except RuntimeError as error:
        return error


def test_a_reason_is_the_first_line_of_the_first_error():
    assert failure_reason(chained_error()) == "operation not permitted when stream is capturing"


def test_an_error_without_a_message_is_named_by_its_type():
    assert failure_reason(KeyError()) == "KeyError"


def test_a_long_reason_is_cut():
    assert len(failure_reason(ValueError("x" * 9999))) == LONGEST_REASON

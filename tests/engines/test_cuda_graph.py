"""What is left of a recording that failed: its reason. That recordings replay what they should is for tests/gpu."""

from __future__ import annotations

from charlm.engines.cuda_graph import LONGEST_REASON, reason


def failure():
    try:
        try:
            raise ValueError("operation not permitted when stream is capturing\nCompile with `TORCH_USE_CUDA_DSA`")
        finally:
            raise RuntimeError("capture failed")
    except RuntimeError as error:
        return error


def test_a_reason_is_the_first_line_of_the_first_error():
    assert reason(failure()) == "operation not permitted when stream is capturing"


def test_an_error_without_words_is_named():
    assert reason(KeyError()) == "KeyError"


def test_a_reason_has_an_end():
    assert len(reason(ValueError("x" * 9999))) == LONGEST_REASON

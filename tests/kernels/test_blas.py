"""The threads of numpy's BLAS while charlm's kernels divide the work."""

from __future__ import annotations

import os
import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from charlm.kernels import blas


def threads_of_blas():
    return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def no_limit_by_environment(monkeypatch):
    monkeypatch.delenv(blas.VARIABLE, raising=False)
    monkeypatch.setattr(blas, "library", object)


def test_inside_blas_has_one_thread_and_after_it_as_many_as_before():
    before = threads_of_blas()
    if not before:
        pytest.skip("numpy's BLAS is not known to threadpoolctl here")
    with blas.one_blas_thread(), blas.one_blas_thread():
        assert set(threads_of_blas()) == {1}
    assert threads_of_blas() == before


def test_the_last_thread_that_leaves_restores_the_number():
    before, inside, go = threads_of_blas(), threading.Event(), threading.Event()

    def stay():
        with blas.one_blas_thread():
            inside.set()
            go.wait()

    other = threading.Thread(target=stay)
    other.start()
    inside.wait()
    with blas.one_blas_thread():
        pass
    assert set(threads_of_blas()) <= {1}
    go.set()
    other.join()
    assert threads_of_blas() == before


def test_a_command_that_has_imported_numpy_is_limited_too():
    if not threads_of_blas():
        pytest.skip("numpy's BLAS is not known to threadpoolctl here")
    with threadpool_limits(2, "blas"):
        assert set(threads_of_blas()) == {2}
        blas.limit_blas_threads()
        assert set(threads_of_blas()) == {1}


def test_without_kernels_and_where_the_user_chose_nothing_changes(monkeypatch):
    before = threads_of_blas()
    monkeypatch.setattr(blas, "library", lambda: None)
    with blas.one_blas_thread():
        assert threads_of_blas() == before
    blas.limit_blas_threads()
    assert blas.VARIABLE not in os.environ
    monkeypatch.setattr(blas, "library", object)
    monkeypatch.setenv(blas.VARIABLE, "2")
    blas.limit_blas_threads()
    with blas.one_blas_thread():
        assert threads_of_blas() == before
    assert os.environ[blas.VARIABLE] == "2"

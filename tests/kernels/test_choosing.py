"""The level that is loaded: the best that was compiled, that the processor has and that the user allows."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from charlm.errors import UsageError
from charlm.kernels import building, choosing, library
from charlm.kernels.building import X86
from charlm.kernels.choosing import Choice, choose

NAMED = {level.name: level for level in X86}
FLAGS = {name: level.needs | {"sse2"} for name, level in NAMED.items()}


@pytest.fixture(autouse=True)
def x86(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels of x86-64, whatever this machine is."""
    monkeypatch.setattr(choosing, "levels", lambda: X86)


@pytest.mark.parametrize("name", NAMED)
def test_the_best_level_of_the_processor_is_chosen(name: str) -> None:
    assert choose("", X86, FLAGS[name]) == Choice(NAMED[name])


@pytest.mark.parametrize("flag", sorted(NAMED["avx512"].needs))
def test_one_missing_flag_is_enough_not_to_choose_a_level(flag: str) -> None:
    chosen = choose("", X86, FLAGS["avx512_bf16"] - {flag}).level
    assert chosen == NAMED["baseline" if flag in NAMED["avx2"].needs else "avx2"]


@pytest.mark.parametrize("bound", NAMED)
@pytest.mark.parametrize("has", NAMED)
def test_the_user_names_the_highest_level(bound: str, has: str) -> None:
    names = list(NAMED)
    chosen = choose(bound, X86, FLAGS[has])
    assert chosen.level is NAMED[min(bound, has, key=names.index)]
    if names.index(bound) > names.index(has):
        assert f"CHARLM_KERNELS is {bound}, and this processor lacks" in chosen.reason
    else:
        assert not chosen.reason


def test_a_level_that_is_not_compiled_is_passed_over() -> None:
    built = [NAMED["baseline"], NAMED["avx2"]]
    assert choose("", built, FLAGS["avx512_bf16"]) == Choice(NAMED["avx2"], "avx512_bf16 is not compiled")
    assert choose("avx512", built, FLAGS["avx512"]) == Choice(NAMED["avx2"], "avx512 is not compiled")
    assert choose("", [], FLAGS["baseline"]) == Choice(None, "baseline is not compiled")


def test_the_user_turns_the_kernels_off() -> None:
    assert choose("0", X86, FLAGS["avx2"]) == Choice(None, "CHARLM_KERNELS is 0")


@pytest.mark.parametrize("name", ["AVX2", "sse9", "neon", "1", " "])
def test_an_unknown_level_is_an_error_that_lists_the_levels(name: str) -> None:
    with pytest.raises(UsageError, match="baseline, avx2, avx512, avx512_bf16, amx_bf16"):
        choose(name, X86, FLAGS["avx2"])


def test_the_command_line_reports_an_unknown_level(charlm: Callable[..., CompletedProcess[str]]) -> None:
    library.cache_clear()  # as in a process that has not loaded one yet
    done = charlm("doctor", env={"CHARLM_KERNELS": "sse9"})
    assert done.returncode == UsageError.exit_code
    assert "there is no level 'sse9'" in done.stdout


@pytest.mark.skipif(not building.library_path(X86[0]).exists(), reason="the kernels are not compiled here")
def test_without_a_list_of_flags_the_kernels_find_the_same_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    built = choosing.built_levels()
    listed = choosing.supported_flags(built)
    monkeypatch.setattr(choosing, "processor_flags", frozenset)
    found = choosing.supported_flags(built)
    needed = frozenset[str]().union(*FLAGS.values()) - {"sse2"}
    assert found == listed & needed
    assert choosing.supported_flags([]) == frozenset()

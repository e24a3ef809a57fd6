"""What `charlm sample` says of what cannot be: three lines and an exit code."""

from __future__ import annotations

import pytest
from sampled import run


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--temperature", "-1"), 2),
        (("--temperature", "nan"), 2),
        (("--top-k", "0"), 2),
        (("--top-p", "1.5"), 2),
        (("--min-p", "2"), 2),
        (("--repetition-penalty", "0"), 2),
        (("-n", "-1"), 2),
        (("--count", "0"), 2),
        (("--seed", "-1"), 2),
        (("--stop", ""), 2),
        (("--device", "tpu"), 2),
        (("--prompt", "a", "--prompt-file", "b"), 2),
        (("--prompt-file", "no such file"), 3),
        (("--prompt-file", "."), 3),
        (("--prompt-file", "-"), 3),  # stdin is not UTF-8
        (("no such run",), 4),
    ],
)
def test_what_cannot_be_is_three_lines_and_an_exit_code(plain, arguments, code, tmp_path):
    target = () if arguments[0] == "no such run" else (plain,)
    done = run(*target, *arguments, code=code, stdin=b"a\xffb", CHARLM_RUNS=str(tmp_path))
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 3
    assert done.stderr.startswith("charlm: ")


def test_a_prompt_without_an_end_is_refused(plain):
    done = run(plain, "--prompt-file", "/dev/zero", code=3)
    assert "more than 1,048,576 bytes" in done.stderr


def test_a_model_whose_scores_are_not_finite_is_an_integrity_error(made):
    done = run(made / "loud" / "step-20", "-n", 5, "--seed", 1, code=6)
    assert "charlm: The model gave no usable scores" in done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_another_device_is_told_that_the_cpu_is_used(plain, device):
    done = run(plain, "-n", 20, "--seed", 1, "--device", device)
    assert f"--device {device}: the cpu is used instead" in done.stderr
    assert done.stdout == run(plain, "-n", 20, "--seed", 1, "--device", "cpu").stdout

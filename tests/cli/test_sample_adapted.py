"""`charlm sample --adapt`, through the real command line."""

from __future__ import annotations

import pytest

from charlm.runs import find_checkpoint

FIRST = ["sample", "tiny", "-n", "60", "--seed", "1"]


@pytest.fixture
def sample(charlm, tiny_run):
    def sample(*options, code=0):
        done = charlm(*FIRST, *options, env={"CHARLM_RUNS": str(tiny_run)})
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return sample


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "other.txt"
    path.write_text("eeee tttt " * 200)
    return str(path)


def test_it_writes_as_the_text_that_it_read_and_leaves_the_checkpoint(sample, other, tiny_run):
    folder = find_checkpoint(tiny_run, "tiny")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    adapted = sample("--adapt", other, "--adapt-rate", "0.01").stdout
    assert sum(adapted.count(each) for each in "et ") > 0.9 * len(adapted.strip())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_with_rate_0_it_writes_what_it_writes_anyway(sample, other):
    assert sample("--adapt", other, "--adapt-rate", "0").stdout == sample().stdout


@pytest.mark.parametrize(
    ("code", "options"),
    [
        (2, ["--adapt-rate", "0.1"]),
        (2, ["--adapt", "OTHER", "--adapt-rate", "nan"]),
        (2, ["--adapt", "OTHER", "--adapt-rate", "-1"]),
        (3, ["--adapt", "nowhere.txt"]),
        (5, ["--adapt", "OTHER", "--adapt-rate", "99"]),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(sample, other, code, options):
    done = sample(*[other if each == "OTHER" else each for each in options], code=code)
    assert not done.stdout

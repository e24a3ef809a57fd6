"""`charlm sample` by likelihood through the command line: the best of several, a beam, ensembles, probabilities."""

from __future__ import annotations

import math

import pytest
from sampled import LETTERS, in_json, make, run


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    root = tmp_path_factory.mktemp("others")
    make(root, "twin", hidden_size=24)
    make(root, "strange", LETTERS + "Z")
    make(root, "listed", records=True)
    return root


def surprise(symbols):
    """Bits per character of the probabilities that were shown."""
    return -sum(one["logprob"] for one in symbols) / len(symbols) / math.log(2)


def test_the_best_of_several_is_the_likeliest_of_them(plain):
    every = in_json(plain, "-n", 40, "--seed", 3, "--count", 12, "--json", "--show-probabilities")["samples"]
    best = in_json(plain, "-n", 40, "--seed", 3, "--count", 3, "--best-of", 4)["samples"]
    for number, one in enumerate(best):
        group = every[4 * number : 4 * number + 4]
        expected = min(group, key=lambda each: surprise(each["probabilities"]))
        assert one["text"] == expected["text"]
        assert math.isclose(one["bits_per_character"], surprise(expected["probabilities"]))
    alone = run(plain, "-n", 40, "--seed", 3, "--best-of", 4)
    assert alone.stdout == best[0]["text"] + "\n"
    assert "likelihood: " in alone.stderr


def test_nothing_to_write_has_no_likelihood(plain):
    [one] = in_json(plain, "-n", 0, "--best-of", 2, "--prompt", "a", "--show-probabilities")["samples"]
    assert (one["text"], one["probabilities"]) == ("", [])
    assert "bits_per_character" not in one
    assert run(plain, "-n", 0, "--beam", 2, "--prompt", "a").stdout == "a\n"


def test_probabilities_are_those_of_the_model_and_cover_the_text(plain):
    [one] = in_json(plain, "-n", 30, "--seed", 1, "--show-probabilities", "--temperature", 2)["samples"]
    assert "".join(each["text"] for each in one["probabilities"]) == one["text"]
    for each in one["probabilities"]:
        chances = [other["logprob"] for other in each["alternatives"]]
        assert len(chances) == 5
        assert chances == sorted(chances, reverse=True)
        assert sum(map(math.exp, chances)) <= 1
        shown = {other["text"]: other["logprob"] for other in each["alternatives"]}
        assert shown.get(each["text"], each["logprob"]) == each["logprob"] <= chances[0]


def test_probabilities_of_bytes_and_of_a_text_before_a_stop(made, plain):
    [one] = in_json(made / "bytes" / "step-20", "-n", 9, "--seed", 1, "--show-probabilities")["samples"]
    assert bytes(each["byte"] for each in one["probabilities"]).decode("utf-8", "replace") == one["text"]
    whole = in_json(plain, "-n", 30, "--seed", 1)["samples"][0]["text"]
    [one] = in_json(plain, "-n", 30, "--seed", 1, "--stop", whole[9:12], "--show-probabilities")["samples"]
    assert len(one["probabilities"]) == len(one["text"]) <= 9


def test_a_beam_needs_no_seed_and_writes_a_line(plain):
    lines = {run(plain, "--beam", 5, "--seed", seed).stdout for seed in (1, 2)}
    assert len(lines) == 1
    [one] = in_json(plain, "--beam", 5, "--prompt", "ab")["samples"]
    assert one["text"]
    assert "\n" not in one["text"]
    greedy = in_json(plain, "-n", 20, "--temperature", 0)["samples"][0]["text"]
    narrow = in_json(plain, "-n", 20, "--beam", 1)["samples"][0]
    assert greedy.startswith(narrow["text"])
    [record] = in_json(plain.replace("plain", "names"), "--beam", 4)["samples"]
    assert record["stopped"] in ("record", "length")


def test_an_ensemble_of_twice_the_same_is_the_model_by_rules(plain):
    twice = run(plain, "-n", 60, "--seed", 1, "--ensemble", plain)
    assert "together with plain, step 20" in twice.stderr
    assert twice.stdout == run(plain, "-n", 60, "--seed", 1, "--top-p", 1).stdout


def test_an_ensemble_is_another_model(plain, others):
    mixed = in_json(plain, "-n", 60, "--seed", 1, "--count", 3, "--ensemble", others / "twin" / "step-20")
    assert mixed["settings"]["ensemble"] == ["twin"]
    texts = [one["text"] for one in mixed["samples"]]
    assert texts[0] != in_json(plain, "-n", 60, "--seed", 1)["samples"][0]["text"]
    assert run(plain, "-n", 60, "--seed", 1, "--ensemble", others / "twin" / "step-20").stdout == texts[0] + "\n"
    assert run(plain, "-i", "--seed", 1, "-n", 9, "--ensemble", others / "twin" / "step-20", stdin=b"a\n").stdout


REFUSED = [
    (("--beam", 0), 2, "--beam cannot be 0"),
    (("--best-of", 0), 2, "--best-of cannot be 0"),
    (("--best-of", 2, "--beam", 2), 2, "--beam and --best-of cannot go together"),
    (("--beam", 2, "--count", 2), 2, "--beam and --count cannot go together"),
    (("--beam", 2, "--only", "a"), 2, "--beam and --only cannot go together"),
    (("--beam", 2, "--stop", "a"), 2, "--beam and --stop cannot go together"),
    (("--best-of", 2, "--novel"), 2, "--best-of and --novel cannot go together"),
    (("-i", "--best-of", 2), 2, "--interactive and --best-of cannot go together"),
    (("--choose", "--beam", 2), 2, "--choose and --beam cannot go together"),
    (("--show-probabilities",), 2, "--show-probabilities is for --json"),
    (("--ensemble", "no such run"), 4, "There is no run"),
]


@pytest.mark.parametrize(("options", "code", "what"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_three_lines_and_an_exit_code(plain, tmp_path, options, code, what):
    done = run(plain, "--seed", 1, *options, code=code, CHARLM_RUNS=str(tmp_path))
    assert done.stdout == ""
    assert what in done.stderr
    assert len(done.stderr.splitlines()) == 3


@pytest.mark.parametrize(("name", "what"), [("strange", "only one of them has 'Z'"), ("listed", "a model of records")])
def test_runs_that_do_not_fit_are_refused(plain, others, name, what):
    done = run(plain, "--seed", 1, "--ensemble", others / name / "step-20", code=4)
    assert what in done.stderr
    assert done.stdout == ""

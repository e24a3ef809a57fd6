"""Constraints of `charlm sample` through the command line: hundreds of samples that match, and what is refused."""

from __future__ import annotations

import re

import pytest
from sampled import in_json, make, run

import charlm

pytest.importorskip("outlines_core", reason="the extra constrain")

SPEECH = r"[A-C]+:(?: [a-z]{1,9}){2,5}[.,]"


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "words.txt"
    path.write_text("owl mice\nthe rice\n\nmoon 42\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def lettered(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made"), "lettered", "ABC:abcdefghijklmnopqrstuvwxyz .,\n0123456789-")


@pytest.mark.parametrize("pattern", [SPEECH, r"\d{4}-\d\d-\d\d", "(?i:abc|cab)+", ".{10,}x"])
def test_hundreds_of_samples_of_an_untrained_model_match(lettered, pattern):
    told = in_json(lettered, "-n", 70, "--seed", 1, "--count", 150, "--regex", pattern)["samples"]
    assert len(told) == 150
    for one in told:
        assert re.fullmatch(pattern, one["text"])
        assert one["stopped"] in ("match", "length")
        assert one["constraint_bits"] >= 0


def test_a_sample_is_the_same_streamed_among_others_and_in_the_library(lettered):
    told = in_json(lettered, "-n", 60, "--seed", 9, "--count", 3, "--regex", SPEECH, "--top-p", 0.9)["samples"]
    assert run(lettered, "-n", 60, "--seed", 9, "--regex", SPEECH, "--top-p", 0.9).stdout == told[0]["text"] + "\n"
    assert charlm.sample(str(lettered), length=60, seed=9, regex=SPEECH, top_p=0.9) == told[0]["text"]


def test_what_it_cost_is_said(lettered):
    one = run(lettered, "--seed", 1, "--regex", "abc").stderr
    assert re.search(r"the constraint cost \d+\.\d bits, \d+\.\d\d a character\n$", one)
    many = run(lettered, "--seed", 1, "--regex", "[abc]{1,3}", "--count", 9).stderr
    assert re.search(r"the constraint cost \d+\.\d bits a sample \(\d+\.\d to \d+\.\d\), ", many)
    assert "cost" not in run(lettered, "--seed", 1, "-n", 9).stderr


def test_the_prompt_is_not_constrained(lettered):
    done = run(lettered, "--seed", 1, "--prompt", "ABC: ", "--regex", "[a-z]{5}")
    assert re.fullmatch(r"ABC: [a-z]{5}\n", done.stdout)


def test_a_class_and_a_list_of_words(lettered, listed):
    text = in_json(lettered, "-n", 200, "--seed", 1, "--only", "a-c ,.")["samples"][0]["text"]
    assert len(text) == 200
    assert set(text) <= set("abc ,.")
    for one in in_json(lettered, "-n", 50, "--seed", 1, "--count", 20, "--words", listed)["samples"]:
        assert set(re.findall(r"\w+", one["text"])) <= {"owl", "mice", "the", "rice", "moon", "42"}


def test_a_class_may_be_stopped_and_a_pattern_not(lettered):
    text = in_json(lettered, "-n", 200, "--seed", 1, "--only", "a-c", "--stop", "ab")["samples"][0]
    assert text["stopped"] == "stop"
    assert "--stop and --regex cannot go together" in run(lettered, "--regex", "a", "--stop", "b", code=2).stderr


def test_records_match_as_a_whole(made):
    names = made / "names" / "step-20"
    told = in_json(names, "--seed", 1, "--count", 60, "--regex", "[abc]{2,5}")["samples"]
    assert all(re.fullmatch("[abc]{2,5}", one["text"]) for one in told)
    assert len({len(one["text"]) for one in told}) > 2
    begun = run(names, "--seed", 1, "--prompt", "dd", "--regex", "[abc]{3}").stdout
    assert re.fullmatch("dd[abc]{3}\n", begun)


def test_bytes_are_valid_text_with_any_constraint(made):
    model = made / "bytes" / "step-20"
    wild = in_json(model, "-n", 300, "--seed", 1)["samples"][0]["text"]
    assert "\ufffd" in wild
    for options in (("--utf8",), ("--only", "^x"), ("--regex", "[^x]*"), ("--regex", "(n|é|🎻)+")):
        for one in in_json(model, "-n", 99, "--seed", 1, "--count", 20, *options)["samples"]:
            assert "\ufffd" not in one["text"]
            assert one["text"]


def test_clusters_are_whole(made):
    told = in_json(made / "clusters" / "step-20", "-n", 9, "--seed", 1, "--count", 30, "--regex", "(?:e\u0301|न्दी)+")
    assert all(re.fullmatch("(?:e\u0301|न्दी)+", one["text"]) for one in told["samples"])


def test_the_unknown_symbol_is_never_written(made):
    told = in_json(made / "rare" / "step-20", "-n", 40, "--seed", 1, "--count", 9, "--regex", ".*")
    assert all("\ufffd" not in one["text"] for one in told["samples"])


REFUSED = [
    (("--regex", "é"), 2, "needs 'é'"),
    (("--regex", "(?=a)a"), 2, "look-around"),
    (("--regex", "("), 2, "no regular expression"),
    (("--regex", "a{9}", "-n", 5), 2, "5 characters are too few: the shortest text has 9"),
    (("--regex", "[ab]", "--only", "c"), 2, "No text satisfies them all"),
    (("--only", "é"), 2, "knows no character of the class"),
    (("--only", "z-a"), 2, "no character class"),
    (("--utf8",), 2, "is for models of bytes"),
    (("-i", "--regex", "a"), 2, "--interactive and --regex cannot go together"),
    (("-i", "--only", "a"), 2, "--interactive and --only cannot go together"),
    (("--choose", "--words", "x"), 2, "--choose and --words cannot go together"),
    (("--words", "no such file"), 3, "cannot be read: No such file"),
    (("--words", "."), 3, "cannot be read"),
    (("--words", "empty.txt"), 3, "The word list is empty"),
    (("--words", "latin.txt"), 3, "not UTF-8: the byte at offset 1"),
    (("--words", "russian.txt"), 3, "can write no word of the list"),
]


@pytest.mark.parametrize(("options", "code", "what"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_three_lines_and_an_exit_code(lettered, tmp_path, monkeypatch, options, code, what):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.txt").write_text(" \n\n")
    (tmp_path / "latin.txt").write_bytes(b"a\xe9\n")
    (tmp_path / "russian.txt").write_text("Жук\n", encoding="utf-8")
    done = run(lettered, "--seed", 1, *options, code=code)
    assert done.stdout == ""
    assert what in done.stderr
    assert len(done.stderr.splitlines()) == 3


def test_words_that_the_model_cannot_write_are_counted(lettered, tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("Жук owl", encoding="utf-8")
    done = run(lettered, "--seed", 1, "-n", 9, "--words", path)
    assert "1 of 2 words have characters that the model does not know" in done.stderr


def test_a_constraint_that_cannot_go_on_with_no_repeat_is_an_error(lettered):
    done = run(lettered, "--seed", 1, "--regex", "[ab]{20}", "--no-repeat", 2, code=2)
    assert "A sample cannot go on" in done.stderr

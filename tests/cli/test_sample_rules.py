"""The decoding rules of `charlm sample` through the command line: each reaches the model, and says what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from sampled import LETTERS, in_json, make, run

import charlm
from charlm.engines.compiled_stepper import can_run
from charlm.errors import UsageError
from charlm.sampling.loop import generation
from charlm.sampling.rules.decoding import Decoding

RULES = [
    ("--typical", 0.3),
    ("--mirostat", 1),
    ("--mirostat", 2),
    ("--frequency-penalty", 2),
    ("--presence-penalty", 2),
    ("--no-repeat", 2),
    ("--logit-bias", "a=2"),
    ("--samplers", "top_p;temperature", "--top-p", 0.5, "--temperature", 3),
]


@pytest.mark.parametrize("options", RULES, ids=lambda options: "".join(map(str, options)))
def test_a_rule_reaches_the_model_and_samples_stay_independent(plain, options):
    many = in_json(plain, "-n", 60, "--seed", 4, "--count", 3, *options)["samples"]
    assert many[0]["text"] != in_json(plain, "-n", 60, "--seed", 4)["samples"][0]["text"]
    assert run(plain, "-n", 60, "--seed", 4, *options).stdout == many[0]["text"] + "\n"
    assert len({one["text"] for one in many}) == 3


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        (("--typical", 0.5, "--presence-penalty", 1), {"typical": 0.5, "presence_penalty": 1.0}),
        (("--logit-bias", "e=-3", "--logit-bias", "==2"), {"logit_bias": {"e": -3, "=": 2}}),
        (("--samplers", "top_k,temp", "--top-k", 3), {"samplers": ["top_k", "temp"], "top_k": 3}),
    ],
)
def test_the_library_takes_the_same_names(made, options, keywords, tmp_path):

    own = make(tmp_path, "own", LETTERS + "=")
    text = charlm.sample(str(own), length=40, seed=2, **keywords)
    assert run(own, "-n", 40, "--seed", 2, *options).stdout == text + "\n"


@pytest.mark.parametrize(
    ("keywords", "what"),
    [
        ({"top_q": 1}, "There is no rule top_q"),
        ({"decoding": Decoding(), "top_k": 1}, "exclude each other"),
        ({"top_k": 0}, "--top-k cannot be 0"),
    ],
)
def test_the_library_refuses_what_cannot_be(plain, keywords, what):
    with pytest.raises(UsageError, match=what):
        charlm.sample(plain, length=5, seed=1, **keywords)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_no_sequence_occurs_twice_and_the_text_ends_where_none_is_left(plain, n):
    for one in in_json(plain, "-n", 900, "--seed", 3, "--count", 4, "--no-repeat", n)["samples"]:
        grams = [one["text"][at : at + n] for at in range(len(one["text"]) - n + 1)]
        assert len(grams) == len(set(grams))
        assert one["stopped"] == ("guard" if n == 1 else "length") or n == 2
    if n == 1:
        assert one["characters"] >= 32, "every character but the start symbol comes once"


def test_a_bias_in_the_settings_is_by_character(plain):
    assert in_json(plain, "-n", 1, "--logit-bias", "a=-2")["settings"]["logit_bias"] == {"a": -2}
    text = in_json(plain, "-n", 300, "--seed", 1, "--logit-bias", "a=-1000")["samples"][0]["text"]
    assert "a" not in text
    assert "b" in text


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--logit-bias", "a"), "needs a character and a number"),
        (("--logit-bias", "=2"), "needs a character and a number"),
        (("--logit-bias", "a=x"), "needs a character and a number"),
        (("--logit-bias", "a=nan"), "--logit-bias cannot be nan"),
        (("--logit-bias", "ab=1"), "'ab' is none"),
        (("--logit-bias", "Ж=1"), "'Ж' is none"),
        (("--samplers", "top"), "There is no rule 'top'"),
        (("--mirostat", 1, "--top-p", 0.5), "exclude each other"),
        (("--mirostat", 7), "--mirostat cannot be 7"),
    ],
)
def test_what_cannot_be_is_three_lines_and_an_exit_code(plain, options, what):
    done = run(plain, *options, code=2)
    assert done.stdout == ""
    assert what in done.stderr
    assert len(done.stderr.splitlines()) == 3


def test_rules_work_in_a_conversation(plain):
    said = run(plain, "-i", "--seed", 1, "-n", 40, stdin=b":no_repeat 2\nab\n:mirostat 2\n:typical 0.5\n").stderr
    assert "no_repeat is 2" in said
    assert "mirostat is 2" in said
    assert "leave :typical out" in said


def test_quick_sampling_is_left_alone_if_a_temperature_is_the_only_rule(plain, monkeypatch):
    if not can_run(charlm.load(plain).writer):
        pytest.skip("there is no compiled kernel on this machine")
    monkeypatch.setattr(generation, "drawn_by_rules", lambda *given: pytest.fail("numpy draws"))
    neutral = ("--mirostat", 0, "--frequency-penalty", 0, "--samplers", "temperature")
    assert np.unique(list(run(plain, "-n", 20, "--seed", 1, *neutral).stdout)).size > 3

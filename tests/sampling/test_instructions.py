"""The instructions of a conversation: what each changes, and what wrong ones are told."""

from __future__ import annotations

import pytest

from charlm.errors import UsageError
from charlm.sampling.conversation import Conversation
from charlm.sampling.instructions import HELP, NAMES, is_instruction, obey, prompt_of

START = Conversation(None, None, seed=3)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (":temperature 0.5", "temperature is 0.5"),
        (":temperature", "temperature is 0.8"),
        (":top_k 5", "top_k is 5"),
        (":top-k off", "top_k is off"),
        (":top_p 0.9", "top_p is 0.9"),
        (":min_p", "min_p is off"),
        (":length 20", "length is 20"),
        (":seed 7", "seed is 7"),
        (":state save here", "kept as here"),
        (":back", "there is nothing before"),
        (":help", HELP),
    ],
)
def test_each_instruction_says_what_it_did(line, reply):
    assert obey(START, line).reply == reply


def test_values_are_changed_in_a_new_conversation():
    changed = obey(obey(START, ":temperature 0.5").conversation, ":length 9").conversation
    assert (changed.decoding.temperature, changed.length) == (0.5, 9)
    assert (START.decoding.temperature, START.length) == (0.8, 500)


def test_a_state_is_saved_and_loaded():
    kept = obey(START, ":state save here").conversation
    assert obey(kept, ":state load here").reply == "at here"


def test_quit_ends():
    assert obey(START, ":quit").ended


@pytest.mark.parametrize(
    ("line", "what", "remedy"),
    [
        (":tempreture 1", "There is no instruction :tempreture", "Did you mean temperature?"),
        (":", "There is no instruction :", ":help"),
        (":temperature -1", "temperature cannot be -1", "0 (greedy) or more"),
        (":temperature x", "temperature cannot be x", "Give a number."),
        (":top_k 1.5", "top_k cannot be 1.5", "whole number, or off"),
        (":length -1", "length cannot be -1", "from 0 to"),
        (":seed off", "seed cannot be off", "whole number."),
        (":state", "A state is saved or loaded by a name", ":state save NAME"),
        (":state load b", "There is no state b", ":state save NAME"),
    ],
)
def test_a_wrong_instruction_is_told_what_to_write(line, what, remedy):
    with pytest.raises(UsageError) as caught:
        obey(START, line)
    assert caught.value.what == what
    assert remedy in caught.value.remedy


def test_a_colon_at_the_start_is_doubled():
    assert is_instruction(":help")
    assert not is_instruction("::help")
    assert prompt_of("::help") == ":help"
    assert prompt_of("help") == "help"


def test_help_names_every_instruction_and_fits_80_columns():
    assert [name for name in NAMES if f":{name}" not in HELP] == ["help"]
    assert max(map(len, HELP.splitlines())) <= 80

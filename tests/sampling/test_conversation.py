"""A conversation reads prompts and answers as one text, and goes on from any state. The models are untrained."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.engines.choosing import stepper
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.sampling.conversation import Answer, Conversation
from charlm.sampling.loop.generation import read
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writing import write_text
from charlm.text.vocabulary import Vocabulary

LETTERS = Vocabulary.of("abcde \n")
BYTES = Vocabulary.of("né ab\n", "byte")


def begun(vocabulary=LETTERS, **given):
    settings = ModelSettings(hidden_size=16, num_layers=1)
    parameters = initial_parameters(settings, vocabulary.size, np.random.default_rng(2))
    louder = {name: 4 * value for name, value in parameters.items()}
    return Conversation(stepper(LanguageModel(settings, louder)), vocabulary, **{"seed": 1, "length": 12, **given})


def told(conversation, prompt):
    """The answer to a prompt, and the conversation after it."""
    answer = Answer(conversation.hear(conversation.vocabulary.encode(prompt).ids))
    return "".join(fragment.text for fragment in answer), answer.after()


def ids_read(conversation):
    return conversation.vocabulary.decode(conversation.after.ids)


def test_the_first_answer_is_what_sample_writes():
    start = begun()
    assert told(start, "bad")[0] == write_text(start.model, LETTERS, "bad", length=12, seed=1)


def test_prompts_and_answers_are_read_as_one_text():
    first, after = told(begun(), "bad")
    second, then = told(after, "cab")
    assert ids_read(then) == "bad" + first + ("" if first.endswith("\n") else "\n") + "cab" + second
    again = read(then.model, then.after.ids)
    assert np.array_equal(again.logits, then.after.logits)
    assert first != second


def test_an_empty_prompt_goes_on_where_the_answer_ended():
    first, after = told(begun(), "bad")
    second, then = told(after, "")
    assert ids_read(then) == "bad" + first + second


def test_an_answer_that_was_stopped_is_kept_up_to_there():
    answer = Answer(begun(length=10**9, decoding=Decoding(top_k=5)).hear(LETTERS.encode("bad").ids))
    written = [fragment.text for _, fragment in zip(range(5), answer, strict=False)]
    assert ids_read(answer.after()) == "bad" + "".join(written)


def test_a_stop_text_is_not_a_part_of_the_answer():
    whole, _ = told(begun(length=40), "bad")
    stop = whole[20:22]
    text, after = told(begun(length=40, stops=(stop,)), "bad")
    assert text == whole[: whole.index(stop)]
    assert ids_read(after) == "bad" + text


def test_back_is_before_the_prompt_and_the_next_answer_differs():
    first, after = told(begun(), "bad")
    back = after.back()
    assert back.after is None
    assert told(back, "bad")[0] != first
    assert back.back() is back


def test_a_state_is_kept_by_name():
    _, after = told(begun(), "bad")
    kept = after.keep("here")
    later = told(kept, "cab")[1].load("here")
    assert later.after is after.after
    assert later.back().after is not after.after


def test_the_same_seed_and_prompts_give_the_same_answers():
    def answers():
        first, after = told(begun(), "bad")
        return first, told(after, "cab")[0]

    assert answers() == answers()


def test_records_are_read_from_a_fresh_state_each():
    start = begun(end=LETTERS.newline, length=1000)
    first, after = told(start, "bad")
    assert after.after is None
    assert first == write_text(start.model, LETTERS, "bad", length=1000, seed=1, end=LETTERS.newline)
    _, then = told(begun(end=LETTERS.newline, length=0), "bad")
    assert ids_read(then.hear(LETTERS.encode("cab").ids)) == "\ncab"
    assert ids_read(then.take(LETTERS.newline)) == "\n"


def test_bytes_that_are_no_character_are_read_too():
    text, after = told(begun(BYTES, length=30, decoding=Decoding(temperature=3.0)), "né")
    assert len(after.after.ids) == len("né".encode()) + 30
    assert "\ufffd" in text


def test_choices_are_the_likeliest_under_the_decoding():
    heard = begun(decoding=Decoding(temperature=1.0, top_k=3)).hear(LETTERS.encode("bad").ids)
    choices = heard.choices(10)
    assert len(choices) == 3
    assert sum(chance for _, chance in choices) == pytest.approx(1)
    assert [symbol for symbol, _ in choices] == np.argsort(-heard.after.logits)[:3].tolist()
    taken = heard.take(choices[1][0])
    assert taken.after.ids == (*heard.after.ids, choices[1][0])
    assert taken.back().after is heard.after

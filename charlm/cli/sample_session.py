"""`charlm sample -i` and `--choose`: a conversation with a model on a terminal, or line by line through a pipe."""

from __future__ import annotations

import sys
from contextlib import nullcontext

from charlm.display.conversation import (
    DELETE,
    DIGITS,
    END,
    ESCAPE,
    is_typed,
    keys,
    print_chosen,
    read_line,
    show_choices,
)
from charlm.display.printing import is_terminal, print_stderr
from charlm.display.sample_text import print_sample
from charlm.display.text_notes import prompt_notes
from charlm.errors import CharlmError
from charlm.sampling.conversation import Answer, Conversation
from charlm.sampling.instructions import is_instruction, obey, prompt_of
from charlm.signals import catchable_interrupts
from charlm.text.normalizing import with_unix_newlines
from charlm.text.unknown import UnknownCharacters
from charlm.text.vocabulary import Ids, Unknown


def converse(conversation: Conversation, unknown: Unknown, prompt: str) -> None:
    """Read prompts and instructions, line by line, and write the answers, until the input ends; `prompt` first."""
    _read_any_bytes()
    if is_terminal(sys.stdin):
        print_stderr("a line is a prompt, and an empty one goes on; :help lists the instructions; Ctrl-D ends")
    with catchable_interrupts() if is_typed() else nullcontext():
        if prompt:
            conversation = _answered(conversation, unknown, prompt, said=True)
        while True:
            try:
                line = read_line()
            except KeyboardInterrupt:
                if not is_typed():
                    raise
                print_stderr("\nCtrl-D ends")
                continue
            if line is None:
                return
            if not is_instruction(line):
                conversation = _answered(conversation, unknown, prompt_of(line), said=not is_typed())
                continue
            try:
                obeyed = obey(conversation, line)
            except CharlmError as error:
                print_stderr(f"{error.what}. {error.remedy}", dim=False)
                continue
            if obeyed.ended:
                return
            conversation = obeyed.conversation
            print_stderr(obeyed.reply)


def choose(conversation: Conversation, unknown: Unknown, prompt: str) -> None:
    """Show the likeliest next characters, take the one that a key picks, and so on; the text is written at the end."""
    _read_any_bytes()
    vocabulary, start = conversation.vocabulary, len(conversation.earlier) + 1
    conversation, texts = conversation.hear(_ids(conversation, unknown, prompt)), [prompt]
    print_stderr("a digit picks, another key is that character; Delete goes back; Ctrl-D ends")
    changed = True
    try:
        with catchable_interrupts(), keys() as pressed:
            while True:
                if changed:
                    choices = conversation.choices(len(DIGITS))
                    show_choices(texts[-1], [(vocabulary.symbols[symbol], chance) for symbol, chance in choices])
                key = next(pressed, END)
                if key in (END, ESCAPE):
                    return
                if key in DELETE:
                    changed = len(conversation.earlier) > start
                    if changed:
                        conversation, texts = conversation.back(), texts[:-1]
                    continue
                place = DIGITS.find(key)
                if place >= 0:
                    symbols = [symbol for symbol, _ in choices[place : place + 1]]
                else:
                    encoded = vocabulary.encode(key, "skip")
                    symbols = [] if encoded.unknown else encoded.ids.tolist()
                changed = bool(symbols)
                if not changed:
                    print_stderr(f"there is no choice {key}" if place >= 0 else f"the model does not know {key!r}")
                for symbol in symbols:
                    conversation = conversation.take(symbol)
                    texts.append(texts[-1] + vocabulary.symbols[symbol])
    except KeyboardInterrupt:
        return
    finally:
        print_chosen(texts[-1])


def _answered(conversation: Conversation, unknown: Unknown, prompt: str, said: bool) -> Conversation:
    """The conversation after an answer, or after the part before Ctrl-C. `said`: the text begins with the prompt."""
    answer = None
    try:
        answer = Answer(conversation.hear(_ids(conversation, unknown, prompt)))
        print_sample(prompt if said else "", answer)
    except KeyboardInterrupt:
        if not is_typed():
            raise
    except CharlmError as error:
        if not is_typed():
            raise
        print_stderr(f"{error.what}. {error.remedy}", dim=False)
    return answer.after() if answer else conversation


def _ids(conversation: Conversation, unknown: Unknown, prompt: str) -> Ids:
    vocabulary = conversation.vocabulary
    encoded = vocabulary.encode(with_unix_newlines(prompt), unknown)
    for note in prompt_notes(UnknownCharacters.of(vocabulary, encoded.unknown, unknown)):
        print_stderr(note)
    return encoded.ids


def _read_any_bytes() -> None:
    """Bytes that are no text are read as characters that no model knows."""
    if reconfigure := getattr(sys.stdin, "reconfigure", None):
        reconfigure(errors="surrogateescape")

"""The instructions of a conversation, such as `:temperature 0.5`: functions on it. Knows no terminal and no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from charlm.config.suggestions import suggestion
from charlm.errors import UsageError
from charlm.sampling.conversation import Conversation
from charlm.sampling.rules.decoding import Decoding

MARK = ":"
OFF = "off"  # no value
DECODING = [each.name for each in fields(Decoding) if each.name not in ("logit_bias", "samplers")]
WHOLE = {"length": 10**9, "seed": 2**63 - 1}  # the largest values
NAMES = (*DECODING, *WHOLE, "state", "back", "help", "quit")
HELP = """\
A line is a prompt. An empty line goes on where the answer ended.
A prompt that begins with a colon is typed with two.
:temperature 0.5  and :top_k, :top_p, :min_p, :typical, :no_repeat
                  (off: without it), :repetition_penalty,
                  :frequency_penalty, :presence_penalty,
                  :repetition_window, :mirostat 0, 1 or 2,
                  :mirostat_lr, :mirostat_ent
:length 200       characters of an answer
:seed 7           the same seed and the same lines give the same answers
:state save NAME  keep the state until this program ends
:state load NAME  go on from it
:back             as before the last prompt; if it is asked again,
                  the answer has other random numbers
:quit             end, as Ctrl-D does; Ctrl-C stops an answer
Without a number, :temperature and the others say what they are."""


@dataclass(frozen=True)
class Obeyed:
    """The conversation after an instruction, and what to tell the user."""

    conversation: Conversation
    reply: str
    ended: bool = False


def is_instruction(line: str) -> bool:
    """Whether a line is an instruction, and not a prompt."""
    return line.startswith(MARK) and not line.startswith(MARK * 2)


def prompt_of(line: str) -> str:
    """The prompt in a line that is no instruction."""
    return line.removeprefix(MARK) if line.startswith(MARK * 2) else line


def obey(conversation: Conversation, line: str) -> Obeyed:
    """Carry out an instruction. Raises UsageError if it is unknown or has an invalid value."""
    name, *words = line.removeprefix(MARK).split() or [""]
    name = name.replace("-", "_")
    if name in (*DECODING, *WHOLE):
        changed = _set(conversation, name, words[0], line) if words else conversation
        value = getattr(changed if name in WHOLE else changed.decoding, name)
        return Obeyed(changed, f"{name} is {OFF if value is None else value}")
    match name, *words:
        case "state", "save", label:
            return Obeyed(conversation.keep(label), f"kept as {label}")
        case "state", "load", label if label in conversation.kept:
            return Obeyed(conversation.load(label), f"at {label}")
        case "state", "load", label:
            hint = suggestion(label, list(conversation.kept)) or "Keep one: :state save NAME"
            raise UsageError(f"There is no state {label}", line, hint)
        case "state", *_:
            raise UsageError(
                "A state is saved or loaded by a name", line, "Write :state save NAME or :state load NAME."
            )
        case ("back",):
            reply = "back" if conversation.earlier else "there is nothing before"
            return Obeyed(conversation.back(), reply)
        case ("help",):
            return Obeyed(conversation, HELP)
        case ("quit",):
            return Obeyed(conversation, "", ended=True)
    hint = suggestion(name, list(NAMES))
    raise UsageError(f"There is no instruction :{name}", line, f"{hint} :help lists them.".strip())


def _set(conversation: Conversation, name: str, word: str, line: str) -> Conversation:
    value = _number(name, word, line)
    if name in WHOLE:
        if not 0 <= value <= WHOLE[name]:
            raise UsageError(f"{name} cannot be {word}", line, f"Give a number from 0 to {WHOLE[name]:,}.")
        answers = 0 if name == "seed" else conversation.answers
        return replace(conversation, answers=answers, **{name: value})
    try:
        return replace(conversation, decoding=replace(conversation.decoding, **{name: value}))
    except UsageError as error:
        remedy = error.remedy.replace("--", ":")  # of two rules that exclude each other
        raise UsageError(f"{name} cannot be {word}", line, remedy) from None


def _number(name: str, word: str, line: str) -> Any:
    optional: Sequence[str] = ("top_k", "top_p", "min_p", "typical", "no_repeat")
    if word == OFF and name in optional:
        return None
    whole = name in (*WHOLE, "top_k", "repetition_window", "mirostat", "no_repeat")
    try:
        return int(word) if whole else float(word)
    except ValueError:
        or_off = f", or {OFF}" if name in optional else ""
        remedy = f"Give a {'whole ' if whole else ''}number{or_off}."
        raise UsageError(f"{name} cannot be {word}", line, remedy) from None

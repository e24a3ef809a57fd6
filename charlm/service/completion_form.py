"""Texts in the form of OpenAI's completions, whole or as events. Knows no HTTP and no threads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from charlm.sampling.many.likelihood import Choice
from charlm.sampling.writer import Stopped
from charlm.service.asked import Completion
from charlm.service.row import Piece
from charlm.service.served import Prompt, Served
from charlm.text.clusters import clusters
from charlm.text.quoting import quoted
from charlm.text.vocabulary import Vocabulary

LISTED = 8  # unknown characters that are named
DONE = b"data: [DONE]\n\n"
REASONS: dict[Stopped, str] = {"length": "length"}  # all others are "stop"


@dataclass(eq=False)
class Told:
    """What was told of one text: its length in characters, and the symbols drawn that are not told yet."""

    characters: int = 0
    offset: int = 0
    waiting: list[Choice] = field(default_factory=list)


class CompletionForm:
    """The answer to one request, piece by piece. It changes with every piece."""

    def __init__(self, served: Served, asked: Completion, prompts: Sequence[Prompt], name: str, created: int) -> None:
        self._served, self._asked, self._prompts = served, asked, prompts
        self._vocabulary: Vocabulary = served.checkpoint.vocabulary
        self._told = [Told() for _ in range(len(prompts) * asked.count)]
        self._head = {
            "id": f"cmpl-{name}",
            "object": "text_completion",
            "created": created,
            "model": served.name,
            "system_fingerprint": served.fingerprint,
        }
        self.drawn = 0  # symbols that were told

    @property
    def likely(self) -> bool:
        return self._asked.asked.likeliest is not None

    def choices(self, piece: Piece) -> Iterator[dict[str, Any]]:
        """What a piece adds, as the parts of a text each; the prompt of several texts is a part of each."""
        if piece.heard:
            for number in range(piece.number, piece.number + self._asked.count):
                yield self._echoed(number, piece.choices)
            return
        told = self._told[piece.number]
        told.characters += len(piece.text)
        told.waiting.extend(piece.choices)
        self.drawn += self._symbols(piece.text)
        logprobs = self._released(told, whole=piece.stopped not in (None, "stop", "record")) if self.likely else None
        reason = None if piece.stopped is None else REASONS.get(piece.stopped, "stop")
        yield {"text": piece.text, "index": piece.number, "logprobs": logprobs, "finish_reason": reason}

    def event(self, choices: Sequence[dict[str, Any]]) -> bytes:
        """An event of a stream."""
        usage = {"usage": None} if self._asked.usage else {}
        return as_event({**self._head, "choices": choices, **usage})

    def last_events(self) -> bytes:
        """What ends a stream."""
        last = as_event({**self._head, "choices": [], "usage": self._usage(), **self._notes()})
        return (last if self._asked.usage else b"") + DONE

    def whole(self, pieces: Sequence[Piece]) -> dict[str, Any]:
        """The answer that is no stream, of all pieces."""
        texts: list[dict[str, Any]] = [
            {"text": "", "index": number, "logprobs": None, "finish_reason": None} for number in range(len(self._told))
        ]
        for piece in pieces:
            for part in self.choices(piece):
                text = texts[part["index"]]
                text["text"] += part["text"]
                text["finish_reason"] = part["finish_reason"]
                if part["logprobs"] and text["logprobs"]:
                    for name, values in part["logprobs"].items():
                        text["logprobs"][name] += values
                elif part["logprobs"]:
                    text["logprobs"] = part["logprobs"]
        return {**self._head, "choices": texts, "usage": self._usage(), **self._notes()}

    def _echoed(self, number: int, heard: Sequence[Choice]) -> dict[str, Any]:
        """The prompt as the first part of a text: as the model read it, so without what it does not know."""
        prompt, told = self._prompts[number // self._asked.count], self._told[number]
        own = prompt.ids[len(prompt.ids) - prompt.own :]
        text = self._vocabulary.decode(own)
        told.characters += len(text)
        logprobs = None
        if self.likely:
            unscored = [None] * (len(own) - len(heard))  # the first of a running text: nothing comes before it
            logprobs = self._listed(told, [*unscored, *heard], own)
        return {"text": text, "index": number, "logprobs": logprobs, "finish_reason": None}

    def _released(self, told: Told, whole: bool) -> dict[str, Any]:
        """The probabilities of the symbols whose text is told; what a stop text held back never is."""
        ready: list[Choice] = []
        offset = told.offset
        for choice in told.waiting:
            size = self._size(choice.id)
            if not whole and offset + size > told.characters:
                break
            ready.append(choice)
            offset += size
        told.waiting = told.waiting[len(ready) :]
        return self._listed(told, ready, [choice.id for choice in ready])

    def _listed(self, told: Told, choices: Sequence[Choice | None], ids: Sequence[int]) -> dict[str, Any]:
        offsets = []
        for symbol in ids:
            offsets.append(told.offset)
            told.offset += self._size(symbol)
        return {
            "tokens": [self._name(symbol) for symbol in ids],
            "token_logprobs": [None if choice is None else choice.logprob for choice in choices],
            "top_logprobs": [
                None if choice is None else {self._name(symbol): log for symbol, log in choice.alternatives}
                for choice in choices
            ],
            "text_offset": offsets,
        }

    def _name(self, symbol: int) -> str:
        """A symbol as a token; a byte that is no character by itself as OpenAI writes it."""
        text = self._vocabulary.symbols[symbol]
        return text if self._vocabulary.unit != "byte" or text.isascii() else f"bytes:\\x{ord(text):02x}"

    def _size(self, symbol: int) -> int:
        """The characters of a symbol; those of a byte that continues a character are none."""
        text = self._vocabulary.symbols[symbol]
        return 0 if self._vocabulary.unit == "byte" and "\x80" <= text < "\xc0" else len(text)

    def _symbols(self, text: str) -> int:
        match self._vocabulary.unit:
            case "byte":
                return len(text.encode())
            case "grapheme":
                return len(clusters(text))
        return len(text)

    def _usage(self) -> dict[str, int]:
        read = sum(prompt.own for prompt in self._prompts)
        return {"prompt_tokens": read, "completion_tokens": self.drawn, "total_tokens": read + self.drawn}

    def _notes(self) -> dict[str, Any]:
        """What the client should know of its prompts; nothing if there is nothing to say."""
        unknown: Counter[str] = Counter()
        for prompt in self._prompts:
            unknown.update(prompt.unknown)
        if not unknown:
            return {}
        fate = "left out" if self._vocabulary.unknown_id is None else "read as the unknown symbol"
        listed = ", ".join(quoted(one) for one in [*unknown][:LISTED]) + ", ..." * (len(unknown) > LISTED)
        return {
            "notes": [f"{unknown.total():,} characters of the prompt that the model does not know: {fate} ({listed})"]
        }


def as_event(value: dict[str, Any]) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"

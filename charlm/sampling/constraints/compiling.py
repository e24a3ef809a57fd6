"""Compiles one pattern with outlines-core, in a process of its own that may take so much memory and time. No charlm.

A pattern can have a number of states that is exponential in its length, and nothing ends the library that finds them:
only a process can be ended. It reads a pattern and tokens as JSON, and writes a line of JSON and the steps in bytes.
"""

from __future__ import annotations

import json
import sys
from array import array
from typing import Any

MOST_SECONDS = 30  # of processor time, for a process whose parent is gone


def built(pattern: str, tokens: list[bytes], most_cells: int) -> tuple[dict[str, Any], bytes]:
    """The automaton of a pattern: how many `states`, numbered from the first, 0, and which are `final`; and the steps,
    three int32 each: a state, the number of a token, the state then. Or `error`, why there is none, or `too_large`."""
    from outlines_core import Index, Vocabulary

    ids = {token: [number] for number, token in enumerate(tokens) if token}
    try:
        index = Index(pattern, Vocabulary(len(tokens), ids))
        transitions, final = index.get_transitions(), index.get_final_states()
        numbers = {index.get_initial_state(): 0}
        for state in (*transitions, *final):
            numbers.setdefault(state, len(numbers))
        if len(numbers) * len(tokens) > most_cells:
            return {"too_large": True}, b""
        steps = array("i")
        for state, following in transitions.items():
            for token, after in following.items():
                if token < len(tokens):  # the last one is the end of the text, which outlines-core adds
                    steps.extend((numbers[state], token, numbers.setdefault(after, len(numbers))))
        return {"states": len(numbers), "final": [numbers[state] for state in final]}, steps.tobytes()
    except MemoryError:
        return {"too_large": True}, b""
    except BaseException as error:  # a panic of Rust is no Exception
        return {"error": str(error)}, b""


def limit(memory: int) -> None:
    """Let this process take no more than so many bytes, where the system has such limits."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    except (ImportError, ValueError, OSError):
        pass  # the time is limited anyway


def main() -> None:
    asked = json.load(sys.stdin)
    limit(asked["most_memory"])
    about, steps = built(asked["pattern"], [bytes.fromhex(token) for token in asked["tokens"]], asked["most_cells"])
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + steps)


if __name__ == "__main__":
    main()

"""Printed text cannot control the terminal: every code point through a pseudo-terminal, and unchanged in a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import in_this_process

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202etxt.\u2066x\u2028y\u2029z\x7f\x00\r\x08"
# What a terminal may obey: C0 without newline and tab, DEL, C1, characters that reorder text, line separators.
CONTROLS = {
    *(set(range(0x20)) - {0x09, 0x0A}), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
}  # fmt: skip
SURROGATES = range(0xD800, 0xE000)

EVERYTHING = """
import sys
{printer}
for first in range(0, {end}, 256):
    show(sys.stdout, "".join(map(chr, range(first, first + 256))))
"""
CHARLM_PRINTER = "from charlm.display.printing import write_safely as show"
UNCHANGED = "def show(stream, text): stream.write(text.encode('utf-8', 'replace').decode())"
ESCAPE_ONLY = """
def show(stream, text):
    stream.write(text.encode('utf-8', 'replace').decode().replace(chr(27), '?'))
"""


def everything(printer: str, end: int = 0x110000) -> list[str]:
    """The arguments of a Python that prints every code point up to `end`."""
    return ["-c", EVERYTHING.format(printer=printer, end=end)]


@contextmanager
def a_terminal() -> Iterator[tuple[int, bytearray]]:
    """A pseudo-terminal to write to, and what it was sent; all of that only when it is left."""
    ours, theirs = pty.openpty()
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST  # do not translate newlines
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    shown = bytearray()

    def read():
        while True:
            try:
                block = os.read(ours, 1 << 16)
            except OSError:  # the other side is closed
                return
            shown.extend(block)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield theirs, shown
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)


PLAIN = {"PYTHONIOENCODING": "utf-8", "TERM": "dumb", "NO_COLOR": "1"}


def on_a_terminal(arguments) -> bytes:
    """What a terminal is sent, stdout and stderr, by a Python of its own."""
    with a_terminal() as (theirs, shown):
        subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, **PLAIN},
            check=False,
        )
    return bytes(shown)


def charlm_on_a_terminal(*arguments, **environment) -> bytes:
    """The same of `charlm` in this process."""
    with a_terminal() as (theirs, shown), os.fdopen(os.dup(theirs), "w", encoding="utf-8") as stream:
        in_this_process(*arguments, env={**PLAIN, **environment}, stdout=stream, stderr=stream)
    return bytes(shown)


def in_a_pipe(arguments) -> bytes:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, *arguments], capture_output=True, env=environment, check=True).stdout


def controls_in(shown: bytes) -> set[int]:
    """The code points in the output that a terminal may obey."""
    return {code for code in map(ord, set(shown.decode("utf-8", "surrogatepass"))) if code in CONTROLS}


def expected(code: int, terminal: bool) -> str:
    """How charlm prints a code point."""
    if code in SURROGATES or (terminal and code in CONTROLS):
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return chr(code)


@pytest.mark.parametrize("printer", [UNCHANGED, ESCAPE_ONLY])
def test_the_harness_catches_a_naive_printer(printer):
    shown = on_a_terminal(everything(printer, end=0x3000))
    assert len(controls_in(shown)) > 60


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_every_code_point_is_harmless(terminal):
    shown = (on_a_terminal if terminal else in_a_pipe)(everything(CHARLM_PRINTER)).decode("utf-8")
    at = 0
    for code in range(0x110000):
        shown_as = expected(code, terminal)
        assert shown.startswith(shown_as, at), hex(code)
        at += len(shown_as)
    assert at == len(shown)
    assert not (terminal and controls_in(shown.encode()))


@pytest.fixture(scope="module")
def evil(tmp_path_factory) -> Path:
    """A file whose name and text have characters that control terminals."""
    path = tmp_path_factory.mktemp("evil") / f"{EVIL}.txt".replace("\x00", "")
    path.write_text((EVIL.replace("\x00", "") + " plain words here and there\n") * 100, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["data", "show"],
        ["data", "stats"],
        ["train", "--dry-run"],
        ["doctor"],
        ["doctor", "--encoding", "ascii"],
        ["train", "--encoding", "ascii"],
        ["train", "-c"],
        ["train", "-s"],
        ["sample"],
        ["runs", "show"],
        ["train", "--run", EVIL.replace("\x00", ""), "-s", "text.splits=9"],
    ],
    ids=" ".join,
)
def test_no_command_lets_a_text_or_a_name_drive_the_terminal(tmp_path, evil, arguments):
    shown = charlm_on_a_terminal(*arguments, evil, CHARLM_RUNS=tmp_path, CHARLM_CACHE=tmp_path / "cache")
    assert shown
    assert controls_in(shown) == set()
    assert b"\\x1b" in shown or arguments[0] != "data"


def test_a_model_of_evil_text_cannot_drive_the_terminal(tmp_path, evil):
    environment = {"CHARLM_RUNS": tmp_path, "CHARLM_CACHE": tmp_path / "cache"}
    small = ["-s", "model.hidden_size=16", "-s", "training.batch_size=4", "-s", "training.sample_every=0.01"]
    training = charlm_on_a_terminal("train", evil, "--run", "evil", "--steps", 40, *small, **environment)
    assert controls_in(training) == set()
    sampled = charlm_on_a_terminal("sample", "evil", "-n", 400, "--temperature", 3, **environment)
    assert controls_in(sampled) == set()
    assert b"\\x1b" in sampled

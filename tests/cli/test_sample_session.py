"""`charlm sample -i` and `--choose`, through a pipe and on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from contextlib import contextmanager

import pytest
from sampled import CHARLM, in_json, run


def test_lines_in_and_text_out(plain):
    done = run(plain, "-i", "-n", 20, "--seed", 1, stdin=b"abc\n\n:length 5\n::bc\n:quit\nnever\n")
    first = in_json(plain, "-n", 20, "--seed", 1, "--prompt", "abc")["samples"][0]["text"]
    assert done.stdout.startswith(f"abc{first}\n")
    assert "never" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith(":bc") or done.stdout.count("\n") > 4
    assert done.stderr.startswith("plain, step 20, seed 1\nlength is 5\n")
    assert "prompt: 1 unknown character left out: ':' x 1" in done.stderr


def test_the_first_prompt_may_be_an_option(plain):
    done = run(plain, "-i", "-n", 20, "--seed", 1, "--prompt", "abc", stdin=b"")
    assert done.stdout == run(plain, "-n", 20, "--seed", 1, "--prompt", "abc").stdout


def test_the_state_is_kept_between_answers(plain):
    greedy = ("--temperature", 0, "--repetition-penalty", 3)
    whole = run(plain, "-n", 20, *greedy, "--prompt", "abc").stdout
    parts = run(plain, "-i", "-n", 10, *greedy, stdin=b"abc\n:state save a\n\n:state load a\n\n:back\n\n").stdout
    assert parts.replace("\n", "") == (whole + 2 * whole[13:]).replace("\n", "")


def test_a_wrong_instruction_is_answered_and_the_conversation_goes_on(plain):
    done = run(plain, "-i", "-n", 5, stdin=b":tempreture 1\n:temperature -1\nabc\n")
    assert "There is no instruction :tempreture. Did you mean temperature? :help lists them.\n" in done.stderr
    assert "temperature cannot be -1. Give a number 0 (greedy) or more" in done.stderr
    assert done.stdout.startswith("abc")


def test_bytes_that_are_no_text_are_unknown_characters(plain):
    done = subprocess.run(
        [*CHARLM, "sample", plain, "-i", "-n", "5"], input=b"a\xffb\n", capture_output=True, check=True
    )
    assert b"1 unknown character left out" in done.stderr


def test_unknown_characters_that_are_an_error_end_a_pipe(plain):
    assert run(plain, "-i", "--unknown", "error", code=3, stdin="aЖ\n".encode()).stdout == ""


@pytest.mark.parametrize("options", [("--count", 2), ("--json",), ("--choose",)])
def test_options_without_a_meaning_are_refused(plain, options):
    assert "cannot go together" in run(plain, "-i", *options, code=2).stderr


def test_choices_are_shown_and_picked_a_line_each(plain):
    done = run(plain, "--choose", "--prompt", "ab", "--seed", 1, stdin="1\nc\n\nЖ\n".encode())
    likeliest = in_json(plain, "-n", 1, "--temperature", 0, "--prompt", "ab")["samples"][0]["text"]
    assert done.stdout == f"ab{likeliest}c\n\n"
    shown = done.stderr.splitlines()
    assert shown[2] == "ab"
    assert shown[3].startswith("1 ")
    assert max(map(len, shown)) <= 80
    assert shown[-1] == "the model does not know 'Ж'"


def test_a_choice_that_is_not_there_is_said(plain):
    done = run(plain, "--choose", "--prompt", "ab", "--top-k", 2, stdin=b"3\n2\n")
    assert "there is no choice 3" in done.stderr
    assert len(done.stdout) == 4


@contextmanager
def on_terminal(*arguments):
    """A process on a terminal, and a function that types and waits for what then appears, a regular expression."""
    person, terminal = pty.openpty()
    with subprocess.Popen(
        [*CHARLM, "sample", *map(str, arguments)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "dumb", "NO_COLOR": "1"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    ) as process:
        os.close(terminal)
        seen = ""

        def typed(text, awaited):
            nonlocal seen
            time.sleep(0.2)  # readline has shown its prompt, and is about to read
            os.write(person, text.encode())
            end = time.monotonic() + 30
            before = len(seen)
            while not re.search(awaited, seen[before:], re.DOTALL):
                assert select.select([person], [], [], max(0, end - time.monotonic()))[0], seen
                try:
                    seen += os.read(person, 65536).decode(errors="replace")
                except OSError:
                    raise AssertionError(f"it ended: {seen}") from None
            return seen[before:]

        try:
            yield process, typed
        finally:
            process.kill()
            os.close(person)


def test_on_a_terminal_ctrl_c_stops_the_answer_and_ctrl_d_ends(plain):
    with on_terminal(plain, "-i", "-n", 10**9, "--seed", 1) as (process, typed):
        typed("", "> ")
        typed("abc\n", "abc\r\n.{50}")
        typed("\x03", "> ")
        typed("\x03", "Ctrl-D ends\r\n> ")
        typed(":length 3\n", "length is 3\r\n> ")
        typed("abc\n", "abc\r\n.*\n> ")
        typed("\x04", "")
        assert process.wait(30) == 0


def test_on_a_terminal_a_key_picks_at_once_and_ctrl_c_ends_with_the_text(plain):
    with on_terminal(plain, "--choose", "--prompt", "ab", "--seed", 1) as (process, typed):
        typed("", "1 ")
        typed("c", "abc")
        typed("\x1b[A", "")  # an arrow
        typed("a", "abca")
        typed("\x7f", "abc\r\n")
        typed("b", "abcb")
        assert typed("\x03", "abcb\r\n")
        assert process.wait(30) == 0

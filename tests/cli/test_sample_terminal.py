"""Where `charlm sample` writes to: pipes that close, disks that are full, terminals, and interruptions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from sampled import CHARLM, in_json, run


def start(*arguments):
    return subprocess.Popen(
        [*CHARLM, "sample", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # shells let what they start in the background ignore it, and so would all that the tests start
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_a_closed_pipe_ends_it_quietly(plain):
    with start(plain, "-n", 10**8, "--seed", 1) as process:
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr.read() == b"plain, step 20, seed 1\n"


def test_a_full_disk_is_three_lines(plain):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [*CHARLM, "sample", plain, "--seed", "1"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 3
    assert done.stderr.decode().splitlines()[1:] == [
        "charlm: The output cannot be written: No space left on device",
        "standard output",
        "Make room, or send it elsewhere.",
    ]


def test_nobody_listening_to_the_talk_stops_nothing(plain):
    spoken = run(plain, "-n", 20, "--seed", 1, "--count", 2).stdout
    command_line = f'exec "{sys.executable}" -m charlm sample "{plain}" -n 20 --seed 1 --count 2 2>&-'
    assert subprocess.run(command_line, shell=True, capture_output=True, text=True, check=True).stdout == spoken


def test_an_interruption_ends_the_line_and_exits_130(plain):
    with start(plain, "-n", 10**8, "--seed", 1) as process:
        begin = process.stdout.read(10)
        process.send_signal(signal.SIGINT)
        text = begin + process.stdout.read()
        assert process.wait() == 130
        assert process.stderr.read() == b"plain, step 20, seed 1\n"
        assert text.endswith(b"\n")


def test_text_comes_while_it_is_written(plain):
    with start(plain, "-n", 10**8, "--seed", 1) as process:
        assert process.stdout.read(1)  # of a text that takes hours
        process.kill()


def on_terminal(*arguments, **environment):
    """stdout and stderr as a person would see them."""
    import pty

    person, terminal = pty.openpty()
    with subprocess.Popen(
        [*CHARLM, "sample", *map(str, arguments)],
        stdout=terminal,
        stderr=terminal,
        env={**{key: value for key, value in os.environ.items() if key != "NO_COLOR"}, "TERM": "xterm", **environment},
    ) as process:
        os.close(terminal)
        seen = b""
        while True:
            try:
                piece = os.read(person, 65536)
            except OSError:  # the other end is gone
                break
            if not piece:
                break
            seen += piece
        os.close(person)
        assert process.wait() == 0
    return seen.decode().replace("\r\n", "\n")


def test_on_a_terminal_the_prompt_is_dim_and_samples_stand_apart(plain):
    one, two = (one["text"] for one in in_json(plain, "-n", 20, "--seed", 1, "--prompt", "ab", "--count", 2)["samples"])
    seen = on_terminal(plain, "-n", 20, "--seed", 1, "--prompt", "ab", "--count", 2)
    assert f"\x1b[2mab\x1b[22m{one}\n" in seen
    assert f"\x1b[2mab\x1b[22m{two}\n" in seen
    assert "---- 2 of 2 ----" in seen
    plainly = on_terminal(plain, "-n", 20, "--seed", 1, "--prompt", "ab", "--count", 2, NO_COLOR="1")
    assert plainly == f"plain, step 20, seed 1\nab{one}\n---- 2 of 2 ----\nab{two}\n"


def test_a_hostile_model_cannot_drive_the_terminal(made):
    hostile = made / "hostile" / "step-20"
    seen = on_terminal(hostile, "-n", 100, "--seed", 1, "--prompt", "\x1b]0;owned\x07", NO_COLOR="1")
    assert not set(seen) & set("\x1b\x9b\u202e\x07\x7f")
    assert "\\x1b]0;owned\\x07" in seen
    assert "\\u202e" in seen
    assert "\x1b" in run(hostile, "-n", 100, "--seed", 1).stdout, "raw when piped"


def test_a_stdout_without_unicode_never_fails(made):
    done = subprocess.run(
        [*CHARLM, "sample", str(made / "hostile" / "step-20"), "-n", "50", "--seed", "1"],
        capture_output=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert b"\\u202e" in done.stdout
    assert done.stdout.isascii()

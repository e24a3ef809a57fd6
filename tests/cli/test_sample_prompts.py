"""What `charlm sample` makes of a prompt: how it is given, and characters that the model does not know."""

from __future__ import annotations

import shlex
import subprocess

from sampled import CHARLM, in_json, run


def test_the_prompt_is_part_of_the_text_on_stdout(plain):
    told = in_json(plain, "-n", 30, "--seed", 2, "--prompt", "abc")
    assert told["prompt"] == "abc"
    assert run(plain, "-n", 30, "--seed", 2, "--prompt", "abc").stdout == "abc" + told["samples"][0]["text"] + "\n"


def test_prompts_by_file_and_stdin(plain, tmp_path):
    file = tmp_path / "prompt.txt"
    file.write_bytes(b"abc, a\n")
    spoken = run(plain, "-n", 30, "--seed", 2, "--prompt", "abc, a\n").stdout
    assert run(plain, "-n", 30, "--seed", 2, "--prompt-file", file).stdout == spoken
    assert run(plain, "-n", 30, "--seed", 2, "--prompt-file", "-", stdin=b"abc, a\n").stdout == spoken


def test_a_prompt_written_on_windows_reads_the_same(plain):
    spoken = run(plain, "-n", 30, "--seed", 2, "--prompt", "a\nb").stdout
    done = run(plain, "-n", 30, "--seed", 2, "--prompt-file", "-", stdin=b"\xef\xbb\xbfa\r\nb")
    assert done.stdout == spoken
    assert "unknown" not in done.stderr


def test_unknown_characters_in_the_prompt_are_left_out_and_told(plain):  # char-rnn #44, torch-rnn #98, nanoGPT #169
    done = run(plain, "-n", 30, "--seed", 2, "--prompt", "aЖbЖ!c")
    assert "prompt: 3 unknown characters left out: '!' x 1, 'Ж' x 2" in done.stderr
    assert done.stdout.startswith("aЖbЖ!c")
    known = run(plain, "-n", 30, "--seed", 2, "--prompt", "abc").stdout
    assert done.stdout.removeprefix("aЖbЖ!c") == known.removeprefix("abc")
    assert in_json(plain, "-n", 1, "--prompt", "aЖbЖ!c")["unknown_characters"] == 3


def test_unknown_characters_in_the_prompt_can_be_read_as_the_nearest(plain):
    near = in_json(plain, "-n", 30, "--seed", 2, "--prompt", "é’Z", "--unknown", "nearest")["samples"]
    assert near == in_json(plain, "-n", 30, "--seed", 2, "--prompt", "e'z")["samples"]


def test_unknown_characters_in_the_prompt_can_be_an_error(plain):
    done = run(plain, "--prompt", "aXb", "--unknown", "error", code=3)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 3


def test_a_prompt_of_nothing_but_unknown_characters(plain):
    done = run(plain, "-n", 20, "--seed", 4, "--prompt", "ЖЖЖ")
    assert done.stdout.removeprefix("ЖЖЖ") == run(plain, "-n", 20, "--seed", 4).stdout


def test_unicode_prompts_in_a_model_of_bytes(made):  # char-rnn #42, torch-rnn #47
    done = run(made / "bytes" / "step-20", "-n", 20, "--seed", 4, "--prompt", "né€🎻")
    assert done.stdout.startswith("né€🎻")
    assert "unknown" not in done.stderr


def test_an_argument_that_is_no_unicode(plain):
    done = subprocess.run(
        [*CHARLM, "sample", plain, "-n", "5", "--prompt", b"a\xff\xfeb"], capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"2 unknown characters" in done.stderr
    assert done.stdout.startswith(b"a\\udcff\\udcfeb")


def test_what_is_piped_in_is_the_prompt_and_is_said(plain):
    spoken = run(plain, "-n", 30, "--seed", 2, "--prompt", "abc").stdout
    arguments = [*CHARLM, "sample", plain, "-n", "30", "--seed", "2"]
    done = subprocess.run(arguments, input="abc\n", capture_output=True, text=True, check=True)
    assert done.stdout == spoken
    assert "prompt: 3 characters of standard input" in done.stderr
    other = subprocess.run([*arguments, "--prompt", "ab"], input="abc\n", capture_output=True, text=True, check=True)
    assert other.stdout.startswith("ab")
    assert "standard input" not in other.stderr


def test_nothing_is_waited_for_where_no_prompt_is_piped(plain):
    arguments = [*CHARLM, "sample", str(plain), "-n", "5", "--seed", "2"]
    alone = run(plain, "-n", 5, "--seed", 2).stdout
    nothing = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    closed = subprocess.run(f"{shlex.join(arguments)} <&-", shell=True, capture_output=True, text=True, check=True)
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as silent:
        assert silent.wait(60) == 0  # the pipe is open
        assert silent.stdout.read().decode() == nothing.stdout == closed.stdout == alone
        assert b"to wait for a prompt there: --prompt-file -" in silent.stderr.read()


def test_a_backslash_n_is_answered_with_what_to_write(plain):
    done = run(plain, "-n", 5, "--stop", r"\n", "--prompt", r"a\nb")
    assert r"For a line end or a tab: --stop $'\n'" in done.stderr
    assert r"For a line end or a tab: --prompt $'a\nb'" in done.stderr

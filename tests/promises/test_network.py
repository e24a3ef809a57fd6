"""Only `data fetch` uses the network; unknown characters in a prompt or a text never raise."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.errors import TextError
from charlm.text.corpora.fetching import SCHEMES
from charlm.text.corpora.named import CORPORA
from charlm.text.vocabulary import Vocabulary

# Python runs this at its start. It also records each attempt, because a program may catch the error.
GUARD = """
import os, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind"):
        with open(os.environ["ATTEMPTS"], "a") as file:
            file.write(event + "\\n")
        raise ConnectionRefusedError("this test has no network")

sys.addaudithook(watch)
"""


# Runs each of the command lines that it is given; says on standard error where one ends, and with which exit code.
COMMANDS = """
import json, os, sys
from charlm.cli import main

for arguments in json.loads(sys.argv[1]):
    sys.argv = ["charlm", *arguments]
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    print("ENDED", code, file=sys.stderr, flush=True)
    with open(os.environ["ATTEMPTS"], "a") as file:
        file.write("ENDED\\n")
"""


@pytest.fixture
def offline(tmp_path):
    """Run `charlm` commands, one after another, in a process that begins where no socket can connect.

    Gives for each its exit code, what it said on standard error, and what was attempted.
    """
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    attempts = tmp_path / "attempts"

    def run(*commands):
        path = os.pathsep.join([str(tmp_path / "guard"), os.environ.get("PYTHONPATH", "")])
        result = subprocess.run(
            [sys.executable, "-c", COMMANDS, json.dumps([list(map(str, arguments)) for arguments in commands])],
            env={**os.environ, "PYTHONPATH": path, "ATTEMPTS": str(attempts), "CHARLM_RUNS": str(tmp_path / "runs")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert result.returncode == 0, result.stderr
        said = re.findall(r"(.*?)^ENDED (\d+)\n", result.stderr, re.DOTALL | re.MULTILINE)
        tried = [each.split() for each in attempts.read_text().split("ENDED\n")[:-1]]
        return [(int(code), output, each) for (output, code), each in zip(said, tried, strict=True)]

    return run


def test_the_guard_catches_a_download(offline):
    ((code, said, attempts),) = offline(["data", "fetch", "text8"])
    assert attempts, said
    assert code == 3
    assert "The server was not reached" in said


def test_training_sampling_and_scoring_use_no_network(offline, verse):
    small = ("-s", "model.hidden_size=16", "-s", "training.batch_size=4", "-s", "training.seq_len=16")
    commands = [
        ("train", "enwik8"),  # it is not fetched
        ("train", verse, "--run", "alone", "--steps", 3, *small),
        ("train", "--resume", "alone", "--steps", 5),
        ("sample", "alone", "-n", 20),
        ("eval", "perplexity", "alone", verse),
        ("doctor", verse, *small),
        ("data", "list"),
        ("data", "stats", verse),
        ("runs", "list"),
    ]
    corpus, *others = offline(*commands)
    assert (corpus[0], corpus[2]) == (3, [])
    assert "charlm data fetch enwik8" in corpus[1]
    assert len(others) == len(commands) - 1
    for arguments, (code, said, attempts) in zip(commands[1:], others, strict=True):
        assert code == 0, said
        assert attempts == [], arguments


def test_every_download_is_https_pinned_and_bounded():
    assert SCHEMES == ("https",)
    for corpus in CORPORA.values():
        assert bool(corpus.recipe) != bool(corpus.url)
        if corpus.url:
            assert corpus.url.startswith("https://")
            assert len(corpus.download_sha256) == len(corpus.text_sha256 or "") == 64
            assert 0 < corpus.download_bytes < 50_000_000
            assert 0 < corpus.text_bytes <= 100_000_000


KNOWN = Vocabulary(tuple(sorted("\n abcdeE'é日")))
BYTES = Vocabulary(tuple(map(chr, range(32, 127))), "byte")
ANY = st.text(st.characters(exclude_categories=()) | st.sampled_from("abcé’ø🎻\udc80\u2028"), max_size=40)


@settings(max_examples=250, deadline=None)
@given(text=ANY, policy=st.sampled_from(["skip", "nearest", "error"]))
def test_any_prompt_is_encoded_and_unknown_characters_are_counted(text, policy):
    strangers = {letter: count for letter, count in Counter(text).items() if letter not in KNOWN.symbols}
    try:
        encoded = KNOWN.encode(text, policy)
    except TextError:
        assert policy == "error"
        assert strangers
        return
    assert encoded.unknown == strangers
    assert policy != "error" or not strangers
    if policy == "skip":
        assert KNOWN.decode(encoded.ids) == "".join(letter for letter in text if letter not in strangers)


@settings(max_examples=150, deadline=None)
@given(text=ANY, data=st.binary(max_size=40), policy=st.sampled_from(["skip", "nearest"]))
def test_a_model_of_bytes_encodes_any_bytes(text, data, policy):
    BYTES.encode(text, policy)
    found = BYTES.encode_bytes(data, policy)
    assert sum(found.unknown.values()) + len(found.ids) == len(data)
    with suppress(TextError):
        BYTES.encode(text, "error")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("skip", ["3 unknown characters left out"]),
        ("nearest", ["1 unknown character read", "2 unknown characters left"]),
    ],
)
def test_sampling_reports_unknown_characters_of_a_prompt(charlm, tiny_run, policy, said):
    result = charlm(
        "sample", "tiny", "--prompt", "The öwl 日本 ", "-n", 5, "--unknown", policy, "--json",
        env={"CHARLM_RUNS": str(tiny_run)},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["unknown_characters"] == 3
    assert all(each in result.stderr for each in said)
    assert "日" in result.stderr


def test_scoring_reports_the_number_of_unknown_characters(charlm, tiny_run, tmp_path):
    (tmp_path / "strange.txt").write_text("The owl 日本 went out.\n🎻🎻\n", encoding="utf-8")
    arguments = ("eval", "perplexity", "tiny", tmp_path / "strange.txt", "--unknown", "skip")
    result = charlm(*arguments, "--json", env={"CHARLM_RUNS": str(tiny_run)})
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["unknown_characters"] == 4
    said = charlm(*arguments, env={"CHARLM_RUNS": str(tiny_run)})
    assert "4" in said.stdout + said.stderr

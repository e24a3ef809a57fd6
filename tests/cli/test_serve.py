"""`charlm serve`, `charlm runs watch` and `charlm train --watch`: how they begin and end, and what they refuse."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from charlm.cli import runs_watching
from charlm.runs import open_run

SERVICE = Path(__file__).parents[1] / "service"
sys.path.append(str(SERVICE))

from serving import raw_request, serving  # noqa: E402
from watching import watching  # noqa: E402


@pytest.fixture
def taken():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        yield busy.getsockname()[1]


def refused(result, code, *said):
    assert result.returncode == code
    for words in said:
        assert words in result.stderr


def test_a_port_in_use_is_told_with_another_one(charlm, tiny_run, taken):
    for command in (("serve", "tiny"), ("runs", "watch", "tiny", "--no-browser")):
        result = charlm(*command, "--port", taken, env={"CHARLM_RUNS": str(tiny_run)})
        refused(result, 2, f"Port {taken} is in use", f"--port {taken + 1}", "--port 0")


def test_beyond_this_machine_it_asks_for_a_key(charlm, tiny_run):
    result = charlm("serve", "tiny", "--host", "0.0.0.0", "--port", 0, env={"CHARLM_RUNS": str(tiny_run)})
    refused(result, 2, "there is no key", "CHARLM_API_KEY=")


def test_a_host_that_is_not_this_machine_is_refused(charlm, tiny_run):
    for host in ("256.256.1.1", "192.0.2.1"):
        result = charlm(
            "serve", "tiny", "--host", host, "--port", 0, env={"CHARLM_RUNS": str(tiny_run), "CHARLM_API_KEY": "k"}
        )
        refused(result, 2, host, "--host 127.0.0.1")


def test_a_key_that_cannot_be_sent_is_refused(charlm, tiny_run):
    result = charlm("serve", "tiny", "--port", 0, env={"CHARLM_RUNS": str(tiny_run), "CHARLM_API_KEY": " é"})
    refused(result, 2, "CHARLM_API_KEY must be plain characters")


def test_a_run_that_is_not_there_is_told_as_elsewhere(charlm, tiny_run):
    refused(charlm("serve", "tinny", "--port", 0, env={"CHARLM_RUNS": str(tiny_run)}), 4, "Did you mean tiny?")
    refused(charlm("serve", "tiny", "tiny", "--port", 0, env={"CHARLM_RUNS": str(tiny_run)}), 2, "is named twice")


@pytest.mark.parametrize("command", [("serve",), ("runs", "watch"), ("train", "--watch")])
def test_without_its_libraries_it_says_how_to_get_them(charlm, monkeypatch, command):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    refused(charlm(*command), 2, "needs the library uvicorn", "pip install 'charlm-rnn[serve]'")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_texts_end_and_ends_the_server(tmp_path, tiny_run, number):
    with serving(tmp_path, tiny_run, "tiny", number=number) as server, server.connect() as client:
        client.sendall(raw_request({"max_tokens": 2000, "stream": True}))
        assert b"200 OK" in client.recv(15)
        server.process.send_signal(number)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
        server.process.wait(20)
    assert answer.endswith(b"0\r\n\r\n")
    assert b"data: [DONE]" in answer


def fetched(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def test_a_run_is_watched_by_its_folder(tiny_run):
    with watching(tiny_run, str(tiny_run / "tiny")) as url:
        assert "connect-src &#39;self&#39;" in fetched(url)
        deadline = time.monotonic() + 20
        while not (news := json.loads(fetched(f"{url}news")))["gates"] or news["gates"][-1]["step"] < 60:
            assert time.monotonic() < deadline, news
            time.sleep(0.1)
        assert json.loads(fetched(f"{url}news?gates={news['gates_newest']}"))["gates"] is None
        assert news["updates"][-1][0] == 60
        assert news["run"]["training"] is False
        assert {gate["gate"] for gate in news["gates"][-1]["gates"]} == {"input", "forget", "output"}


def test_a_training_shows_a_page_and_outlives_it(charlm_forked, verse):
    """The page's process is killed in the middle; the training does not notice."""
    training = charlm_forked(
        "train", verse, "--run", "shown", "--steps", 3000, "--watch", "--device", "cpu",
        "-s", "model.hidden_size=16", "-s", "training.batch_size=4", "-s", "training.seq_len=16",
    )  # fmt: skip
    url = training.until("page").split()[-1]
    news, deadline = {}, time.monotonic() + 60
    while not (news.get("updates") and news["run"]["training"]):
        assert time.monotonic() < deadline
        try:
            news = json.loads(fetched(f"{url}news"))
        except OSError:
            time.sleep(0.1)
    children = Path(f"/proc/{training.pid}/task/{training.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    training.send_signal(signal.SIGTERM)
    _, rest = training.communicate()
    assert training.returncode == 143, rest
    assert "everything is saved" in rest
    assert "Traceback" not in rest


def test_a_training_without_a_page_goes_on(charlm, verse, monkeypatch):
    def cannot(*arguments, **named):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(runs_watching.subprocess, "Popen", cannot)
    result = charlm("train", verse, "--steps", 2, "--watch", "-s", "model.hidden_size=8", "--device", "cpu")
    refused(result, 0, "no page: Cannot allocate memory")


def test_the_page_ends_after_its_training(tmp_path, tiny_run):

    with runs_watching.watching(open_run(tiny_run, "tiny"), True, None) as url:
        deadline = time.monotonic() + 30
        while True:
            try:
                fetched(url)
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
    deadline = time.monotonic() + 30
    while True:
        try:
            fetched(url)
        except OSError:
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)

"""Clients that leave, hang, send too much or too slowly: their rows are free for others, and the server lives."""

from __future__ import annotations

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from serving import raw_request, serving

LONG = {"prompt": "The ", "max_tokens": 60_000, "stream": True, "temperature": 1.1, "logprobs": 0}


def test_a_client_that_leaves_frees_its_row(server):
    left = server.metric("charlm_left_total")
    with server.connect() as client:
        client.sendall(raw_request(LONG))
        assert b"200 OK" in client.recv(100)
        server.wait_until("charlm_rows", 1)
    server.wait_until("charlm_rows", 0)
    assert server.metric("charlm_left_total") == left + 1


def test_a_client_that_leaves_before_a_whole_answer_frees_its_rows(server):
    with server.connect() as client:
        client.sendall(raw_request({**LONG, "stream": False, "max_tokens": 10_000, "n": 6}))
        server.wait_until("charlm_rows", 6)
    server.wait_until("charlm_rows", 0)


def test_a_client_that_leaves_while_it_waits_is_forgotten(server):
    whole = {**LONG, "max_tokens": 1000, "n": 64, "stream": False}
    with server.connect() as first, server.connect() as second:
        first.sendall(raw_request(whole))
        server.wait_until("charlm_rows", 64)
        second.sendall(raw_request({**LONG, "max_tokens": 10}))
        server.wait_until("charlm_waiting", 1)
        second.close()
        first.close()
        server.wait_until("charlm_waiting", 0)
    server.wait_until("charlm_rows", 0)


def test_a_body_that_is_too_large_is_refused(server):
    answer = server.post("v1/completions", {"prompt": "a" * 70_000})
    assert answer.status_code == 413
    assert "larger than 65,536 bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"nonsense", b'{"prompt": NaN}', b"\xff\xfe", b"[" * 60_000])
def test_a_body_that_is_no_object_is_refused(server, content):
    headers = {"Content-Type": "application/json"}
    answer = server.client.post(f"{server.url}v1/completions", content=content, headers=headers)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 40_000]
)
def test_what_is_no_request_is_refused(server, sent):
    with server.connect() as client:
        client.sendall(sent)
        assert client.recv(100).startswith(b"HTTP/1.1 4")
    assert server.get("card").status_code == 200


@pytest.fixture(scope="module")
def hasty(tmp_path_factory, served_runs):
    """A server that waits a second for its clients."""
    folder = tmp_path_factory.mktemp("hasty")
    site = folder / "site"
    site.mkdir()
    # limits are no options: the module's defaults are changed before the command is run
    (site / "sitecustomize.py").write_text(
        "import charlm.service.limits as limits\n"
        "limits.Limits.__init__.__defaults__ = tuple(\n"
        "    {10.0: 1.0, 512: 40, 256: 2}.get(value, value) for value in limits.Limits.__init__.__defaults__\n"
        ")\n"
    )
    sys.path.insert(0, str(site))
    try:
        with serving(folder, served_runs, "tiny", "--rows", "2", "--timeout", "3") as running:
            yield running
    finally:
        sys.path.remove(str(site))


def closed_after(client):
    began = time.monotonic()
    client.settimeout(20)
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - began


@pytest.mark.parametrize(
    "begun",
    [b"", b"POST /v1/comp", b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n", raw_request(LONG)[:-5]],
    ids=["nothing", "a line", "a head", "a body"],
)
def test_a_request_that_does_not_go_on_is_ended(hasty, begun):
    with hasty.connect() as client:
        client.sendall(begun)
        assert closed_after(client) < 15
    assert hasty.get("card").status_code == 200


def test_a_client_that_does_not_read_on_is_left(hasty):
    """Its row is free at the latest when its text is; its connection after a second."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(hasty.address)
        client.sendall(raw_request({**LONG, "logprobs": 5}))
        hasty.wait_until("charlm_rows", 1)
        hasty.wait_until("charlm_rows", 0)
        deadline = time.monotonic() + 20
        while hasty.metric("charlm_left_total") < 1:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_requests_beyond_the_queue_are_refused(hasty):
    clients = [hasty.connect() for _ in range(4)]
    try:
        for client in clients[:2]:
            client.sendall(raw_request(LONG))
        hasty.wait_until("charlm_rows", 2)
        for client in clients[2:]:
            client.sendall(raw_request({**LONG, "max_tokens": 10}))
        hasty.wait_until("charlm_waiting", 2)
        answer = hasty.post("v1/completions", {"max_tokens": 5})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    finally:
        for client in clients:
            client.close()
    hasty.wait_until("charlm_rows", 0)


def test_a_text_that_takes_too_long_is_ended(hasty):
    bodies = [{**LONG, "stream": stream, "logprobs": 5} for stream in (False, True)]
    with ThreadPoolExecutor(2) as together:
        answer, streamed = together.map(lambda body: hasty.post("v1/completions", body), bodies)
    assert answer.status_code == 408
    assert "not finished in 3 seconds" in answer.json()["error"]["message"]
    lines = streamed.text.strip().splitlines()
    assert "not finished in 3 seconds" in json.loads(lines[-1].removeprefix("data: "))["error"]["message"]


def test_connections_beyond_the_limit_are_refused(hasty):
    clients = [hasty.connect() for _ in range(40)]
    try:
        with hasty.connect() as one_more:
            assert one_more.recv(100).startswith(b"HTTP/1.1 429")
    finally:
        for client in clients:
            client.close()
    assert hasty.get("card").status_code == 200

"""Many requests with faults: each answer is a text or a 4xx, rows are free afterwards, and memory does not grow."""

from __future__ import annotations

import random
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from serving import raw_request

BODY = {"prompt": "The owl", "max_tokens": 40, "seed": 1, "temperature": 0.9}
HEAD = "POST /{} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


def fault(number: int) -> tuple[bytes, bool]:
    """What is sent, and whether an answer is awaited."""
    chance = random.Random(number)
    good = raw_request({**BODY, "stream": chance.random() < 0.5, "n": chance.choice([1, 1, 3])})
    match number % 12:
        case 0 | 1 | 2:
            return good, True
        case 3:  # cut in the middle
            return good[: chance.randrange(1, len(good))], False
        case 4:  # left before the answer
            return raw_request({**BODY, "max_tokens": 5000, "stream": True}), False
        case 5:  # too large
            return raw_request({"prompt": "a" * chance.randrange(66_000, 200_000)}), True
        case 6:  # wrong values
            name, value = chance.choice([("n", 10**9), ("temperature", "x"), ("stop", [1]), ("seed", -1), ("x", 1)])
            return raw_request({**BODY, name: value}), True
        case 7:  # no JSON
            content = bytes(chance.randrange(256) for _ in range(chance.randrange(300)))
            return HEAD.format("score").encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content, True
        case 8:  # no HTTP
            return bytes(chance.randrange(256) for _ in range(200)) + b"\r\n\r\n", True
        case 9:  # another host, another path, another method
            line = chance.choice(["GET /v1/completions", "POST /nothing", "BREW /", "GET /../../etc/passwd"])
            return f"{line} HTTP/1.1\r\nHost: {chance.choice(['evil.example', '127.0.0.1'])}\r\n\r\n".encode(), True
        case 10:  # a text to score, or one that cannot be
            return raw_request({"text": chance.choice(["The owl went out", "", "☃"])}, "score"), True
    chunks = (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (b'{"prompt": ', b'"a", "max_tokens": 3}'))
        + b"0\r\n\r\n"
    )
    return HEAD.format("v1/completions").encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, True


def ask(server, number: int) -> str:
    """The status of the answer; empty if none was awaited."""
    sent, awaited = fault(number)
    with socket.create_connection(server.address, timeout=60) as client:
        try:
            if number % 5 == 0:  # slowly
                for at in range(0, min(len(sent), 600), 200):
                    client.sendall(sent[at : at + 200])
                client.sendall(sent[600:])
            else:
                client.sendall(sent)
            return client.recv(12).decode("latin-1")[9:] if awaited else ""
        except (ConnectionResetError, BrokenPipeError):
            return ""


def ask_many(server, numbers) -> None:
    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(lambda number: ask(server, number), numbers))
    assert {answer[:1] for answer in answers if answer} == {"2", "4"}
    server.wait_until("charlm_rows", 0)
    server.wait_until("charlm_waiting", 0)
    alone = server.complete(**BODY)["choices"][0]["text"]
    assert len(alone) == BODY["max_tokens"]
    lines = server.get("metrics").text.splitlines()
    assert not [line for line in lines if 'status="5' in line]


def test_hundreds_of_requests_with_faults_leave_a_sound_server(server):
    ask_many(server, range(300))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_requests_with_faults_leave_no_memory_behind(server):
    ask_many(server, range(10_000))  # memory that the allocator keeps for later is then there
    before = server.metric("charlm_resident_bytes")
    ask_many(server, range(10_000, 20_000))
    assert server.metric("charlm_resident_bytes") - before < 4 * 2**20

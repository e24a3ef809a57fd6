"""Who may ask: this machine, by its own names, and no page of another site; beyond it, who has the key."""

from __future__ import annotations

import pytest
from serving import serving

KEY = "correct horse"
ASKED = {"prompt": "The ", "max_tokens": 3}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "localhost.evil"])
def test_a_name_that_was_rebound_is_refused(server, host):
    answer = server.get("card", headers={"Host": host})
    assert answer.status_code == 421
    assert "has not the name" in answer.json()["error"]["message"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8765", "LOCALHOST:80"])
def test_names_of_this_machine_are_answered(server, host):
    assert server.get("card", headers={"Host": host}).status_code == 200


def test_a_page_of_another_site_may_not_ask(server):
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert server.post("v1/completions", ASKED, headers=headers).status_code == 403
    own = {"Origin": server.url.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert server.post("v1/completions", ASKED, headers=own).status_code == 200


def test_a_form_of_another_site_cannot_send_what_is_read(server):
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = server.client.post(f"{server.url}v1/completions", content=b"{}", headers={"Content-Type": kind})
        assert answer.status_code == 415


def test_no_other_site_is_let_in(server):
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = server.client.options(f"{server.url}v1/completions", headers=asked)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_answers_are_not_guessed_framed_or_kept(server):
    headers = server.get("").headers
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert headers["cache-control"] == "no-store"


def test_a_path_or_a_method_that_there_is_not_is_answered_in_words(server):
    assert "Paths: /v1/completions" in server.get("v1/chat").json()["error"]["message"]
    assert server.get("v1/completions").status_code == 405


def test_beyond_this_machine_a_key_is_needed(tmp_path, served_runs):
    with serving(tmp_path, served_runs, "tiny", "--host", "0.0.0.0", env={"CHARLM_API_KEY": KEY}) as server:
        server.url = server.url.replace("0.0.0.0", "127.0.0.1")
        right = {"Authorization": f"Bearer {KEY}"}
        for path in ("", "v1/models", "metrics", "card", "nothing"):
            assert server.get(path).status_code == 401
        assert server.get("card", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert server.get("card", headers={"Authorization": "Basic !!"}).status_code == 401
        assert server.post("v1/completions", ASKED, headers=right).status_code == 200
        assert server.get("", auth=("anyone", KEY)).status_code == 200  # as a browser asks
        assert server.get("card", headers={**right, "Host": "models.example"}).status_code == 200

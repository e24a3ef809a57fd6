"""The pages in a real browser: a text that is written there, a training that is shown, and text that cannot run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from watching import watching

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium or Chrome on this machine")
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


def shown(tmp_path, url):
    """The page after its script has run for some seconds, as html."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command = [BROWSER, *options, "--virtual-time-budget=5000", "--dump-dom", url]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout


def test_the_page_writes_what_the_service_writes(server, tmp_path):
    page = shown(tmp_path, f"{server.url}write#prompt=The+owl&length=60&seed=5")
    text = server.text(prompt="The owl", max_tokens=60, seed=5, temperature=0.8)
    assert f"<b>The owl</b>{text}</output>" in page.replace("&amp;", "&")
    assert "60 characters in" in page


def test_the_page_of_a_model_opens_from_the_service(server, tmp_path):
    """The one of `charlm export html`, which asks the service for nothing more."""
    page = server.get("").text
    assert "default-src &#39;none&#39;" in page
    assert "connect-src" not in page
    assert "names" in server.get("?model=names").text
    assert server.get("?model=none").status_code == 404
    assert "http" not in shown(tmp_path, server.url).partition("<main")[0].replace("http-equiv", "")


def test_the_page_of_a_training_shows_it_and_runs_nothing(served_runs, tmp_path):
    folder = tmp_path / "runs" / "tiny"
    shutil.copytree(served_runs / "tiny", folder)
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"event": "sampled", "step": 60, "text": HOSTILE}) + "\n")
    with watching(folder.parent, "tiny") as url:
        page = shown(tmp_path, url)
    assert len(re.findall("<polyline", page)) >= 4
    assert re.search(r"<dt>step</dt><dd>60 ", page)
    assert "Sample at step 60, the newest" in page
    assert "<title>tiny</title>" in page
    assert "&lt;img src=x" in page
    assert "not training" in page

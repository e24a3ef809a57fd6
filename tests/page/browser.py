"""Headless Chromium, driven by its own protocol through two pipes: nothing else needs to be installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NO_CHROMIUM = "there is no chromium here to open a page with"
QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")
BECOME = """\
import os, sys
there = [os.dup(os.dup(os.dup(int(each)))) for each in sys.argv[1:3]]  # beyond 3 and 4
os.dup2(there[0], 3), os.dup2(there[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
PATIENCE = 30.0  # seconds


class Browser:
    """One page at a time. `events` are what the browser told since the page was opened."""

    def __init__(self, folder):
        read_there, self._write = os.pipe()
        self._read, write_there = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4. They are put there by a process that then becomes Chromium.
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                BECOME,
                str(read_there),
                str(write_there),
                CHROMIUM,
                *QUIET,
                f"--user-data-dir={folder}",
            ],
            pass_fds=(read_there, write_there),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_there)
        os.close(write_there)
        self._buffer, self._number, self._session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _next(self):
        while b"\0" not in self._buffer:
            part = os.read(self._read, 2**20)
            assert part, "chromium has ended"
            self._buffer += part
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def open(self, path, before=""):
        """Open a file, and wait until it has written its text; `before` is JavaScript that runs first."""
        script = self.call("Page.addScriptToEvaluateOnNewDocument", source=before)["identifier"]
        self.events = []
        self.call("Page.navigate", url=path.as_uri())
        self.wait("document.getElementById('wrote')?.textContent.includes('a second')")
        self.wait("document.getElementById('scored').textContent.includes('perplexity')")
        self.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)

    def run(self, expression):
        """The value of an expression of JavaScript in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, condition):
        until = time.monotonic() + PATIENCE
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < until, condition
            time.sleep(0.02)

    def requests(self):
        return [each["params"]["request"]["url"] for each in self.of("Network.requestWillBeSent")]

    def of(self, method):
        return [each for each in self.events if each.get("method") == method]

    def close(self):
        self._process.terminate()
        self._process.wait(PATIENCE)
        os.close(self._read)
        os.close(self._write)

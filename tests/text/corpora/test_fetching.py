"""Downloads from a local server. It uses http, which only these tests allow."""

import hashlib
import http.server
import io
import threading
import tracemalloc
import zipfile
from dataclasses import replace
from functools import partial

import pytest

from charlm.errors import IntegrityError, TextError
from charlm.text.corpora.fetching import fetch_corpus
from charlm.text.corpora.named import CORPORA, corpus_file, fetched_file

TEXT = b"emma\nolivia\nava\n" * 100
HTTP = ("http",)


@pytest.fixture
def server(monkeypatch):
    """A server of the entries of a dict: path -> bytes, a status, or a URL to redirect to."""
    served: dict[str, bytes | int | str] = {}
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer = served.get(self.path, 404)
            if isinstance(answer, bytes):
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            elif isinstance(answer, str):
                self.send_response(302)
                self.send_header("Location", answer)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.send_error(answer)

        def log_message(self, *_):
            pass

    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.served, running.asked = served, asked
        running.address = f"http://127.0.0.1:{running.server_port}"
        yield running
        running.shutdown()
        thread.join()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def plain(server, data=TEXT):
    return replace(
        CORPORA["names"],
        url=f"{server.address}/names.txt",
        download_sha256=sha256(data),
        download_bytes=len(data),
        text_sha256=sha256(data),
        text_bytes=len(data),
    )


def zipped(data=TEXT, member="text8"):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, data)
    return packed.getvalue()


def archived(server, archive, text=TEXT):
    return replace(
        CORPORA["text8"],
        url=f"{server.address}/text8.zip",
        download_sha256=sha256(archive),
        download_bytes=len(archive),
        text_sha256=sha256(text),
        text_bytes=len(text),
    )


def nothing_was_kept(own_cache):
    return not any(path.is_file() for path in own_cache.rglob("*"))


def test_a_text_is_fetched_once_and_then_read_from_the_cache(server, tmp_path):
    server.served["/names.txt"] = TEXT
    corpus = plain(server)
    assert fetch_corpus(corpus, schemes=HTTP).read_bytes() == TEXT
    assert corpus_file(corpus, tmp_path) == fetch_corpus(corpus, schemes=HTTP) == fetched_file(corpus)
    assert server.asked == ["/names.txt"]


def test_a_damaged_text_is_fetched_again(server):
    server.served["/names.txt"] = TEXT
    corpus = plain(server)
    fetch_corpus(corpus, schemes=HTTP).write_bytes(b"damaged")
    assert fetch_corpus(corpus, schemes=HTTP).read_bytes() == TEXT


def test_an_archive_is_unpacked_and_deleted(server, own_cache):
    archive = server.served["/text8.zip"] = zipped()
    assert fetch_corpus(archived(server, archive), schemes=HTTP).read_bytes() == TEXT
    assert [path.name for path in (own_cache / "corpora").iterdir()] == ["text8.txt"]


def test_a_download_with_another_checksum_is_not_kept(server, own_cache):
    server.served["/names.txt"] = TEXT.replace(b"emma", b"emmy")
    with pytest.raises(IntegrityError, match="sha256"):
        fetch_corpus(plain(server), schemes=HTTP)
    assert nothing_was_kept(own_cache)


def test_an_endless_download_is_cut_off(server, own_cache):
    server.served["/names.txt"] = TEXT + b"more"
    with pytest.raises(IntegrityError, match="longer"):
        fetch_corpus(plain(server), schemes=HTTP)
    assert nothing_was_kept(own_cache)


@pytest.mark.parametrize(
    "archive",
    [zipped(TEXT + b"x"), zipped(TEXT[:-1]), zipped(TEXT.upper()), zipped(member="other"), b"PK no archive"],
    ids=["longer", "shorter", "of the same length", "without the member", "no archive"],
)
def test_an_archive_with_another_text_is_not_kept(server, own_cache, archive):
    server.served["/text8.zip"] = archive
    with pytest.raises(IntegrityError):
        fetch_corpus(archived(server, archive), schemes=HTTP)
    assert nothing_was_kept(own_cache)


def test_a_zip_bomb_is_unpacked_only_to_the_known_size(server, own_cache):
    archive = server.served["/text8.zip"] = zipped(bytes(50_000_000))
    fetch_it = partial(fetch_corpus, archived(server, archive), schemes=HTTP)
    with pytest.raises(IntegrityError):
        fetch_it()  # leaves imports and caches out of the measurement
    tracemalloc.start()
    with pytest.raises(IntegrityError):
        fetch_it()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
    assert nothing_was_kept(own_cache)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_error_of_the_server_is_reported(server, status):
    server.served["/names.txt"] = status
    with pytest.raises(TextError, match=rf"refused: {status}[\s\S]*charlm train FILE"):
        fetch_corpus(plain(server), schemes=HTTP)


def test_an_unreachable_server_is_reported_with_an_alternative(server):
    corpus = replace(plain(server), url="http://127.0.0.1:9/names.txt")
    with pytest.raises(TextError, match=r"not reached[\s\S]*network[\s\S]*charlm train FILE"):
        fetch_corpus(corpus, schemes=HTTP)


def test_only_https_is_used(server):
    server.served["/names.txt"] = TEXT
    with pytest.raises(TextError, match="https only"):
        fetch_corpus(plain(server))
    assert server.asked == []


def test_a_redirection_to_another_scheme_is_not_followed(server):
    server.served["/names.txt"] = "https://127.0.0.1:9/elsewhere"
    with pytest.raises(TextError, match="http only"):
        fetch_corpus(plain(server), schemes=HTTP)
    server.served["/names.txt"] = "/moved.txt"
    server.served["/moved.txt"] = TEXT
    assert fetch_corpus(plain(server), schemes=HTTP).read_bytes() == TEXT


def test_a_cache_that_is_not_writable_is_reported(server, own_cache, monkeypatch):
    server.served["/names.txt"] = TEXT
    (own_cache / "file").write_text("in the way")
    monkeypatch.setenv("CHARLM_CACHE", str(own_cache / "file"))
    with pytest.raises(TextError, match="CHARLM_CACHE"):
        fetch_corpus(plain(server), schemes=HTTP)

"""Downloads the named corpora. The only file of charlm that uses the network, for `charlm data fetch`. Knows no ids.

URLs are https, redirections included. Length and sha256 are checked before a file is kept.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from charlm.errors import IntegrityError, TextError
from charlm.text.cache import write_atomically
from charlm.text.corpora.named import NamedCorpus, fetched_file

SCHEMES = ("https",)
TIMEOUT = 30  # seconds without a byte
BLOCK = 1 << 20
OFFLINE = "Check your network connection, or train on a text file: `charlm train FILE`."


def fetch_corpus(corpus: NamedCorpus, *, progress: bool = False, schemes: tuple[str, ...] = SCHEMES) -> Path:
    """Download a corpus into the cache, unless it is there already, and return the file with its text.

    `progress` shows a bar on stderr. Raises TextError if the server is not reached or refuses, IntegrityError if the
    download is not the known file.
    """
    path = fetched_file(corpus)
    if path.is_file() and _sha256(path) == corpus.text_sha256:
        return path
    try:
        archive = _download(corpus, path.parent, progress, schemes)
        if not corpus.member:
            return archive
        try:
            return write_atomically(path, _unpacked(corpus, archive))
        finally:
            archive.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "Set CHARLM_CACHE to a folder that you can write to."
        raise TextError(f"The corpus cannot be stored: {reason}", str(path.parent), remedy) from None


def _download(corpus: NamedCorpus, folder: Path, progress: bool, schemes: tuple[str, ...]) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    name = f"{corpus.name}.zip" if corpus.member else f"{corpus.name}.txt"
    _check_scheme(corpus.url, schemes)

    def check(response: requests.Response, **_: Any) -> None:
        if response.is_redirect:
            _check_scheme(urljoin(response.url, response.headers["location"]), schemes)

    def download(url: str, file: str, _: Any) -> None:
        get = pooch.HTTPDownloader(progressbar=progress, chunk_size=BLOCK, timeout=TIMEOUT, hooks={"response": check})
        with Path(file).open("wb") as stream:
            get(url, _Bounded(stream, corpus), None)

    try:
        return Path(pooch.retrieve(corpus.url, f"sha256:{corpus.download_sha256}", name, folder, downloader=download))
    except requests.HTTPError as error:
        raise TextError(f"The server refused: {error}", corpus.url, OFFLINE) from None
    except requests.RequestException as error:
        raise TextError(f"The server was not reached ({type(error).__name__})", corpus.url, OFFLINE) from None
    except ValueError:
        raise _mismatch(corpus, "has another sha256 than the known one") from None


class _Bounded:
    """A file that raises IntegrityError if more bytes are written than the corpus has."""

    def __init__(self, stream: BinaryIO, corpus: NamedCorpus) -> None:
        self._stream, self._corpus, self._left = stream, corpus, corpus.download_bytes

    def write(self, block: bytes) -> None:
        self._left -= len(block)
        if self._left < 0:
            raise _mismatch(self._corpus, f"is longer than the known {self._corpus.download_bytes} bytes")
        self._stream.write(block)

    def flush(self) -> None:
        self._stream.flush()


def _unpacked(corpus: NamedCorpus, archive: Path) -> Iterator[bytes]:
    """The blocks of the archive's text. Raises IntegrityError at the end if they are not the known text."""
    seen, left = hashlib.sha256(), corpus.text_bytes
    try:
        with zipfile.ZipFile(archive) as files, files.open(corpus.member) as text:
            while block := text.read(min(BLOCK, left + 1)):
                left -= len(block)
                if left < 0:
                    break
                seen.update(block)
                yield block
    except (zipfile.BadZipFile, KeyError):
        raise _mismatch(corpus, f"holds no {corpus.member}") from None
    if seen.hexdigest() != corpus.text_sha256 or left:
        raise _mismatch(corpus, "holds another text than the known one")


def _mismatch(corpus: NamedCorpus, how: str) -> IntegrityError:
    return IntegrityError(f"The download {how}", corpus.url, "Nothing was kept. Try again later, or give a text file.")


def _check_scheme(url: str, schemes: tuple[str, ...]) -> None:
    if urlsplit(url).scheme not in schemes:
        raise TextError(f"charlm downloads by {' or '.join(schemes)} only", url, "Give a text file instead.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Any bytes as text: a corpus, or exit 3 in three lines with a remedy. Never a traceback or much memory, nor a hang,
which pytest would end."""

from __future__ import annotations

import gzip
import os
import threading
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hostile_files import BLOCK, BYTES, packed, special
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text import sources
from charlm.text.corpus import open_corpus
from charlm.text.decoding.guessing import guess_encoding
from charlm.text.files import source_file
from charlm.text.files.source_file import SourceFile

MEMORY_FACTOR = 6  # most memory, in sizes of the file ...
FIXED_MEMORY = 32 * 2**20  # ... beside these bytes for tables over all of Unicode, a block, and the dictionary of a .xz
LONGEST = 20  # seconds; a hang takes far longer, a busy machine does not


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> dict[str, Path]:
    """The hostile files by name."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = special(folder)
    for number, (name, data) in enumerate((BYTES | packed()).items()):
        paths[name] = folder / (f"{number}.gz" if name in packed() else f"{number}.txt")
        paths[name].write_bytes(data)
    assert len(paths) >= 60
    guess_encoding(SourceFile("latin", paths["latin-1"], 5))  # imports chardet, whose tables stay in memory
    return paths


@pytest.fixture(autouse=True)
def quick(request, monkeypatch):
    """Pipes that nobody writes to are not waited for, and hostile files are read in the small blocks that they fit."""
    monkeypatch.setattr(sources, "PIPE_WAIT", 0.05)
    if "hostile" in request.fixturenames:
        monkeypatch.setattr(source_file, "BLOCK", BLOCK)


def verdict(read: Callable[[Path], object], path: Path) -> str:
    """What went wrong when `read` read this path; empty if it read it, or raised a TextError of three lines."""
    tracemalloc.start()
    try:
        read(path)
    except TextError as error:
        if not (error.what and error.where and error.remedy and len(str(error).splitlines()) == 3):
            return f"not three lines: {error}"
    except Exception as error:
        return f"a traceback: {type(error).__name__}"
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    size = os.path.getsize(path) if os.path.isfile(path) else 0  # noqa: PTH113, PTH202 - these never raise
    return f"{peak:,} bytes for {size:,}" if peak > FIXED_MEMORY + MEMORY_FACTOR * size else ""


def read_corpus(path: Path) -> object:
    return open_corpus(TextSettings(sources=(str(path),)))


def read_naively(path: Path) -> object:
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text("utf-8")


def test_the_harness_catches_a_naive_reader(hostile):
    found = {name: verdict(read_naively, hostile[name]) for name in BYTES | packed()}
    assert "UnicodeDecodeError" in found["latin-1"]
    assert "traceback" in found["a cut gz"]
    assert "bytes for" in found["a bomb"]
    assert sum(map(bool, found.values())) > 25


def test_hostile_files_are_read_or_refused(hostile):
    faults = {name: fault for name, path in hostile.items() if (fault := verdict(read_corpus, path))}
    assert faults == {}


def test_the_exit_code_is_0_or_3(charlm, hostile):
    codes = {}
    for name, path in hostile.items():
        result = charlm("train", path, "--dry-run", "--json")
        codes[name] = result.returncode
        assert bool(result.stdout) == (codes[name] == 0), name
        assert codes[name] == 0 or len(result.stderr.splitlines()) == 3, result.stderr
    assert set(codes.values()) == {0, 3}, codes


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("an invalid first byte", 0),
        ("an invalid last byte", 3),
        ("an invalid byte at the end of a block", BLOCK - 1),
        ("an invalid byte at the start of a block", BLOCK),
        ("a cut character at the end of a block", BLOCK - 1),
        ("a cut character across two blocks", BLOCK - 1),
        ("a NUL in the second block", BLOCK),
        ("an encoded surrogate", 2),
        ("a NUL", 3),
    ],
)
def test_an_error_names_the_offset_of_the_fault(hostile, name, offset):
    with pytest.raises(TextError) as refused:
        read_corpus(hostile[name])
    assert f"byte {offset}" in refused.value.where


@pytest.mark.parametrize(
    "most", [2**20, pytest.param(source_file.MOST_UNPACKED, marks=pytest.mark.slow)], ids=["1 MB", "the real limit"]
)
def test_a_compression_bomb_is_refused(tmp_path, monkeypatch, most):
    monkeypatch.setattr(source_file, "MOST_UNPACKED", most)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"boom" * (most // 4)) * 2)
    with pytest.raises(TextError, match="like a zip bomb"):
        read_corpus(path)
    path.write_bytes(gzip.compress(os.urandom(most)) * 2)  # as large, but not a bomb
    assert open_corpus(TextSettings(sources=(str(path),), unit="byte")).characters == 2 * most


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "mine.txt"
    path.write_text("private")
    opened = Path.open

    def forbidden(self, *arguments, **named):  # simulated, because root may read anything
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(TextError, match="Permission denied"):
        read_corpus(path)


def test_a_growing_file_is_read_to_its_end_at_the_start(tmp_path):
    path = tmp_path / "log.txt"
    path.write_bytes(b"line\n" * 200_000)
    done = threading.Event()

    def grow():
        with path.open("ab") as file:
            while not done.is_set():
                file.write(b"more\n" * 1000)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        assert read_corpus(path).characters >= 1_000_000
    finally:
        done.set()
        writer.join()


@pytest.mark.parametrize("change", [b"shorter", b"other bytes of the same length"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch, change):
    path = tmp_path / "text.txt"
    path.write_bytes(b"these bytes of some length....")
    measured = source_file.SourceFile.measured

    def then_changed(piece):
        known = measured(piece)
        path.write_bytes(change)
        return known

    monkeypatch.setattr(source_file.SourceFile, "measured", then_changed)
    with pytest.raises(TextError, match="changed"):
        read_corpus(path)


ENCODINGS = ("utf-8", "utf-16", "utf-32", "utf-7", "shift_jis", "gb18030", "iso2022_jp", "hz", "cp1252", "latin-1")


@pytest.mark.parametrize("examples", [250, pytest.param(20_000, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])])
def test_any_bytes_are_a_text_or_a_text_error(tmp_path, examples):
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        data=st.binary(max_size=60) | st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
        encoding=st.sampled_from(ENCODINGS),
        name=st.sampled_from(["text", "text.gz"]),
        packed=st.booleans(),
        unit=st.sampled_from(["character", "byte"]),
        block=st.integers(1, 70),
    )
    def law(data, encoding, name, packed, unit, block):
        (tmp_path / name).write_bytes(gzip.compress(data) if packed else data)
        chosen = TextSettings(sources=(str(tmp_path / name),), encoding=encoding, unit=unit)
        with pytest.MonkeyPatch.context() as patch, suppress(TextError):
            patch.setattr(source_file, "BLOCK", block)
            corpus = open_corpus(chosen)
            assert corpus.characters >= 2
            assert int(corpus.ids.max()) < corpus.vocabulary.size

    law()


@pytest.mark.slow
@pytest.mark.parametrize("line", [b"word ", "naïve ".encode(), b"\xff"], ids=["ASCII", "accents", "invalid"])
def test_a_line_of_100_megabytes_takes_at_most_6_times_that(tmp_path, line):
    path = tmp_path / "long.txt"
    path.write_bytes(line * (100_000_000 // len(line)))
    tracemalloc.start()
    with suppress(TextError):
        read_corpus(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"\n{peak / 1e6:.0f} MB for {path.stat().st_size / 1e6:.0f} MB")
    assert peak <= MEMORY_FACTOR * path.stat().st_size

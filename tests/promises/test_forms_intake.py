"""Any bytes as a table, JSON lines, sequences, a list or an archive: read, or refused in three lines with a remedy.

Never a traceback, never a file outside of the folders for runs, caches and temporary files, and no more memory than a
few times the file.
"""

from __future__ import annotations

import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hostile_forms import GOOD, Attack, attacks, lines, mutations, sequences, tables

from charlm.config.settings import Settings, TextSettings
from charlm.diagnosis.command import GivenOptions
from charlm.diagnosis.text import check_text
from charlm.errors import TextError
from charlm.text.corpus import open_corpus
from charlm.text.decoding.guessing import guess_encoding
from charlm.text.files import source_file
from charlm.text.files.source_file import SourceFile

MEMORY_FACTOR = 6  # most memory, in sizes of the file, ...
FIXED_MEMORY = 32 << 20  # ... beside these bytes for tables over all of Unicode, a block, a dictionary of xz ...
RECORD_MEMORY = 80  # ... and these for each record, which has two numbers and a hash
MOST_SAID = 1000  # characters of a message or a note, whatever a file calls its columns
UNPACKED = 32 << 20  # bytes, instead of 256 MB, from which on a packed file may be a bomb


@pytest.fixture(autouse=True)
def small_bombs(monkeypatch):
    monkeypatch.setattr(source_file, "MOST_UNPACKED", UNPACKED)


def outcome(folder: Path, attack: Attack) -> tuple[str, int]:
    """`read`, `refused`, or what went wrong; and the memory that it took."""
    name, data, settings = attack
    path = folder / name
    path.write_bytes(data)
    chosen: dict[str, Any] = {"sources": (str(path),), **settings}
    records, said = 0, ""
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    try:
        corpus = open_corpus(TextSettings(**chosen))
        end = corpus.vocabulary.symbols.index("\x1e") if "\x1e" in corpus.vocabulary.symbols else None
        records = 0 if end is None else int((corpus.ids == end).sum())
        said, found = max(corpus.notes, key=len, default=""), "read"
    except TextError as error:
        said, found = str(error), "refused"
        if not (error.what and error.where and error.remedy and len(said.splitlines()) == 3):
            found = f"not three lines: {error}"
    except Exception as error:
        found = f"a traceback: {type(error).__name__}: {error}"
    peak = tracemalloc.get_traced_memory()[1] - before
    if peak > FIXED_MEMORY + MEMORY_FACTOR * len(data) + RECORD_MEMORY * records:
        found = f"{peak:,} bytes for {len(data):,}"
    if len(said) > MOST_SAID + len(str(path)):
        found = f"said {len(said):,} characters: {said[:200]}"
    return found, peak


@pytest.fixture
def traced(tmp_path):
    """Memory is counted, once all that is needed has been imported, such as the tables of chardet, which stay."""
    (tmp_path / "latin").write_bytes(b"un caf\xe9")
    guess_encoding(SourceFile("latin", tmp_path / "latin", 7))
    (tmp_path / "latin").unlink()
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("many", [1 << 13, pytest.param(1 << 20, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])])
def test_hostile_forms_are_read_or_refused(tmp_path, monkeypatch, traced, many):
    monkeypatch.chdir(tmp_path)
    outcome(tmp_path, GOOD["zip"])  # imports
    found, peaks = {}, {}
    for name, attack in attacks(many).items():
        found[name], peaks[name] = outcome(tmp_path, attack)
    worst = max(peaks, key=lambda name: peaks[name])
    print(f"\n{len(found)} attacks: {Counter(found.values())}; most memory {peaks[worst] / 1e6:.0f} MB, by {worst}")
    assert {name: one for name, one in found.items() if one not in ("read", "refused")} == {}
    assert len(found) >= 60
    assert set(found.values()) == {"read", "refused"}
    files = {name for name, _, _ in attacks(1 << 10).values()} | {GOOD["zip"][0]}
    assert {path.name for path in tmp_path.rglob("*")} == files
    climbed = [
        Path("/tmp/absolute.txt"),
        Path("/tmp/up.txt"),
        tmp_path.parent / "up.txt",
        tmp_path.parents[1] / "up.txt",
    ]
    assert not any(path.exists() for path in climbed)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (tables, "a long cell with an owl"),
        (tables, "many columns in 50 rows"),
        (lines, "a line of empty objects"),
        (sequences, "a long line of letters"),
    ],
)
def test_large_forms_take_little_memory(tmp_path, traced, form, name):
    outcome(tmp_path, GOOD["zip"])
    assert outcome(tmp_path, form(1 << 20)[name])[0] in ("read", "refused")


def test_doctor_looks_at_hostile_forms_without_a_traceback(tmp_path):
    """As they are, before anybody has said what they are, and in their form."""
    for name, (file, data, form) in attacks(1 << 10).items():
        (tmp_path / file).write_bytes(data)
        for chosen in ({}, form):
            text = TextSettings(sources=(str(tmp_path / file),), **chosen)
            findings = [*check_text(Settings(text=text), None, GivenOptions())]
            assert findings[0].name == "text", name
            assert all(len(finding.what) < MOST_SAID + 2 * len(str(tmp_path)) for finding in findings), name


KINDS = len(GOOD)


@pytest.mark.parametrize(
    "count", [500 // KINDS + 1, pytest.param(20_000 // KINDS + 1, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])]
)
@pytest.mark.parametrize("kind", GOOD)
def test_any_bytes_of_a_form_are_a_text_or_a_text_error(tmp_path, own_small_cache, request, kind, count):
    if count > 1000:
        request.getfixturevalue("traced")
    outcome(tmp_path, GOOD[kind])
    found: Counter[str] = Counter()
    most = 0
    for number, attack in enumerate(mutations(kind, count)):
        if number % 500 == 0:
            own_small_cache()
        one, peak = outcome(tmp_path, attack)
        assert one in ("read", "refused"), f"{number}: {one}"
        found[one] += 1
        most = max(most, peak)
    print(f"\n{kind}: {count:,} attacks, {found['read']:,} read, {found['refused']:,} refused, {most / 1e6:.1f} MB")
    assert found["refused"]


@pytest.fixture
def own_small_cache(tmp_path_factory, monkeypatch):
    """Makes the cache a new folder, so that thousands of texts do not fill one."""

    def anew():
        monkeypatch.setenv("CHARLM_CACHE", str(tmp_path_factory.mktemp("cache")))

    return anew


def test_the_harness_catches_a_reader_that_fails(tmp_path, monkeypatch, traced):
    def failing(settings):
        raise KeyError("owl")

    def hungry(settings):
        bytearray(FIXED_MEMORY + (1 << 20))
        raise TextError("It is no text", "t", "Give another.")

    for reader, said in ((failing, "a traceback: KeyError"), (hungry, "bytes for")):
        monkeypatch.setattr(f"{__name__}.open_corpus", reader)
        assert said in outcome(tmp_path, GOOD["csv"])[0]

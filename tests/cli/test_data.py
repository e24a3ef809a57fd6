"""`charlm data`, through the real command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import in_this_process

import charlm as package
from charlm.text.corpora.named import CORPORA

HERE = {
    "PYTHONPATH": str(Path(package.__file__).parents[1]),
    "PYTHONUTF8": "1",
}  # charlm need not be installed
VERSE = "Full fathom five thy father lies;\nOf his bones are coral made;\n"


@pytest.fixture
def charlm(tmp_path):
    def run(*arguments, given="", **environment):
        return in_this_process(
            *arguments, stdin=given, cwd=tmp_path, env={"CHARLM_CACHE": str(tmp_path / "cache"), **environment}
        )

    return run


@pytest.fixture
def book(tmp_path):
    (tmp_path / "book.txt").write_text(VERSE)
    return "book.txt"


def json_of(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def refused(result, code):
    """Check the exit code, and return the three lines of the error."""
    assert result.returncode == code
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 3, lines
    return lines


def test_list_shows_every_corpus_and_whether_it_is_here(charlm):
    lines = charlm("data", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(CORPORA)
    listed = {corpus["name"]: corpus for corpus in json_of(charlm("data", "list", "--json"))["corpora"]}
    assert listed["python-docs"]["here"] is True
    assert listed["tiny-shakespeare"]["here"] is False
    assert listed["tiny-shakespeare"]["bytes"] == 1_115_394


def test_show_of_a_missing_corpus_says_how_to_download_it(charlm):
    shown = charlm("data", "show", "names")
    assert shown.returncode == 0
    assert "charlm data fetch names" in shown.stdout
    assert "first_lines" not in json_of(charlm("data", "show", "names", "--json"))


def test_show_of_a_file_prints_its_first_lines(charlm, book):
    shown = charlm("data", "show", book).stdout
    assert "63 bytes" in shown
    assert shown.endswith(VERSE)
    about = json_of(charlm("data", "show", book, "--json"))
    assert about["first_lines"] == VERSE.splitlines()
    assert about["files"] == [{"name": "book.txt", "bytes": 63}]


def test_stats_counts_and_measures(charlm, book):
    found = json_of(charlm("data", "stats", book, "--json"))
    assert found["characters"] == found["bytes"] == len(VERSE)
    assert found["counts"] == {symbol: VERSE.count(symbol) for symbol in sorted(set(VERSE))}
    assert found["symbols"] == len(set(VERSE))
    assert found["splits"] == {"train": 56, "valid": 3, "test": 4}
    assert 0 < found["bigram_entropy_bits"] < found["entropy_bits"] < 5
    shown = charlm("data", "stats", book).stdout
    assert f"{found['entropy_bits']:.4f} bits per character" in shown
    assert "utf-8" in shown


def test_stats_reads_standard_input_and_settings(charlm):
    found = json_of(charlm("data", "stats", "-", "-s", "text.unit=byte", "--json", given=b"\xff\r\n\0" * 4))
    assert (found["characters"], found["encoding"], found["unit"]) == (16, "bytes", "byte")
    latin = json_of(charlm("data", "stats", "-", "--encoding", "latin-1", "--json", given="café".encode("latin-1")))
    assert (latin["characters"], latin["bytes"]) == (4, 5)


def test_repairs_are_reported(charlm):
    shown = charlm("data", "stats", "-", given=b"\xef\xbb\xbfone\r\ntwo\r\n").stdout
    assert "a byte-order mark was removed" in shown
    assert "2 CRLF became LF" in shown


@pytest.mark.parametrize(
    ("arguments", "given", "code", "message"),
    [
        (("stats", "bok.txt"), "", 3, "Did you mean book.txt?"),
        (("stats", "nothing"), "", 3, "charlm data list"),
        (("stats", "/dev/zero"), "", 3, "device"),
        (("stats", "."), "", 3, "left out"),
        (("stats", "-"), "", 3, "no characters"),
        (("stats", "-"), "a", 3, "one character"),
        (("stats", "-"), b"abc\xff", 3, "byte 3 (0xff)"),
        (("stats", "-"), b"abc\0", 3, "text.unit=byte"),
        (("stats", "-"), "plain".encode("utf-16"), 3, "text.encoding=utf-16"),
        (("stats", "names"), "", 3, "charlm data fetch names"),
        (("stats", "-", "--encoding", "utf8x"), "ab", 2, "Did you mean"),
        (("stats", "-", "-s", "text.unti=byte"), "ab", 2, "text.unit"),
        (("show", "bok.txt"), "", 3, "Did you mean book.txt?"),
        (("fetch", "tiny-shakspeare"), "", 2, "Did you mean tiny-shakespeare?"),
        (("fetch", "zzz"), "", 2, "charlm data list"),
    ],
)
def test_bad_input_is_three_lines_and_an_exit_code(charlm, tmp_path, arguments, given, code, message):
    if arguments[-1] == ".":
        (tmp_path / ".hidden").write_text("x")
    else:
        (tmp_path / "book.txt").write_text(VERSE)
    assert message in " ".join(refused(charlm("data", *arguments, given=given), code))


def test_fetch_without_a_network_says_what_to_do_instead(charlm):
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    lines = refused(charlm("data", "fetch", "names", NO_PROXY="", no_proxy="", **nowhere), 3)
    assert "not reached" in lines[0]
    assert "charlm train FILE" in lines[2]


def test_fetch_of_a_corpus_that_needs_no_download(charlm):
    assert "no download" in charlm("data", "fetch", "python-docs").stdout
    assert json_of(charlm("data", "fetch", "python-docs", "--json"))["path"] is None


def test_a_text_is_raw_in_a_pipe_and_never_parsed_as_markup(charlm, tmp_path):
    (tmp_path / "odd.txt").write_text("[red]not markup[/b] \x1b[31m :smile:\n")
    assert "[red]not markup[/b] \x1b[31m :smile:" in charlm("data", "show", "odd.txt").stdout


def test_symbols_are_escaped_in_tables(charlm):
    shown = charlm("data", "stats", "-", given="\x1b\x1b\u202e[red]\n").stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert r"'\x1b' 2" in shown


def test_a_closed_pipe_is_no_error(tmp_path):
    (tmp_path / "many.txt").write_text("".join(chr(0x4E00 + code) for code in range(20_000)))
    command = f"set -o pipefail; {sys.executable} -m charlm data stats many.txt --json | head -c 1"
    environment = os.environ | HERE | {"CHARLM_CACHE": str(tmp_path / "cache")}
    result = subprocess.run(["bash", "-c", command], capture_output=True, cwd=tmp_path, env=environment, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"{", b"")


def test_listing_does_not_import_torch():
    code = "import sys; from charlm.cli import app; app(['data', 'list'], standalone_mode=False); print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, env=os.environ | HERE, timeout=60)
    loaded = result.stdout.decode().splitlines()[-1].split()
    assert "charlm.text.corpora.named" in loaded
    assert "torch" not in loaded


def test_write_gives_the_text_as_charlm_reads_it(charlm, tmp_path):
    (tmp_path / "old.txt").write_bytes("caf\xe9\r\nna\xefve\r\n".encode("latin-1"))
    done = charlm("data", "write", "old.txt", "--encoding", "latin-1", "--output", "new.txt")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new.txt").read_bytes() == "caf\xe9\nna\xefve\n".encode()
    assert "newlines" in done.stderr or "CRLF" in done.stderr
    assert charlm("data", "write", "new.txt").stdout == "caf\xe9\nna\xefve\n"


def test_write_keeps_the_order_of_records(charlm, tmp_path):
    lines = "".join(f"name {number}\n" for number in range(40))
    (tmp_path / "names.txt").write_text(lines)
    assert charlm("data", "write", "names.txt", "-s", "text.records=true").stdout == lines


def test_write_keeps_bytes_as_they_are(charlm, tmp_path):
    (tmp_path / "raw.bin").write_bytes(bytes(range(256)))
    assert charlm("data", "write", "raw.bin", "-s", "text.unit=byte", "-o", "copy.bin").returncode == 0
    assert (tmp_path / "copy.bin").read_bytes() == bytes(range(256))


def test_write_overwrites_nothing(charlm, tmp_path):
    (tmp_path / "a.txt").write_text("some text")
    refused = charlm("data", "write", "a.txt", "-o", "a.txt")
    assert refused.returncode == 2
    assert (tmp_path / "a.txt").read_text() == "some text"

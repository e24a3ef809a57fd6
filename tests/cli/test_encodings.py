"""Encodings through the commands: one guess for all of them, and a decision that a run keeps."""

import json
import unicodedata

import pytest

from charlm.text.decoding import deciding
from charlm.text.decoding.guessing import guess_encoding

FRENCH = "Où est le café d'été ? À côté.\n" * 20
SMALL = ("--device", "cpu", "-s", "model.hidden_size=8", "-s", "model.num_layers=1", "-s", "training.threads=1")


@pytest.fixture
def mixed(tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name, encoding in (("a", "utf-8"), ("b", "latin-1"), ("c", "utf-16")):
        (folder / f"{name}.txt").write_bytes(FRENCH.encode(encoding))
    return folder


def test_train_and_doctor_guess_alike_and_their_advice_works(charlm, mixed):
    trained = charlm("train", mixed, "--steps", 2, *SMALL)
    checked = charlm("doctor", mixed, "--device", "cpu")
    assert (trained.returncode, checked.returncode) == (3, 3)
    for said in (trained.stderr, checked.stdout):
        assert "Où est le café" in said
        assert "cp1252" in said
        assert "`--encoding auto`" in said
    assert charlm("doctor", mixed, "--device", "cpu", "--encoding", "auto").returncode == 0
    assert charlm("train", mixed, "--steps", 2, "--encoding", "auto", *SMALL).returncode == 0


def test_auto_says_each_file_and_resume_and_eval_read_the_same_way(charlm, mixed, monkeypatch):
    trained = charlm("train", mixed, "--steps", 2, "--run", "mine", "--encoding", "auto", *SMALL)
    assert trained.returncode == 0, trained.stderr
    for line in ("a.txt: read as utf-8", "b.txt: read as cp1252", "c.txt: read as utf-16"):
        assert line in trained.stderr.replace("\n", " ")

    def only_a(file):
        assert "a.txt" in file.label
        return guess_encoding(file)

    monkeypatch.setattr(deciding, "guess_encoding", only_a)
    scored = charlm("eval", "perplexity", "mine", "--split", "valid", "--json")
    assert scored.returncode == 0, scored.stderr
    resumed = charlm("train", "--resume", "mine", "-s", "training.steps=4", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["step"] == 4


def test_doctor_names_the_files_that_auto_cannot_decide(charlm, mixed):
    (mixed / "bad.txt").write_bytes(FRENCH.encode() + b"\xff" + FRENCH.encode())
    result = charlm("doctor", mixed, "--device", "cpu", "--encoding", "auto")
    assert result.returncode == 3
    assert "bad.txt: 1 place is not valid utf-8" in result.stdout
    assert "a.txt" not in result.stdout


def test_of_many_faulty_files_some_are_shown_and_the_others_counted(charlm, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.txt").write_bytes(FRENCH.encode("latin-1"))
    result = charlm("doctor", folder, "--device", "cpu")
    assert result.stdout.count("As cp1252 the file reads") == 5
    assert "3 more files are not valid utf-8" in result.stdout


def test_misread_text_is_said_by_doctor_and_train(charlm, tmp_path):
    (tmp_path / "misread.txt").write_text(FRENCH.encode().decode("latin-1"), encoding="utf-8")
    for result in (
        charlm("doctor", "misread.txt", "--device", "cpu"),
        charlm("train", "misread.txt", "--steps", 2, *SMALL),
    ):
        assert result.returncode == 0
        assert "it was UTF-8, read as cp1252" in " ".join((result.stdout + result.stderr).split())


def test_without_a_temporary_folder_eval_and_stats_work(charlm, tmp_path, tiny_run, verse, monkeypatch):
    def nowhere(*_, **__):
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.mkdtemp", nowhere)
    for arguments in (
        ("eval", "perplexity", tiny_run / "tiny", verse),
        ("data", "stats", verse),
        ("data", "show", verse),
    ):
        result = charlm(*arguments)
        assert result.returncode == 0, result.stderr
    piped = charlm("data", "stats", "-", stdin="some text")
    assert piped.returncode == 3
    assert "Set TMPDIR" in piped.stderr


def test_bits_per_byte_of_a_normalized_text_are_those_of_the_text_as_given(charlm, tmp_path):
    text = unicodedata.normalize("NFD", FRENCH)
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    forms = ("-s", "text.normalize=[nfc, lower]")
    assert charlm("train", "text.txt", "--steps", 2, "--run", "mine", *forms, *SMALL).returncode == 0
    for arguments, size in ((("text.txt",), len(text.encode()) - 1), (("--split", "train"), None)):
        result = charlm("eval", "perplexity", "mine", *arguments, "--json")
        assert result.returncode == 0, result.stderr
        found = json.loads(result.stdout)
        bits = found["bits_per_character"] * found["characters"] / found["bits_per_byte"]
        assert bits == pytest.approx(size or len(text.encode()) * 0.9, rel=0.01)

"""text.unit=grapheme through the command line: what a reader takes for one character is one symbol."""

from __future__ import annotations

import json

import pytest
from of_a_module import SMALL, charlm_in, scored
from sampled import in_json, run

from charlm.text.clusters import clusters

FAMILY = "👨\u200d👩\u200d👧"
WORDS = ["हिन्दी", "भाषा", "क्षेत्र", f"{FAMILY}🇩🇪", "cafe\u0301"]
TEXT = "".join(f"{WORDS[n % 5]} {WORDS[n * n % 5]} {WORDS[(n + 2) % 5]}\n" for n in range(200))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("graphemes")


@pytest.fixture(scope="module")
def charlm(folder):
    return charlm_in(folder)


@pytest.fixture(scope="module")
def trained(folder, charlm):
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    done = charlm("train", "text.txt", "--run", "text", "--steps", 20, "--json", *SMALL, "-s", "text.unit=grapheme")
    assert done.returncode == 0, done.stderr
    return done


def test_training_counts_graphemes(trained):
    assert f"{len(clusters(TEXT)):,} graphemes, {len(set(clusters(TEXT)))} symbols" in trained.stderr


def test_eval_gives_the_score_of_training_and_the_bytes_of_the_text(charlm, trained):
    valid = scored(charlm, "text", "--split", "valid")
    assert valid["bits_per_character"] == pytest.approx(
        json.loads(trained.stdout)["valid_bits_per_character"], abs=1e-4
    )
    whole = scored(charlm, "text", "text.txt")
    assert whole["characters"] == len(clusters(TEXT)) - 1
    assert whole["bytes"] == len(TEXT.encode()) - len(clusters(TEXT)[0].encode())
    assert whole["bits_per_byte"] * whole["bytes"] == pytest.approx(whole["bits_per_character"] * whole["characters"])


def test_an_unknown_cluster_is_charged_by_its_code_points(charlm, trained, folder):
    (folder / "new.txt").write_text("भाषा 👩\u200d👩 भाषा\n", encoding="utf-8")
    done = charlm("eval", "perplexity", "text", "new.txt", "--unknown", "charge")
    assert "text: 1 unknown character charged " in done.stderr
    assert "'👩\u200d👩' x 1" in done.stderr
    cost = scored(charlm, "text", "new.txt", "--unknown", "charge")["unknown_bits"]
    assert 3 * 21.1 < cost < 3 * 21.2 + 8  # and an escape


def test_what_is_written_has_only_clusters_of_the_text(charlm, trained):
    written = json.loads(charlm("sample", "text", "-n", 200, "--seed", 1, "--json").stdout)["samples"][0]["text"]
    assert set(clusters(written)) <= set(clusters(TEXT))
    assert FAMILY in written


def test_a_prompt_is_read_in_clusters(charlm, trained):
    """Its accents are composed, as in most prompts, and separate in the text."""
    done = charlm("sample", "text", "-n", 5, "--prompt", f"क्षे{FAMILY}caf\u00e9", "--unknown", "nearest")
    assert done.stdout.startswith(f"क्षे{FAMILY}")
    assert "1 unknown character read as the nearest known ones: 'é' as 'e\u0301' x 1" in done.stderr


def test_a_resumed_run_and_one_that_starts_from_it(charlm, trained, folder):
    resumed = charlm("train", "--resume", "text", "--more", 4, "--json", "--device", "cpu")
    assert json.loads(resumed.stdout)["step"] == 24
    (folder / "more.txt").write_text(f"{TEXT}नमस्ते\n", encoding="utf-8")
    begun = charlm("train", "more.txt", "--from", "text", "--run", "more", "--steps", 2, *SMALL[:2])
    assert "3 symbols are new to it" in begun.stderr, begun.stderr
    refused = charlm("train", "more.txt", "--from", "text", "--run", "other", "-s", "text.unit=byte")
    assert refused.returncode == 2
    assert "text.unit=byte asks for another one" in refused.stderr


def test_a_comparison_of_units_says_what_can_be_compared(charlm, trained):
    assert charlm("train", "text.txt", "--run", "plain", "--steps", 2, *SMALL).returncode == 0
    compared = charlm("eval", "compare", "text", "plain", "--text", "text.txt")
    assert "compare the bits per byte" in compared.stderr


def test_records_stay_records(charlm, folder):
    (folder / "crlf.txt").write_bytes("".join(f"{word}\r\n" for word in WORDS * 20).encode())
    for newlines in ("unix", "keep"):
        settings = ("-s", "text.unit=grapheme", "-s", f"text.newlines={newlines}", "--records", *SMALL)
        done = charlm("train", "crlf.txt", "--dry-run", *settings)
        assert done.returncode == 0, done.stderr
        assert "100 records, split at random" in done.stdout
    parted = ("-s", "text.unit=grapheme", "-s", "text.separator=%", *SMALL)
    (folder / "percent.txt").write_text("".join(f"{word}\n%\n" for word in WORDS * 20), encoding="utf-8")
    done = charlm("train", "percent.txt", "--dry-run", *parted)
    assert "100 records, split at random" in done.stdout, done.stderr


def test_an_accent_at_the_start_of_a_record_stays_in_it(charlm, folder):
    (folder / "marks.txt").write_text("".join(f"\u0301{word}\n" for word in WORDS * 20), encoding="utf-8")
    done = charlm("train", "marks.txt", "--dry-run", "--records", "-s", "text.unit=grapheme", *SMALL)
    assert "100 records" in done.stdout, done.stderr


def test_normalizing_comes_first(charlm, trained):
    counted = charlm("data", "stats", "text.txt", "--json", "-s", "text.unit=grapheme", "-s", "text.normalize=nfc")
    counts = json.loads(counted.stdout)["counts"]
    assert counts["é"] == TEXT.count("e\u0301")
    assert "e\u0301" not in counts


def test_a_stop_text_is_whole_clusters(made):
    folder = str(made / "clusters" / "step-20")
    whole = in_json(folder, "-n", 60, "--seed", 2)["samples"][0]["text"]
    assert "e\u0301" in whole
    stopped = in_json(folder, "-n", 60, "--seed", 2, "--stop", "e")["samples"][0]["text"]
    parts = clusters(whole)
    assert clusters(stopped) == parts[: parts.index("e") if "e" in parts else None]
    accent = in_json(folder, "-n", 60, "--seed", 2, "--stop", "e\u0301")["samples"][0]["text"]
    assert clusters(accent) == parts[: parts.index("e\u0301")]


def test_a_choice_shows_whole_clusters(made):
    chosen = run(str(made / "clusters" / "step-20"), "--choose", "--seed", 1, stdin=b"12")
    assert f" {FAMILY} " in chosen.stderr
    assert "न्दी" in chosen.stderr

"""`charlm eval card` through the real command line."""

from __future__ import annotations

import json
import math

import pytest

from charlm.display import card_files
from charlm.display.card_table import print_card


@pytest.fixture
def runs(tiny_run):
    return {"CHARLM_RUNS": str(tiny_run)}


@pytest.fixture(scope="module")
def long(tmp_path_factory, verse):
    """A text that is long enough for an interval, with a character that the model does not know."""
    path = tmp_path_factory.mktemp("long") / "long.txt"
    path.write_text(verse.read_text().replace("mice", "rats é") * 2, encoding="utf-8")
    return path


@pytest.fixture
def carded(charlm, runs):
    def carded(*options, adapt="--no-adapt"):
        done = charlm("eval", "card", "tiny", *options, adapt, "--json", env=runs)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return carded


UNITS = ("nats_per_character", "bits_per_character", "bits_per_byte")


@pytest.mark.parametrize("options", [["--unknown", "charge"]])
def test_its_figures_are_those_of_each_command(charlm, runs, carded, long, options):
    card = carded(long, *options, adapt="--adapt")
    commands = {
        "static": [],
        "fitted temperature": ["--temperature", "fit"],
        "adapted": ["--adapt"],
        "static + n-gram": ["--mix", "ngram"],
        "static + counting": ["--mix", "ngram-counting"],
        "adapted + counting": ["--adapt", "--mix", "ngram-counting"],
    }
    assert [row["name"] for row in card["rows"]] == list(commands)
    assert sum(each["share"] for each in card["gains"]) == pytest.approx(1)
    for row, command in zip(card["rows"], commands.values(), strict=True):
        # Without kernels, torch may add up in another order the second time; learning makes such a difference grow.
        near = 1e-4 if "--adapt" in command else 2e-6
        done = charlm("eval", "perplexity", "tiny", long, *options, *command, "--json", env=runs)
        alone = json.loads(done.stdout)
        assert {name: row[name] for name in UNITS} == pytest.approx({name: alone[name] for name in UNITS}, abs=near)
        assert row["interval"] == pytest.approx(alone["interval"], abs=1e-4)
        assert (row["characters"], row["bytes"]) == (alone["characters"], alone["bytes"])
        if command[:1] == ["--temperature"]:
            assert card["protocol"]["temperature"] == alone["protocol"]["temperature"]


def test_baselines_stand_beside_the_model(carded, long, verse):
    card = carded(long)
    rows = {row["name"]: row for row in card["baselines"]}
    names = ["uniform", "unigram", "Kneser-Ney 6", "Kneser-Ney 6, counting", "PPMd 6", "xz", "bz2"]
    assert list(rows) == names
    symbols = card["protocol"]["symbols"]
    assert rows["uniform"]["nats_per_character"] == pytest.approx(math.log(symbols))
    assert rows["unigram"]["nats_per_character"] < math.log(symbols)
    assert rows["Kneser-Ney 6"]["alone"] is None
    assert rows["Kneser-Ney 6, counting"]["nats_per_character"] < rows["unigram"]["nats_per_character"]
    assert all(row["alone"]["bits_per_character"] > 0 for name, row in rows.items() if "counting" in name)
    assert card["protocol"]["training_characters"] < len(verse.read_text())


def test_what_unknown_characters_are_charged_is_the_same_in_every_row(carded, long):
    skipped, charged = carded(long), carded(long, "--unknown", "charge")
    for part in ("rows", "baselines"):
        more = [
            other["nats_per_character"] * charged["characters"] - one["nats_per_character"] * skipped["characters"]
            for one, other in zip(skipped[part], charged[part], strict=True)
        ]
        assert more[0] > 10 * 20
        assert more == pytest.approx([more[0]] * len(more))


def test_the_longest_shared_run_is_that_of_the_training_part(carded, tmp_path):
    (tmp_path / "new.txt").write_text("No\nNo\nThe rice had all been sold at dawn,\n")
    shared = carded(tmp_path / "new.txt")["shared_run"]
    assert shared["characters"] == len("\nThe rice had all been sold at ")
    assert shared["begins"] == "\nThe rice had all been sold at "
    assert carded("--split", "train")["shared_run"]["at"] == 0


def test_it_prints_tables_and_says_how_it_was_measured(charlm, runs, long):
    said = charlm("eval", "card", "tiny", long, "--order", 3, "--no-adapt", env=runs).stdout
    assert said.startswith("tiny (")
    for words in ("static + counting", "Kneser-Ney 3, counting", "protocol: ", "learns: ", "longest run"):
        assert words in said


def test_markdown_and_a_picture_are_written(charlm, runs, tmp_path, verse):
    pytest.importorskip("matplotlib")
    done = charlm("eval", "card", "tiny", verse, "--no-adapt", "--markdown", "card.md", "--png", "card.png", env=runs)
    assert done.returncode == 0, done.stderr
    assert "| static |" in (tmp_path / "card.md").read_text()
    assert (tmp_path / "card.png").read_bytes().startswith(b"\x89PNG")
    assert "drawn in card.png" in done.stderr
    done = charlm("eval", "card", "tiny", verse, "--no-adapt", "--markdown", "-", env=runs)
    assert done.stdout.startswith("### tiny")
    assert done.stdout.count("static + counting") == 1


def test_a_text_of_two_characters_has_a_card(carded, tmp_path):
    (tmp_path / "two.txt").write_text("Th")
    card = carded(tmp_path / "two.txt")
    assert card["characters"] == 1
    assert {row["interval"] is None for row in card["rows"]} == {True}


def test_records_have_a_card(charlm, tmp_path):
    (tmp_path / "names.txt").write_text("".join(f"name{n * n % 97}\n\n" for n in range(300)))
    done = charlm("train", "names.txt", "--records", "--run", "names", "--steps", 5, "-s", "model.hidden_size=16")
    assert done.returncode == 0, done.stderr
    card = json.loads(charlm("eval", "card", "names", "--no-adapt", "--json").stdout)
    alone = json.loads(charlm("eval", "perplexity", "names", "--json").stdout)
    assert card["rows"][0]["nats_per_character"] == pytest.approx(alone["nats_per_character"], abs=1e-6)
    assert card["characters"] == alone["characters"]
    assert "each record from its first" in charlm("eval", "card", "names", "--no-adapt").stdout


@pytest.mark.parametrize("unit", ["byte", "grapheme"])
def test_models_of_bytes_and_of_graphemes_have_a_card(charlm, tmp_path, unit):
    (tmp_path / "wide.txt").write_text("äöü 日本\n" * 60, encoding="utf-8")
    done = charlm(
        "train", "wide.txt", "--run", unit, "--steps", 2, "-s", "model.hidden_size=8", "-s", f"text.unit={unit}"
    )
    assert done.returncode == 0, done.stderr
    card = json.loads(charlm("eval", "card", unit, "--split", "train", "--no-adapt", "--json").stdout)
    assert card["unit"] == unit
    assert card["shared_run"]["begins"].startswith("äöü")


def refused(charlm, runs, code, *options):
    done = charlm("eval", "card", "tiny", *options, env=runs)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_what_cannot_be_written_is_refused_before_anything_is_computed(charlm, runs, tmp_path, verse, monkeypatch):
    monkeypatch.setattr("charlm.cli.evaluate_card._card", lambda *_: pytest.fail("it was computed"))
    assert "does not exist" in refused(charlm, runs, 2, verse, "--png", "nowhere/card.png")
    assert "one of the two" in refused(charlm, runs, 2, verse, "--json", "--markdown", "-")
    assert "it is a folder" in refused(charlm, runs, 2, verse, "--markdown", tmp_path)
    monkeypatch.setattr(card_files, "has_matplotlib", lambda: False)
    assert "pip install 'charlm-rnn[plot]'" in refused(charlm, runs, 2, verse, "--png", "card.png")


def test_without_pyppmd_the_card_says_what_to_install(charlm, runs, verse, monkeypatch):
    monkeypatch.setattr("charlm.evaluation.reference_scores.has_ppmd", lambda: False)
    done = charlm("eval", "card", "tiny", verse, "--no-adapt", env=runs)
    assert done.returncode == 0
    assert "pip install 'charlm-rnn[compress]'" in done.stderr
    assert "PPMd 6" in done.stdout


def test_a_text_too_short_and_an_order_out_of_range_are_refused(charlm, runs, tmp_path):
    (tmp_path / "one.txt").write_text("T")
    assert "at least two are needed" in refused(charlm, runs, 3, tmp_path / "one.txt")
    assert "--order" in refused(charlm, runs, 2, "--order", 1)


def test_a_training_text_that_has_moved_is_named(charlm, tmp_path, verse):
    text = tmp_path / "here.txt"
    text.write_bytes(verse.read_bytes())
    assert charlm("train", text, "--run", "moved", "--steps", 2, "-s", "model.hidden_size=8").returncode == 0
    text.rename(tmp_path / "there.txt")
    done = charlm("eval", "card", "moved", verse)
    assert done.returncode == 3
    assert f"charlm eval card moved {verse} --text PATH" in done.stderr
    assert charlm("eval", "card", "moved", verse, "--text", "there.txt", "--no-adapt").returncode == 0


def test_a_model_that_diverges_leaves_its_rows_out_and_says_so(charlm, runs, long, monkeypatch):
    monkeypatch.setattr("charlm.adaptation.adapting.WORST", 0.0)
    done = charlm("eval", "card", "tiny", long, "--json", env=runs)
    card = json.loads(done.stdout)
    assert [row["name"] for row in card["rows"]] == [
        "static", "fitted temperature", "static + n-gram", "static + counting",
    ]  # fmt: skip
    assert "worse than guessing" in card["diverged"]
    assert "worse than guessing" in done.stderr


def test_a_card_from_json_can_be_printed_again(carded, verse, capsys):
    print_card(carded(verse))
    assert "static" in capsys.readouterr().out

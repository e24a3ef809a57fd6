"""The form of a text, and what doctor suggests for it."""

from __future__ import annotations

import json
import random
import shlex

import pytest

from charlm.diagnosis.form import looks_like_list

WORDS = ("amber", "ash", "blue", "coral", "dusk", "fern", "gold", "ivory", "jade", "lilac", "mint", "night")
NAMES = [f"{one} {other}" for one in WORDS for other in WORDS]
PROSE = ["The owl went out to look for mice, and the mice went out to look for rice."] * 50
VERSE = ["The owl went out,", "the mice came home;", "", "the rice was sold"] * 20
CODE = ["def name(one):", "    return one", "", "x = 1"] * 20


@pytest.mark.parametrize("lines", [PROSE, VERSE, CODE, NAMES[:10], []])
def test_other_texts_do_not_look_like_a_list(lines):
    assert not looks_like_list(lines)


@pytest.mark.parametrize("end", "。！।؟")
def test_sentences_of_other_scripts_do_not_look_like_a_list(end):
    assert not looks_like_list([f"昔々ある所に{number}{end}" for number in range(50)])


def test_names_look_like_a_list():
    assert looks_like_list(NAMES)


@pytest.fixture
def doctor(charlm, tmp_path):
    """Writes a text, and gives the findings of doctor about it by name."""

    def found(text, *options, name="a text.txt"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        result = charlm("doctor", name, "--device", "cpu", "--json", *options)
        return {finding["name"]: finding for finding in json.loads(result.stdout)["findings"]}

    return found


def works(charlm, line):
    """Whether the suggested line works when it is pasted; it is not trained."""
    program, *arguments = shlex.split(line)
    result = charlm(*arguments, "--dry-run")
    return program == "charlm" and result.returncode == 0


def test_a_list_is_noticed_and_the_suggested_line_works(doctor, charlm):
    options = ("-s", "model.hidden_size=8", "-s", "training.seed=5")
    found = doctor("\n".join(NAMES), *options)
    assert found["form"]["level"] == "warn"
    line = found["form"]["facts"]["command"]
    assert all(word in shlex.split(line) for word in (*options, "--records", "a text.txt"))
    assert works(charlm, line)
    assert works(charlm, found["size"]["facts"]["command"])
    assert "model.hidden_size=8" in found["size"]["facts"]["command"]
    assert "form" not in doctor("\n".join(NAMES), "-s", "text.records=true")


def test_whole_records_are_counted(doctor):
    names = "\n".join(random.Random(1).choices(NAMES[:50], k=1000))
    records = ("-s", "text.records=true")
    split = doctor(names, *records, "-s", "text.split=contiguous")["split"]
    assert (split["level"], split["facts"]["share"]) == ("warn", 1.0)
    assert "text.split=shuffled" in split["remedy"]
    split = doctor(names, *records)["split"]
    assert (split["level"], split["facts"]["repeated"]) == ("ok", 0)


def test_a_sorted_list_under_contiguous_is_a_warning(doctor):
    found = doctor("\n".join(sorted(NAMES)), "-s", "text.records=true", "-s", "text.split=contiguous")
    assert found["note"]["level"] == "warn"
    assert "look sorted" in found["note"]["what"]


def test_the_licence_of_a_book_is_noticed(doctor):
    book = "\n".join(f"{line} {number}" for number, line in enumerate(PROSE * 4))
    licence = "You may copy it, give it away or re-use it under the terms of the licence.\n" * 8
    text = (
        f"*** START OF THE PROJECT GUTENBERG EBOOK OWLS ***\n{book}\n*** END OF THE PROJECT GUTENBERG EBOOK OWLS ***\n"
    )
    assert "form" not in doctor(text + licence)  # it is left out
    form = doctor(text + licence, "-s", "text.strip=none")["form"]
    assert "text.strip=gutenberg" in form["remedy"]
    assert form["facts"]["after"] >= len(licence)
    assert 0.5 < form["facts"]["share_of_split"] < 1
    assert "of the test split is licence" in form["what"]


def test_records_are_an_option_of_every_command_that_looks_at_a_text(charlm, tmp_path, doctor):
    """A person who was told to train with --records looks at the text with --records too."""
    found = doctor("\n".join(NAMES), "--records")
    assert "form" not in found
    assert "--records" in shlex.split(found["training"]["facts"]["command"])
    assert works(charlm, found["training"]["facts"]["command"])
    stats = charlm("data", "stats", "a text.txt", "--records")
    assert f"{len(NAMES)} records" in stats.stdout


@pytest.mark.parametrize("options", [(), ("-s", "model.hidden_size=64")])
def test_the_line_that_trains_reads_the_text_in_its_form(doctor, charlm, options):
    found = doctor("\n".join(f"owl {number},{number},a note" for number in range(60)), *options, name="t.csv")
    line = found["size" if options else "training"]["facts"]["command"]
    words = shlex.split(line)
    assert found["form"]["facts"]["arguments"][-1] in words
    assert ("training.patience=3" in words) == bool(options)
    assert works(charlm, line)


@pytest.mark.parametrize("text", ["\n" * 300, " \t\n" * 100, "a" * 300])
def test_a_text_with_nothing_to_learn_is_a_warning(doctor, text):
    found = doctor(text)["text"]
    assert found["level"] == "warn"
    assert "nothing to learn" in found["remedy"]
    assert "1 symbols" not in found["what"]


def test_mojibake_is_a_warning(doctor):
    found = doctor("Größe und Länge über alles. ".encode().decode("cp1252") * 40)
    assert found["note"]["level"] == "warn"


def test_a_licence_without_its_first_line_is_to_be_cut_away(doctor):
    text = "\n".join(PROSE) + "\n*** END OF THE PROJECT GUTENBERG EBOOK OWLS ***\n" + "Terms of it.\n" * 40
    form = doctor(text)["form"]
    assert "preface" not in form["what"]
    assert "text.strip" not in form["remedy"]
    assert "cut the licence away" in form["remedy"]


def test_a_short_text_without_validation_has_both_remedies(doctor):
    remedy = doctor("an owl, a fern", "-s", "text.splits=[1.0, 0.0, 0.0]")["text"]["remedy"]
    assert "little more than spelling" in remedy
    assert "nothing to validate on" in remedy

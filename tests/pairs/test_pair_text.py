"""A text of pairs: what is a pair, what is none, and how pairs are split."""

from __future__ import annotations

import pytest

from charlm.config.settings import Settings
from charlm.errors import TextError
from charlm.pairs.pair_text import open_pairs


def opened(path, **text):
    settings = {"text": {"sources": [str(path)], **text}, "model": {"pairs": {"kind": "encoder"}}}
    return open_pairs(Settings.model_validate(settings).text)


@pytest.fixture
def many(tmp_path):
    """300 sources, of which each third has two targets."""
    lines = [f"s{number}\tt{number}\n" for number in range(300)] + [f"s{number}\tu\n" for number in range(0, 300, 3)]
    path = tmp_path / "many.tsv"
    path.write_text("".join(lines))
    return path


def texts(pairs, opened):
    return pairs.texts(opened.corpus.vocabulary)


def test_no_source_is_in_two_splits_and_every_pair_is_in_one(many):
    found = opened(many)
    sources = {name: {source for source, _ in texts(part, found)} for name, part in found.splits.items()}
    assert sum(map(len, found.splits.values())) == 400
    assert sum(map(len, sources.values())) == len(set().union(*sources.values())) == 300
    assert all(sources.values())
    assert any("100 sources have several lines" in note for note in found.notes)


def test_sorted_lines_are_no_reason_for_a_note_since_pairs_are_shuffled(tmp_path):
    path = tmp_path / "sorted.tsv"
    path.write_text("".join(f"{number:03}\tt\n" for number in range(200)))
    assert not opened(path).notes


def test_the_split_hangs_on_its_seed_and_not_on_the_order_of_the_lines(many, tmp_path):
    turned = tmp_path / "turned.tsv"
    turned.write_text("".join(reversed(many.read_text().splitlines(keepends=True))))
    sources = [
        sorted(texts(each.split("valid"), each)) for each in (opened(many), opened(turned), opened(many, split_seed=2))
    ]
    assert sources[0] == sources[1] != sources[2]


def test_a_validation_text_of_its_own_takes_its_sources_out_of_train(many, tmp_path):
    own = tmp_path / "own.tsv"
    own.write_text("s1\tut\nstu\tt\n")
    found = opened(many, valid=[str(own)])
    assert texts(found.split("valid"), found)[0] == ("s1", "ut")
    assert "s1" not in {source for source, _ in texts(found.split("train"), found)}
    assert "one pair is left out of train: sources of the valid text are in no other split" in found.notes


def test_a_test_text_of_its_own_takes_its_sources_out_of_train_and_of_the_validation(many, tmp_path):
    whole = opened(many, splits=[0.5, 0.3, 0.2])
    known = {name: {source for source, _ in texts(whole.split(name), whole)} for name in ("train", "valid")}
    own = tmp_path / "own.tsv"
    own.write_text("".join(f"{source}\tt\n" for source in (min(known["train"]), min(known["valid"]))))
    found = opened(many, splits=[0.5, 0.3, 0.2], test=[str(own)])
    sources = {name: {source for source, _ in texts(part, found)} for name, part in found.splits.items()}
    assert not sources["test"] & (sources["train"] | sources["valid"])
    assert any("left out of valid: sources of the test text" in note for note in found.notes)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no tab here", "Line 2 has no tab: 'no tab here'"),
        ("a\tb\tc", "Line 2 has 2 tabs: 'a\\tb\\tc'"),
        ("\tb", "Line 2 has an empty source: '\\tb'"),
        ("a\t", "Line 2 has an empty target: 'a\\t'"),
    ],
)
def test_a_line_that_is_no_pair_is_named(tmp_path, line, said):
    path = tmp_path / "p.tsv"
    path.write_text(f"x\ty\n{line}\nx\tz\n")
    with pytest.raises(TextError) as raised:
        opened(path)
    assert raised.value.what == said
    assert "one tab" in raised.value.remedy


def test_a_text_without_a_tab_has_no_pairs(tmp_path):
    path = tmp_path / "p.txt"
    path.write_text("abc\ndef\n")
    with pytest.raises(TextError, match="has no tab"):
        opened(path)


def test_empty_lines_are_left_out(tmp_path):
    path = tmp_path / "p.tsv"
    path.write_text("a\tb\n\n\nc\td\n")
    assert sum(map(len, opened(path).splits.values())) == 2


@pytest.mark.parametrize(
    ("section", "name", "value", "said"),
    [
        ("text", "split", "contiguous", "their sources are split"),
        ("text", "separator", "%", "a pair is a line"),
        ("text", "column", 1, "a pair is a line"),
        ("text", "records", False, "a pair is a line"),
        ("model", "tied", True, "cannot go with pairs"),
        ("model", "attention", {"window": 4}, "cannot go with pairs"),
    ],
)
def test_settings_that_cannot_go_with_pairs_are_refused(section, name, value, said):
    settings = {"model": {"pairs": {"kind": "encoder"}}}
    settings.setdefault(section, {})[name] = value
    with pytest.raises(ValueError, match=said):
        Settings.model_validate(settings)

"""Pairs through the command line: a tiny training that learns to reverse letters, and all that is done with it."""

from __future__ import annotations

import itertools
import json
import shutil

import numpy as np
import pytest

WORDS = ["".join(word) for word in itertools.product("abcd", repeat=3)] + list(
    map("".join, itertools.product("abcd", repeat=2))
)
SMALL = ("-s", "model.hidden_size=24", "-s", "model.embedding_dim=16", "-s", "training.learning_rate=1e-2")
SOURCES = "abc\nda\ncdb\n"


@pytest.fixture(scope="module")
def learnt(charlm_once):
    """A run that reverses up to three letters. `charlm_once` runs commands in a folder that the tests share."""
    text = "".join(f"{word}\t{word[::-1]}\n" for word in WORDS)
    (charlm_once.folder / "reverse.tsv").write_text(text)
    done = charlm_once("train", "reverse.tsv", "--pairs", "--run", "reverse", "--steps", "170", *SMALL)
    assert done.returncode == 0, done.stderr
    assert "learnt" not in done.stderr
    return charlm_once


@pytest.fixture(scope="module")
def charlm_once(tmp_path_factory):
    from command_line import in_this_process

    folder = tmp_path_factory.mktemp("pairs")

    def charlm(*arguments, **named):
        return in_this_process(*arguments, env={"CHARLM_RUNS": str(folder / "runs")}, cwd=folder, **named)

    charlm.folder = folder
    return charlm


def fails(done, *said):
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("charlm: ")
    for words in said:
        assert words in done.stderr


def test_it_learns_and_converts(learnt):
    done = learnt("convert", "reverse", stdin=SOURCES)
    assert done.stdout == "cba\nad\nbdc\n"
    assert learnt("convert", "reverse", "--beam", "4", stdin=SOURCES).stdout == done.stdout
    (learnt.folder / "sources.txt").write_text(SOURCES)
    assert learnt("convert", "reverse", "sources.txt").stdout == done.stdout


def test_the_likeliest_targets_come_with_their_bits(learnt):
    lines = [
        line.split("\t") for line in learnt("convert", "reverse", "--nbest", "3", stdin=SOURCES).stdout.splitlines()
    ]
    assert [line[0] for line in lines] == [source for source in SOURCES.split() for _ in range(3)]
    assert [line[1] for line in lines[::3]] == ["cba", "ad", "bdc"]
    assert all(float(one[2]) <= float(other[2]) for one, other in itertools.pairwise(lines) if one[0] == other[0])
    found = json.loads(learnt("convert", "reverse", "--nbest", "3", "--json", stdin=SOURCES).stdout)
    assert found["beam"] == 3
    assert [one["targets"][0]["text"] for one in found["conversions"]] == ["cba", "ad", "bdc"]


def test_its_scores_beside_the_baselines(learnt):
    found = json.loads(learnt("eval", "pairs", "reverse", "--beam", "3", "--json").stdout)
    assert found["bits_per_character"] < 0.3
    assert list(found["written"]) == ["greedy", "beam 3"]
    assert found["written"]["greedy"]["exact"] >= 0.75
    assert set(found["baselines"]) == {"the source", "most frequent target", "target of the nearest source"}
    assert all(match["exact"] < 0.75 for match in found["baselines"].values())
    greedy = found["written"]["greedy"]
    assert greedy["exact_low"] <= greedy["exact"] <= greedy["exact_high"]
    shown = learnt("eval", "pairs", "reverse", "--beam", "3").stdout
    assert f"{found['bits_per_character']:.4f} bits per character" in shown
    assert "target of the nearest source" in shown


def test_pairs_of_another_file_are_scored_and_the_own_text_may_be_gone(learnt, tmp_path):
    (tmp_path / "new.tsv").write_text("abcd\tdcba\nabc\tcba\nabx\txba\n")
    run = tmp_path / "moved"
    shutil.copytree(learnt.folder / "runs" / "reverse", run)
    found = json.loads(learnt("eval", "pairs", str(run), str(tmp_path / "new.tsv"), "--json").stdout)
    assert (found["pairs"], found["split"]) == (3, None)
    assert "target of the nearest source" in found["baselines"]
    text = learnt.folder / "reverse.tsv"
    aside = text.rename(text.with_suffix(".aside"))
    try:
        found = json.loads(learnt("eval", "pairs", "reverse", str(tmp_path / "new.tsv"), "--json").stdout)
        assert list(found["baselines"]) == ["the source"]
        assert found["notes"][-1].startswith("no baselines: ")
        fails(learnt("eval", "pairs", "reverse"), "If the text of reverse has moved, name it:", "--text PATH")
        assert learnt("eval", "pairs", "reverse", "--text", str(aside)).returncode == 0
    finally:
        aside.rename(text)


def test_where_it_looks(learnt, tmp_path):
    found = json.loads(learnt("inspect", "attention", "reverse", "--source", "abc", "--json").stdout)
    assert (found["target"], found["target_symbols"]) == ("cba", ["c", "b", "a", "<end>"])
    np.testing.assert_allclose(np.sum(found["alpha"], axis=1), 1, atol=1e-4)
    shown = learnt("inspect", "attention", "reverse", "--source", "abc", "--target", "aaa")
    assert "'abc' -> 'aaa'" in shown.stderr
    assert len(shown.stdout.splitlines()) == 5
    files = [str(tmp_path / name) for name in ("look.html", "look.npz", "look.png")]
    done = learnt(
        "inspect", "attention", "reverse", "--source", "abc", "--html", files[0], "--npz", files[1], "--plot", files[2]
    )
    assert done.returncode == 0, done.stderr
    assert "Where it looks" in (tmp_path / "look.html").read_text()
    assert np.load(files[1])["alpha"].shape == (4, 3)
    assert (tmp_path / "look.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "command",
    [
        ("sample", "reverse"),
        ("eval", "perplexity", "reverse", "reverse.tsv"),
        ("eval", "card", "reverse"),
        ("eval", "bound", "reverse"),
        ("export", "torch", "reverse", "-o", "torch"),
        ("eval", "lines", "reverse"),
        ("inspect", "gates", "reverse"),
        ("inspect", "states", "reverse"),
        ("inspect", "weights", "reverse"),
        ("export", "html", "reverse"),
        ("export", "vectors", "reverse", "reverse.tsv", "-o", "v.csv"),
        ("compress", "reverse", "reverse.tsv"),
        ("serve", "reverse"),
    ],
)
def test_what_needs_a_language_model_names_the_right_command(learnt, command):
    fails(
        learnt(*command),
        "writes targets for sources",
        "charlm convert reverse < sources.txt",
        "charlm eval pairs reverse",
    )


def test_what_needs_pairs_says_so_to_a_language_model(learnt):
    (learnt.folder / "book.txt").write_text("abc def\n" * 40)
    done = learnt("train", "book.txt", "--run", "book", "--steps", "2", "-s", "model.hidden_size=4")
    assert done.returncode == 0, done.stderr
    for command in (("convert", "book"), ("eval", "pairs", "book"), ("inspect", "attention", "book", "--source", "a")):
        fails(learnt(*command, stdin="a\n"), "was not trained on pairs", "charlm train pairs.tsv --pairs")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("a\tb\n", ("Line 1 has a tab", "charlm eval pairs RUN FILE")),
        ("a\n\nb\n", ("Line 2 is empty",)),
        ("a\nxyz\n", ("Line 2 has no character that the model knows: 'xyz'",)),
    ],
)
def test_what_is_no_source_is_refused(learnt, given, said):
    fails(learnt("convert", "reverse", stdin=given), *said)


def test_strange_characters_and_long_sources_are_told(learnt):
    done = learnt("convert", "reverse", stdin="axb\nabcdabcd\n")
    assert done.returncode == 0
    assert "left out: 'x'" in done.stderr
    assert "one source is longer than any that the model was trained on (3 characters)" in done.stderr
    assert done.stdout.splitlines()[0] == "ba"


def test_a_run_is_resumed_by_its_name(learnt):
    done = learnt("train", "--resume", "reverse", "--more", "1")
    assert done.returncode == 0, done.stderr
    assert "resumed  at step 170" in done.stderr
    fails(learnt("train", "--resume", "reverse"), "has reached its length")
    plan = learnt("train", "--resume", "reverse", "--more", "5", "--dry-run")
    assert "by source" in plan.stdout


def test_a_run_is_shown_with_its_commands(learnt):
    shown = learnt("runs", "show", "reverse").stdout
    assert "charlm convert reverse < FILE" in shown
    assert "charlm eval pairs reverse" in shown
    assert "charlm sample" not in shown


def test_what_cannot_go_with_pairs(learnt):
    fails(learnt("train", "reverse.tsv", "--pairs", "encoder"), "--pairs takes no value", "model.pairs.kind=encoder")
    fails(learnt("convert", "reverse", "--beam", "0", stdin="a\n"), "--beam cannot be 0")
    fails(learnt("convert", "reverse", "--beam", "2", "--nbest", "3", stdin="a\n"), "Give --beam 3")
    (learnt.folder / "bad.tsv").write_text("a\tb\nc\n")
    fails(learnt("train", "bad.tsv", "--pairs"), "Line 2 has no tab: 'c'", "bad.tsv")


def test_what_would_be_trained(learnt):
    done = learnt("train", "reverse.tsv", "--pairs", "--dry-run", "-s", "model.pairs.kind=encoder")
    assert "pairs encoder" in done.stdout
    plan = json.loads(learnt("train", "reverse.tsv", "--pairs", "--dry-run", "--json").stdout)
    assert sum(plan["pairs"].values()) == len(WORDS)


def test_a_run_starts_from_the_weights_of_another(learnt):
    (learnt.folder / "new.tsv").write_text("".join(f"{word}x\tx{word[::-1]}\n" for word in WORDS))
    planned = learnt("train", "new.tsv", "--from", "reverse", "--dry-run", "--json")
    plan = json.loads(planned.stdout)
    assert sum(plan["pairs"].values()) == len(WORDS)
    assert plan["settings"]["training"]["batch_size"] == 128, "the preset is that of pairs"
    done = learnt("train", "new.tsv", "--pairs", "--from", "reverse", "--run", "second", "--steps", "2")
    assert done.returncode == 0, done.stderr
    assert "starts from reverse, step 17" in done.stderr
    assert "one symbol is new to it" in done.stderr
    assert "learning_rate is 0.002, half of a new model's" in done.stderr
    assert ", with 1 new symbol (" in learnt("runs", "show", "second").stdout
    assert learnt("train", "--resume", "second", "--more", "1").returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-s", "model.pairs.kind=encoder"), ("pairs attending, and model.pairs.kind=encoder asks for another one",)),
        (("-s", "model.pairs.score=general"), ("Leave model.pairs.score out",)),
        (("--latent", "line"), ("model.latent.kind=line asks for another one", "model.latent.kind (--latent) out")),
        (("-s", "text.records=false"), ("text.records",)),
        (("-s", "model.weight_drop=0.1"), ("model.weight_drop cannot go with pairs",)),
    ],
)
def test_what_another_kind_of_pairs_would_be_is_refused(learnt, words, said):
    fails(learnt("train", "reverse.tsv", "--from", "reverse", *words), *said)


def test_pairs_and_a_language_model_do_not_start_from_each_other(learnt):
    (learnt.folder / "poem.txt").write_text("abc def\n" * 40)
    done = learnt("train", "poem.txt", "--run", "poem", "--steps", "2", "-s", "model.hidden_size=4")
    assert done.returncode == 0, done.stderr
    fails(
        learnt("train", "reverse.tsv", "--pairs", "--from", "poem"),
        "The model of poem is lstm 2 x 4, and model.pairs.kind=attending asks for another one",
        "Leave model.pairs.kind (--pairs) out",
    )
    fails(learnt("train", "poem.txt", "--from", "reverse"), "Line 1 has no tab")


def test_a_training_by_time_chooses_and_says_what(learnt):
    words = ("train", "reverse.tsv", "--pairs", "--budget", "1s", "-s", "model.hidden_size=8")
    done = learnt(*words, "--run", "timed")
    assert done.returncode == 0, done.stderr
    chosen = next(line for line in done.stderr.splitlines() if "chosen: " in line)
    for name in ("batch_size", "dropout", "learning_rate", "characters a second, it", "the text", "timed for"):
        assert name in chosen
    plan = json.loads(learnt(*words, "--dry-run", "--json").stdout)
    assert plan["settings"]["training"]["batch_size"] == 128
    assert plan["settings"]["model"]["pairs"]["both_ways"]
    assert "characters a second, it" in learnt("runs", "show", "timed").stdout


@pytest.mark.parametrize("kind", ["joined", "encoder"])
def test_other_kinds_convert_and_do_not_look(learnt, kind):
    done = learnt(
        "train", "reverse.tsv", "--pairs", "--run", kind, "--steps", "2", "-s", f"model.pairs.kind={kind}", *SMALL
    )
    assert done.returncode == 0, done.stderr
    assert len(learnt("convert", kind, stdin=SOURCES).stdout.splitlines()) == 3
    fails(learnt("inspect", "attention", kind, "--source", "a"), "does not look at its sources", "--pairs")


@pytest.mark.parametrize("task", ["reverse", "copy-pairs", "sums", "dates", "roman", "case"])
def test_made_pairs(charlm, task):
    lines = charlm("data", "synthetic", task, "--lines", "20").stdout.splitlines()
    assert len(lines) == 20
    assert all(line.count("\t") == 1 for line in lines)


def test_sounds_of_words(charlm, tmp_path):
    (tmp_path / "cmudict.dict").write_text(
        "abbe AE1 B IY0\nabbe(2) AE0 B EY1 # french\na.b. EY1 B IY1\nthe DH AH0\nthe(2) DH AH1\n"
    )
    done = charlm("data", "sounds", "--from", "cmudict.dict")
    assert done.stdout == "abbe\t@bi\nabbe\t@be\nthe\tDA\n"
    done = charlm("data", "sounds", "--from", "nowhere")
    assert "The dictionary cannot be read" in done.stderr

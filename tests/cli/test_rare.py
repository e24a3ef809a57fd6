"""text.min_count through the command line: rare characters are one symbol, which is read, scored, and never written."""

from __future__ import annotations

import json
import math

import pytest
from of_a_module import SMALL, charlm_in, scored
from sampled import in_json, run

from charlm import api
from charlm.errors import TextError
from charlm.evaluation.charging import CODE_POINTS

LINES = [f"的一是不了人我在有他{'的' if n % 3 else chr(0x5000 + n)}这中大来上国" for n in range(240)]
NAME_BITS = math.log2(0x110000 - 0x800 - 17)  # the text has 16 frequent characters and the newline


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rare")


@pytest.fixture(scope="module")
def charlm(folder):
    return charlm_in(folder)


@pytest.fixture(scope="module")
def trained(folder, charlm):
    (folder / "zh.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    done = charlm("train", "zh.txt", "--run", "zh", "--steps", 20, "--json", *SMALL, "-s", "text.min_count=2")
    assert done.returncode == 0, done.stderr
    return done


def test_training_says_what_became_of_them(trained):
    assert "80 rare characters are one unknown symbol (text.min_count), which stands 80 times" in trained.stderr
    assert "18 symbols" in trained.stderr


def test_the_validation_of_training_is_the_score_of_eval_and_names_them(charlm, trained):
    valid = scored(charlm, "zh", "--split", "valid")
    assert valid["unknown_charged"] > 0
    assert valid["unknown_bits"] == pytest.approx(valid["unknown_charged"] * NAME_BITS)
    assert valid["bits_per_character"] == pytest.approx(
        json.loads(trained.stdout)["valid_bits_per_character"], abs=1e-4
    )


def test_the_training_score_counts_their_names_too(charlm, trained):
    """An untrained model gives all symbols about the same probability."""
    train = scored(charlm, "zh", "--split", "train")
    names = train["unknown_bits"] / train["characters"]
    done = charlm("train", "zh.txt", "--run", "one", "--steps", 1, "--json", *SMALL, "-s", "text.min_count=2")
    assert names > 0.3
    assert json.loads(done.stdout)["train_bits_per_character"] == pytest.approx(names + math.log2(18), abs=0.15)


def test_a_part_and_the_whole_count_the_bytes_of_the_text(charlm, trained):
    whole = scored(charlm, "zh", "zh.txt")
    assert whole["bytes"] == len("\n".join(LINES).encode()) + 1 - 3  # all but the first character
    assert (whole["unknown_characters"], whole["unknown_left_out"]) == (80, 0)
    parts = [scored(charlm, "zh", "--split", name)["unknown_charged"] for name in ("train", "valid", "test")]
    assert sum(parts) == 80


@pytest.mark.parametrize("policy", ["skip", "charge"])
def test_eval_reads_new_characters_as_it_and_charges_their_names(charlm, trained, folder, policy):
    (folder / "new.txt").write_text("我在新的国\n", encoding="utf-8")
    done = charlm("eval", "perplexity", "zh", "new.txt", "--unknown", policy)
    assert "text: 1 unknown character scored as the unknown symbol, and charged 20.1 bits" in done.stderr
    assert "'新' x 1" in done.stderr


def test_the_bytes_of_what_is_read_as_the_nearest_are_those_of_the_text(charlm, trained, folder):
    text = "我在\u2028新的国\n"  # U+2028 is read as a newline
    (folder / "near.txt").write_text(text, encoding="utf-8")
    near = scored(charlm, "zh", "near.txt", "--unknown", "nearest")
    assert (near["unknown_characters"], near["unknown_replaced"], near["unknown_charged"]) == (2, 1, 1)
    assert near["bytes"] == len(text.encode()) - 3


def test_eval_ends_with_an_error_if_asked_to(charlm, trained, folder):
    (folder / "new.txt").write_text("我在新的国\n", encoding="utf-8")
    refused = charlm("eval", "perplexity", "zh", "new.txt", "--unknown", "error")
    assert refused.returncode == 3
    assert "U+65B0" in refused.stderr


def test_a_resumed_run_reads_the_same_ids(charlm, trained):
    resumed = charlm("train", "--resume", "zh", "--more", 4, "--json", "--device", "cpu")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["step"] == 24


def test_from_keeps_the_symbol_and_new_frequent_characters_get_rows(charlm, trained, folder):
    (folder / "more.txt").write_text("我在新的国\n" * 40 + "罕\n", encoding="utf-8")
    done = charlm("train", "more.txt", "--from", "zh", "--run", "more", "--steps", 2, "--json", *SMALL[:2])
    assert done.returncode == 0, done.stderr
    assert "new to it, and begins with the mean of the others: 新" in done.stderr
    assert "one rare character is read as the unknown symbol" in done.stderr


def test_a_value_that_leaves_nothing_or_bytes_are_refused(charlm, trained):
    refused = charlm("train", "zh.txt", "--dry-run", "-s", "text.min_count=9999")
    assert refused.returncode == 3
    assert "No character of the text occurs 9,999 times" in refused.stderr
    refused = charlm("train", "zh.txt", "--dry-run", "-s", "text.min_count=2", "-s", "text.unit=byte")
    assert refused.returncode == 2
    assert "text.min_count is for characters and graphemes" in refused.stderr


def test_doctor_suggests_a_number_that_works(charlm, trained):
    findings = json.loads(charlm("doctor", "zh.txt", "--json").stdout)["findings"]
    (rare,) = [one for one in findings if "min_count" in one["facts"]]
    assert rare["facts"]["rare"] == 80
    assert rare["command"].endswith("-s text.min_count=3")


def test_data_stats_and_write(charlm, trained):
    counted = charlm("data", "stats", "zh.txt", "-s", "text.min_count=2")
    assert "80 rare characters are one unknown symbol" in counted.stdout
    assert charlm("data", "write", "zh.txt", "-s", "text.min_count=2").stdout == "\n".join(LINES) + "\n"


WAYS = (
    (), ("--temperature", 0), ("--temperature", 1_000_000), ("--top-k", 5), ("--top-p", 0.5), ("--min-p", 0.1),
    ("--repetition-penalty", 0.01), ("--prompt", "日本"), ("--prompt", "日本", "--repetition-penalty", 100),
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=" ".join(map(str, range(len(WAYS)))).split())
def test_it_is_never_written_even_if_it_is_the_likeliest(made, way):
    rare = str(made / "rare" / "step-20")
    for more in ((), ("--count", 3)):
        for sample in in_json(rare, "-n", 60, "--seed", 1, *way, *more)["samples"]:
            assert "\ufffd" not in sample["text"]
            assert len(sample["text"]) == 60


def test_it_is_never_written_in_records_and_in_conversations(made):
    records = in_json(str(made / "rare-names" / "step-20"), "--count", 5, "--seed", 1)["samples"]
    assert len(records) == 5
    assert not any("\ufffd" in record["text"] for record in records)
    rare = str(made / "rare" / "step-20")
    talked = run(rare, "-i", "-n", 20, "--seed", 1, stdin="日\n\nabc\n".encode())
    assert "\ufffd" not in talked.stdout
    chosen = run(rare, "--choose", "--seed", 1, stdin="1日2".encode())
    assert "the model does not know '日'" in chosen.stderr
    assert "\ufffd" not in chosen.stdout + chosen.stderr
    assert len(chosen.stdout.strip("\n")) <= 2


def test_a_prompt_says_what_is_read_as_it(made):
    done = run(str(made / "rare" / "step-20"), "-n", 5, "--prompt", "a日本")
    assert "prompt: 2 unknown characters read as the unknown symbol: '日' x 1, '本' x 1" in done.stderr
    assert done.stdout.startswith("a日本")


def test_the_samples_shown_in_training_never_have_it(made, folder, charlm):
    """The model of the made-up run writes almost nothing else."""
    (folder / "letters.txt").write_text("abc cab, bac.\n" * 40, encoding="utf-8")
    start = str(made / "rare" / "step-20")
    often = ("-s", "training.sample_every=0.000001", "-s", "training.sample_length=30")
    done = charlm("train", "letters.txt", "--from", start, "--run", "shown", "--steps", 3, *SMALL[:2], *often)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("sample") >= 2
    assert "\ufffd" not in done.stderr + done.stdout


def test_the_library_never_writes_it_and_charges_its_name(made):
    checkpoint = api.load(str(made / "rare" / "step-20"))
    assert "\ufffd" not in api.sample(checkpoint, "日", length=50, seed=1)
    known, unknown = (api.score(checkpoint, text) for text in ("ab", "ab日"))
    assert unknown.nats - known.nats == pytest.approx(math.log(CODE_POINTS - checkpoint.vocabulary.size + 1), abs=1e-3)
    with pytest.raises(TextError):
        api.score(checkpoint, "ab日", unknown="error")


def test_a_text_of_all_bytes_has_nothing_to_name(charlm, folder):
    (folder / "bytes.bin").write_bytes(bytes(range(256)) * 8)
    done = charlm("train", "bytes.bin", "--run", "bytes", "--steps", 1, *SMALL, "-s", "text.unit=byte")
    assert done.returncode == 0, done.stderr

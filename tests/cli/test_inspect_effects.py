"""`charlm inspect saliency`, `patch`, `lens`, `context` and `weights` through the real command line."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

COMMANDS = {
    "saliency": ("saliency", "tiny", "--prompt", "The owl went out to "),
    "patch": ("patch", "tiny", "--from", "The owl", "--into", "The mice", "--unit", "2:3", "--then", " we"),
    "ranks": ("patch", "tiny", "--from", "The owl", "--into", "The mice"),
    "lens": ("lens", "tiny", "--length", 200),
    "context": ("context", "tiny", "--longest", 20, "--positions", 40),
    "weights": ("weights", "tiny", "--fresh"),
    "gates": ("gates", "tiny", "tiny", "--fresh"),
    "gradients": ("gradients", "tiny", "tiny", "--fresh", "--distance", 9, "--positions", 4),
}


@pytest.fixture
def inspect(charlm, tiny_run):
    """Run `charlm inspect` on the run `tiny`."""

    def run(*arguments):
        return charlm("inspect", *arguments, env={"CHARLM_RUNS": str(tiny_run)})

    return run


def json_of(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def refused(result, code, *words):
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    said = " ".join(result.stderr.splitlines()[-3:])
    assert all(word in said for word in words), said


@pytest.mark.parametrize("name", COMMANDS)
def test_each_has_a_terminal_form_json_arrays_and_a_page(inspect, tmp_path, name):
    asked = COMMANDS[name]
    shown = inspect(*asked)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout
    assert json_of(inspect(*asked, "--json"))
    written = inspect(*asked, "--npz", "found.npz", "--html", "found.html")
    assert written.returncode == 0, written.stderr
    assert written.stdout == ""
    with np.load(tmp_path / "found.npz") as arrays:
        assert len(arrays.files) >= 2
        assert all(arrays[key].size for key in arrays.files)
    page = (tmp_path / "found.html").read_text(encoding="utf-8")
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r"""(src|href)=["']?(?!#)|style=""", page)
    refused(inspect(*asked, "--html", "found.html"), 2, "--force")
    assert inspect(*asked, "--html", "found.html", "--force").returncode == 0


def test_integrated_gradients_of_a_prompt_add_up(inspect):
    found = json_of(inspect(*COMMANDS["saliency"], "--json"))
    total = found["log_probability"] - found["log_probability_of_zeros"]
    assert found["sum"] == pytest.approx(total, rel=0.01)
    assert sum(found["integrated_nats"]) == pytest.approx(found["sum"])
    assert "".join(found["symbols"]) == "The owl went out to "
    assert len(found["target"]) == 1


def test_a_place_in_a_text_is_explained_with_its_own_character(inspect, verse):
    text = verse.read_text(encoding="utf-8")
    found = json_of(inspect("saliency", "tiny", verse, "--at", 500, "--last", 30, "--json"))
    assert found["target"] == text[500]
    assert "".join(found["symbols"]) == text[470:500]
    line, column = text[:500].count("\n") + 1, 500 - text[:500].rindex("\n")
    assert json_of(inspect("saliency", "tiny", verse, "--at", f"{line}:{column}", "--last", 30, "--json")) == found
    other = json_of(inspect("saliency", "tiny", "--text", verse, "--at", 500, "--target", "w", "--json"))
    assert other["target"] == "w"
    assert json_of(inspect("saliency", "tiny", verse, "--json"))["target"] == text[-1]


def test_the_check_with_shuffled_weights_is_printed(inspect):
    result = inspect(*COMMANDS["saliency"], "--check")
    assert "check with shuffled recurrent weights" in result.stderr
    found = json_of(inspect("saliency", "tiny", "--check", "--json"))["check"]  # of 100 characters: chance is +-0.1
    assert found["passed"]
    assert (found["limit"], len(found["integrated"])) == (0.3, 5)
    assert all(-1 <= each <= 1 for each in found["integrated_magnitudes"])
    assert "too few characters to tell" in inspect("saliency", "tiny", "--prompt", "The owl", "--check").stderr


def test_a_patch_of_a_text_into_itself_moves_nothing(inspect):
    asked = ("patch", "tiny", "--from", "The owl", "--into", "The owl", "--unit", "1", "--unit", "2:0-31")
    for direction in json_of(inspect(*asked, "--then", " went", "--json"))["directions"]:
        assert direction["kl_nats"] == [0] * 6
        assert direction["before"] == direction["patched"]
        assert direction["recovered"] is None


def test_both_layers_together_are_the_whole_of_the_other_text(inspect):
    asked = ("patch", "tiny", "--from", "The owl", "--into", "The mice", "--unit", "1,2")
    found = json_of(inspect(*asked, "--json"))["directions"]
    assert [each["recovered"] for each in found] == pytest.approx([1, 1], abs=1e-3)
    ranks = json_of(inspect(*COMMANDS["ranks"], "--json"))["ranks"]
    assert len(ranks) == 64
    assert ranks[0]["kl_nats"] >= ranks[-1]["kl_nats"] >= 0


def test_the_last_lens_is_the_model(inspect):
    found = json_of(inspect("lens", "tiny", "--length", 400, "--json"))
    assert [each["lens"] for each in found["lenses"]] == ["layer 1", "layer 1, fitted", "layer 2"]
    assert found["lenses"][-1]["agreement"] == 1


def test_a_longer_context_costs_less(inspect, tiny_run):
    found = json_of(inspect(*COMMANDS["context"], "--json"))
    assert found["lengths"] == [1, 2, 4, 8, 16, 20]
    assert found["nats_per_character"][0] > found["nats_per_character"][-1]
    assert found["excess_nats"][-1] == 0
    assert inspect(*COMMANDS["context"], "--plot", "context.png").returncode == 0
    assert inspect(*COMMANDS["context"]).returncode == 0
    assert (tiny_run / "tiny" / "context.png").is_file()


def test_weights_before_training_stand_beside_those_after_it(inspect):
    found = json_of(inspect("weights", "tiny", "--fresh", "--json"))
    assert len(found["trained"]["spectra"]) == len(found["fresh"]["spectra"]) == 8
    assert all(each["radius"] == pytest.approx(1, abs=1e-4) for each in found["fresh"]["spectra"])
    assert [each["layer"] for each in found["trained"]["units"]] == [1, 2]
    shown = inspect("weights", "tiny", "--fresh").stdout
    assert "before training" in shown
    assert "forget" in shown


def test_a_model_of_records_is_read_from_the_beginning_of_a_record(charlm, tmp_path):
    names = "".join(f"{a}{b}{c}\n" for a in "kmnp" for b in "aeiou" for c in "lrst")
    (tmp_path / "names.txt").write_text(names, encoding="utf-8")
    small = ("-s", "model.hidden_size=8", "-s", "model.cell=gru", "--device", "cpu")
    assert charlm("train", "names.txt", "--records", "--run", "r", "--steps", 5, *small).returncode == 0
    found = json_of(charlm("inspect", "saliency", "r", "--prompt", "ka", "--json"))
    assert found["symbols"] == ["\n", "k", "a"]
    assert json_of(charlm("inspect", "saliency", "r", "--prompt", "", "--json"))["symbols"] == ["\n"]
    found = json_of(charlm("inspect", "saliency", "r", "names.txt", "--at", 6, "--json"))
    assert found["symbols"] == ["\n", names[4], names[5]]
    assert json_of(charlm("inspect", "patch", "r", "--from", "", "--into", "k", "--unit", "1", "--json"))
    assert json_of(charlm("inspect", "lens", "r", "names.txt", "--json"))["characters"] > 100
    found = json_of(charlm("inspect", "context", "r", "names.txt", "--longest", 64, "--json"))
    assert found["places"] == len(names)
    assert found["excess_nats"][2:] == pytest.approx([0] * 5)
    assert charlm("inspect", "weights", "r").returncode == 0
    assert json_of(charlm("inspect", "gates", "r", "--json"))["runs"][0]["trained"]
    asked = ("inspect", "gradients", "r", "--text", "names.txt", "--distance", 8)
    curve = json_of(charlm(*asked, "--json"))["runs"][0]["trained"]
    assert [each is None for each in curve["median"]] == [False] * 4 + [True] * 5
    shown = charlm(*asked, "--plot", "g.png", "--fresh")
    assert shown.returncode == 0, shown.stderr
    assert "none" in shown.stdout
    assert charlm(*asked, "--html", "g.html").returncode == 0


def test_a_model_of_bytes_shows_whole_characters(charlm, tmp_path):
    (tmp_path / "t.txt").write_text("größer, süßer, größer.\n" * 40, encoding="utf-8")
    small = ("-s", "model.hidden_size=8", "-s", "text.unit=byte", "--device", "cpu")
    assert charlm("train", "t.txt", "--run", "r", "--steps", 3, *small).returncode == 0
    shown = charlm("inspect", "saliency", "r", "--prompt", "größer, sü")
    assert shown.returncode == 0, shown.stderr
    assert "größer, sü" in shown.stdout
    assert len(json_of(charlm("inspect", "saliency", "r", "--prompt", "größer, sü", "--json"))["symbols"]) == 13
    assert "größer" in charlm("inspect", "lens", "r", "t.txt").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("saliency", "tinny"), 4, ["Did you mean tiny?"]),
        (("saliency", "tiny", "--prompt", ""), 2, ["The prompt is empty"]),
        (("saliency", "tiny", "--prompt", "漢字"), 3, ["knows no character"]),
        (("saliency", "tiny", "--prompt", "The", "--target", "漢"), 2, ["'漢' is not one symbol", "such as"]),
        (("saliency", "tiny", "--prompt", "The", "--at", 3), 2, ["--at and --prompt"]),
        (("saliency", "tiny", "--prompt", "T", "--check"), 2, ["--check"]),
        (("saliency", "tiny", "--at", 0), 2, ["--at must be a number from 1"]),
        (("saliency", "tiny", "--at", 10**7), 2, ["--at"]),
        (("saliency", "tiny", "--at", "end"), 2, ["names no place", "LINE:COLUMN"]),
        (("saliency", "tiny", "--at", "10000:1"), 2, ["no line 10000"]),
        (("saliency", "tiny", "--at", "1:900"), 2, ["no column 900"]),
        (("saliency", "tiny", "nothing.txt"), 3, ["nothing.txt"]),
        (("saliency", "tiny", "x.txt", "--text", "x.txt"), 2, ["named twice"]),
        (("saliency", "tiny", "--prompt", "The", "--json", "--html", "-"), 2, ["standard output"]),
        (("patch", "tiny", "--from", "The"), 2, ["There is no text after --into"]),
        (("patch", "tiny", "--from", "", "--into", "The"), 2, ["empty"]),
        (("patch", "tiny", "--from", "a", "--into", "b", "--unit", "3:1"), 2, ["no layer 3", "Layers: 1, 2"]),
        (("patch", "tiny", "--from", "a", "--into", "b", "--unit", "2:32"), 2, ["units 0 to 31"]),
        (("patch", "tiny", "--from", "a", "--into", "b", "--unit", "c7"), 2, ["names no unit"]),
        (("patch", "tiny", "--from", "a", "--into", "b", "--then", "c"), 2, ["--unit"]),
        (("lens", "tiny", "--layer", 2), 2, ["layer 1 is below it"]),
        (("lens", "tiny", "--prompt", "T"), 3, ["2 are needed"]),
        (("context", "tiny", "--longest", 5000), 3, ["--longest"]),
        (("context", "tiny", "--positions", 0), 2, ["--positions"]),
        (("weights", "tiny", "nothing.txt"), 3, ["nothing.txt"]),
    ],
)
def test_bad_input_is_said_and_what_to_do(inspect, arguments, code, words):
    refused(inspect(*arguments), code, *words)


def test_characters_of_a_prompt_that_are_unknown_are_left_out_and_named(inspect):
    result = inspect("saliency", "tiny", "--prompt", "The 漢 owl", "--json")
    assert "".join(json_of(result)["symbols"]) == "The  owl"
    assert "--prompt: 1 unknown character left out" in result.stderr


def test_a_model_of_one_layer_has_no_layer_below(charlm, verse):
    small = ("--steps", 1, "--run", "r", "-s", "model.hidden_size=8", "-s", "model.num_layers=1", "--device", "cpu")
    assert charlm("train", verse, *small).returncode == 0
    refused(charlm("inspect", "lens", "r"), 2, "one layer", "model.num_layers=2")


def test_weights_are_shown_without_the_text_and_units_are_not(charlm, verse, tmp_path):
    text = tmp_path / "book.txt"
    text.write_bytes(verse.read_bytes())
    assert (
        charlm("train", text, "--steps", 1, "--run", "r", "-s", "model.hidden_size=8", "--device", "cpu").returncode
        == 0
    )
    text.unlink()
    result = charlm("inspect", "weights", "r", "--json")
    found = json_of(result)
    assert found["trained"]["units"] == []
    assert found["trained"]["spectra"]
    assert "units are not looked at" in result.stderr


def test_what_a_stranger_wrote_cannot_control_the_terminal_or_the_page(inspect, tmp_path, verse):
    (tmp_path / "evil.txt").write_text(verse.read_text(encoding="utf-8")[:300], encoding="utf-8")
    page = inspect("saliency", "tiny", "--prompt", "</script><script>alert(1)</script> owl", "--html", "-").stdout
    assert "<script>alert" not in page

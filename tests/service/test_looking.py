"""/score, /surprise, /states and /card: the numbers of the commands, over HTTP."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from charlm.checkpoint import load_checkpoint
from charlm.runs import find_checkpoint

VERSE = "The owl came home and ate the moon.\nThe mice went out\n"


@pytest.fixture(scope="module")
def scored(charlm_json, tmp_path_factory):
    path = tmp_path_factory.mktemp("scored") / "verse.txt"
    path.write_text(VERSE)
    return charlm_json("eval", "perplexity", "tiny", path, "--json")


@pytest.fixture(scope="module")
def charlm_json(served_runs):
    from command_line import in_this_process

    def run(*arguments):
        result = in_this_process(*arguments, env={"CHARLM_RUNS": str(served_runs)})
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def test_a_score_is_that_of_eval(server, scored):
    found = server.post("score", {"text": VERSE}).json()
    assert found["characters"] == len(VERSE) - 1
    assert found["bits_per_character"] == pytest.approx(scored["bits_per_character"], abs=1e-9)


def test_bits_of_characters_add_up_to_the_score(server):
    found = server.post("surprise", {"text": VERSE}).json()
    whole = server.post("score", {"text": VERSE}).json()
    assert "".join(found["symbols"]) == VERSE
    assert found["bits"][0] is None
    assert sum(found["bits"][1:]) * math.log(2) == pytest.approx(whole["nats"], abs=0.01)
    assert found["likeliest"][0] is None
    assert all(len(best) == 5 and best[0][1] >= best[4][1] for best in found["likeliest"][1:])


def test_a_record_is_scored_to_its_end(server):
    found = server.post("surprise", {"text": "annbel", "model": "names"}).json()
    assert "".join(found["symbols"]) == "annbel\n"
    assert None not in found["bits"]


def test_states_are_those_of_the_definition(server, served_runs):
    found = server.post("states", {"text": VERSE, "layer": 1}).json()
    model = load_checkpoint(find_checkpoint(served_runs, "tiny")).model
    assert {len(values) for values in found["values"].values()} == {len(VERSE)}
    assert {len(row) for values in found["values"].values() for row in values} == {32}
    ids = np.array(
        [load_checkpoint(find_checkpoint(served_runs, "tiny")).vocabulary.symbols.index(one) for one in VERSE]
    )
    _, state = model.forward(ids[:, None], model.fresh_state(1))
    assert list(found["values"]) == ["h", "c", "input", "forget", "output"]
    for name in ("h", "c"):
        assert found["values"][name][-1] == pytest.approx(getattr(state[0], name)[0].tolist(), abs=1e-4)


def test_one_value_may_be_asked_for(server):
    """By the name that it has in `charlm inspect states --value`: of an lstm, `output` is its gate."""
    found = server.post("states", {"text": VERSE, "value": "output"}).json()
    assert list(found["values"]) == ["output"]
    assert all(0 < one < 1 for row in found["values"]["output"] for one in row)


def test_a_card_has_what_a_client_should_know(server):
    found = server.get("card?model=names").json()
    assert (found["model"], found["records"]) == ("names", True)
    assert found["scores"]["valid_bits_per_character"] > 0
    assert server.get("card").json()["model"] == "tiny"


WRONG = [
    ("score", {"text": ""}, 400, "has no characters"),
    ("score", {"text": "T"}, 400, "has one character"),
    ("score", {"text": "☃☃☃"}, 400, "that the model knows"),
    ("score", {"text": 3}, 400, "text must be a text"),
    ("score", {}, 400, "text must be a text"),
    ("score", {"text": VERSE, "unknown": "drop"}, 400, "unknown must be one of"),
    ("score", {"text": VERSE + "☃", "unknown": "error"}, 400, "☃"),
    ("score", {"text": VERSE, "model": "teny"}, 404, "Did you mean tiny?"),
    ("surprise", {"text": VERSE, "k": 3}, 400, "There is no parameter 'k'"),
    ("states", {"text": VERSE, "layer": 3}, 400, "layer must be a whole number from 1 to"),
    ("states", {"text": VERSE, "value": "memory7"}, 400, "has no value 'memory7'"),
    ("states", {"text": VERSE, "value": ["output"]}, 400, "has no value"),
    ("states", {"text": VERSE * 200}, 400, "Send a part of it"),
]


@pytest.mark.parametrize(
    ("path", "body", "status", "said"), WRONG, ids=[f"{path}: {said}" for path, _, _, said in WRONG]
)
def test_a_wrong_look_is_refused_and_named(server, path, body, status, said):
    answer = server.post(path, body)
    assert (answer.status_code, said in answer.json()["error"]["message"]) == (status, True), answer.text


def test_the_model_may_be_left_out(server):
    assert server.post("score", {"text": VERSE}).json()["model"] == "tiny"

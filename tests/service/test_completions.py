"""Completions: what `charlm sample` writes, in OpenAI's form, whoever else asks at the same time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

PROMPT = "The owl "


@pytest.fixture(scope="module")
def client(server):
    import openai  # late: it takes a second, which other processes of the suite need not spend

    with openai.OpenAI(base_url=f"{server.url}v1", api_key="none", max_retries=0) as made:
        yield made


def sampled(charlm, served_runs, *arguments, run="tiny"):
    """The texts of `charlm sample`, without the prompt."""
    result = charlm("sample", run, "--json", *arguments, env={"CHARLM_RUNS": str(served_runs)})
    assert result.returncode == 0, result.stderr
    return [each["text"] for each in json.loads(result.stdout)["samples"]]


def streamed(client, **body):
    events = list(client.completions.create(model="tiny", stream=True, **body))
    choices = [choice for event in events for choice in event.choices]
    return "".join(choice.text for choice in choices), events


def test_a_seed_gives_the_text_of_charlm_sample(server, charlm, served_runs):
    body = {"prompt": PROMPT, "max_tokens": 150, "seed": 7, "temperature": 0.8}
    own = sampled(charlm, served_runs, "--prompt", PROMPT, "-n", 150, "--seed", 7)
    assert server.text(**body) == own[0]


def test_n_texts_are_the_samples_of_one_seed(server, charlm, served_runs):
    found = server.complete(prompt=PROMPT, max_tokens=40, seed=3, temperature=0.8, n=5)
    own = sampled(charlm, served_runs, "--prompt", PROMPT, "-n", 40, "--seed", 3, "--count", 5)
    assert [choice["text"] for choice in found["choices"]] == own
    assert [choice["index"] for choice in found["choices"]] == list(range(5))


def test_rules_of_decoding_are_those_of_charlm_sample(server, charlm, served_runs):
    options = {"top_p": 0.9, "top_k": 12, "min_p": 0.01, "frequency_penalty": 0.3, "presence_penalty": -0.1}
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    own = sampled(charlm, served_runs, "--prompt", PROMPT, "-n", 80, "--seed", 5, "--temperature", 1.2, *words)
    assert server.text(prompt=PROMPT, max_tokens=80, seed=5, temperature=1.2, **options) == own[0]


def test_records_end_as_those_of_charlm_sample(server, charlm, served_runs):
    found = server.complete(model="names", prompt="an", max_tokens=200, seed=2, temperature=0.8, n=4)
    own = sampled(charlm, served_runs, "--prompt", "an", "--seed", 2, "--count", 4, run="names")
    assert [choice["text"] for choice in found["choices"]] == own
    assert {choice["finish_reason"] for choice in found["choices"]} == {"stop"}


def asked(number):
    """Requests of many kinds: each has its own prompt, seed, rules and length."""
    body = {"prompt": PROMPT * (number % 5) + "o" * (number % 3), "max_tokens": 20 + 7 * (number % 13), "seed": number}
    match number % 6:
        case 0:
            return {**body, "temperature": 0.5 + number / 40}
        case 1:
            return {**body, "top_p": 0.8}
        case 2:
            return {**body, "logprobs": 2}
        case 3:
            return {**body, "model": "names", "n": 3}
        case 4:
            return {**body, "stop": ["the", "\n"]}
    return body


def test_64_at_once_give_the_texts_of_one_by_one(server):
    bodies = [asked(number) for number in range(64)]
    alone = [server.complete(**body)["choices"] for body in bodies]
    with ThreadPoolExecutor(64) as threads:
        together = list(threads.map(lambda body: server.complete(**body)["choices"], bodies))
    assert together == alone


def test_a_stream_has_the_text_of_the_whole(client, server):
    body = {"prompt": PROMPT, "max_tokens": 900, "seed": 4, "temperature": 1.0}
    text, events = streamed(client, **body, stream_options={"include_usage": True})
    assert text == server.text(**body)
    assert events[-1].usage.completion_tokens == 900
    assert events[-1].usage.prompt_tokens == len(PROMPT)
    assert [choice.finish_reason for event in events for choice in event.choices][-1] == "length"


def test_a_stop_text_ends_the_text_before_it_also_in_a_stream(client, server):
    body = {"prompt": PROMPT, "max_tokens": 600, "seed": 4, "temperature": 1.0}
    whole = server.text(**body)
    stop = whole[200:204]
    text, events = streamed(client, **body, stop=[stop])
    assert text == whole[: whole.index(stop)]
    assert events[-1].choices[0].finish_reason == "stop"


def test_probabilities_of_symbols_are_those_of_charlm_sample(client, charlm, served_runs):
    found = client.completions.create(model="tiny", prompt=PROMPT, max_tokens=30, seed=1, temperature=0.8, logprobs=3)
    result = charlm(
        "sample", "tiny", "--prompt", PROMPT, "-n", 30, "--seed", 1, "--json", "--show-probabilities",
        env={"CHARLM_RUNS": str(served_runs)},
    )  # fmt: skip
    own = json.loads(result.stdout)["samples"][0]
    logprobs = found.choices[0].logprobs
    assert "".join(logprobs.tokens) == found.choices[0].text == own["text"]
    assert logprobs.text_offset == list(range(30))
    assert logprobs.token_logprobs == pytest.approx([one["logprob"] for one in own["probabilities"]], abs=1e-6)
    assert all(len(likeliest) == 3 for likeliest in logprobs.top_logprobs)


def test_probabilities_end_with_the_text_that_a_stop_text_cuts(server):
    body = {"prompt": PROMPT, "max_tokens": 300, "seed": 4, "temperature": 1.0, "logprobs": 0}
    stop = server.text(**body)[50:53]
    choice = server.complete(**body, stop=stop)["choices"][0]
    assert "".join(choice["logprobs"]["tokens"]) == choice["text"]


def test_an_echo_has_the_prompt_and_its_probabilities(server):
    found = server.complete(prompt=PROMPT, max_tokens=5, seed=1, echo=True, logprobs=1)["choices"][0]
    assert found["text"].startswith(PROMPT)
    assert len(found["text"]) == len(PROMPT) + 5
    logs = found["logprobs"]["token_logprobs"]
    assert "".join(found["logprobs"]["tokens"]) == found["text"]
    assert logs[0] is None
    assert all(log < 0 for log in logs[1:])


def test_an_echo_without_a_text_scores_the_prompt(server):
    """What programs that measure models ask for."""
    verse = "The owl came home and ate the moon."
    found = server.complete(prompt=verse, max_tokens=0, echo=True, logprobs=0)["choices"][0]
    assert found["text"] == verse
    nats = server.post("score", {"text": verse}).json()["nats"]
    # the model that draws has rounded weights, the one that scores has not
    assert -sum(found["logprobs"]["token_logprobs"][1:]) == pytest.approx(nats, rel=0.02)


def test_several_prompts_have_their_texts_in_order(server):
    prompts = ["The owl ", "The mice ", ""]
    body = {"max_tokens": 30, "seed": 9}
    found = server.complete(prompt=prompts, n=2, **body)["choices"]
    assert [choice["index"] for choice in found] == list(range(6))
    assert [found[2 * number]["text"] for number in range(3)] == [server.text(prompt=one, **body) for one in prompts]


def test_characters_that_the_model_does_not_know_are_told(server):
    found = server.complete(prompt="The owl ☃☃ ", max_tokens=5, seed=1)
    assert found["notes"] == ["2 characters of the prompt that the model does not know: left out ('☃')"]
    assert found["choices"][0]["text"] == server.text(prompt="The owl  ", max_tokens=5, seed=1)
    assert "notes" not in server.complete(prompt=PROMPT, max_tokens=5)


def test_a_temperature_of_nothing_is_greedy(server):
    assert len({server.text(prompt=PROMPT, max_tokens=50, temperature=0, seed=seed) for seed in range(3)}) == 1


WRONG = [
    ({"temperature": -1}, 400, "temperature cannot be -1"),
    ({"temperature": "hot"}, 400, "temperature must be a number"),
    ({"temperature": 1e999}, 400, "not JSON"),
    ({"top_p": 2}, 400, "top_p cannot be 2"),
    ({"max_tokens": -5}, 400, "max_tokens must be a whole number from 0 to 65,536"),
    ({"max_tokens": 1.5}, 400, "max_tokens must be a whole number"),
    ({"max_tokens": 60_000, "n": 2}, 400, "120,000 symbols"),
    ({"n": 65}, 400, "n must be a whole number from 1 to 64"),
    ({"n": 40, "prompt": ["a", "b"]}, 400, "80 texts at once"),
    ({"prompt": [1, 2]}, 400, "prompt must be a text"),
    ({"prompt": {"a": 1}}, 400, "prompt must be a text"),
    ({"prompt": []}, 400, "prompt must have from 1 to 64"),
    ({"stop": ["a"] * 5}, 400, "stop must be"),
    ({"stop": ""}, 400, "stop must be"),
    ({"seed": -1}, 400, "seed must be"),
    ({"logprobs": 6}, 400, "logprobs must be"),
    ({"stream": "yes"}, 400, "stream must be true or false"),
    ({"stream_options": 3}, 400, "stream_options must be an object"),
    ({"suffix": "end"}, 400, "no suffix"),
    ({"best_of": 3}, 400, "best_of must be n"),
    ({"logit_bias": {"☃": 1}}, 400, "logit_bias is for one of"),
    ({"logit_bias": [1]}, 400, "logit_bias must map"),
    ({"temprature": 1}, 400, "Did you mean temperature?"),
    ({"model": "tinny"}, 404, "Did you mean tiny?"),
    ({"model": 7}, 400, "model must be a name"),
    ({"prompt": "\ud800"}, 400, "lone surrogate"),
]


@pytest.mark.parametrize(("body", "status", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_a_wrong_parameter_is_refused_and_named(server, body, status, said):
    answer = server.client.post(
        f"{server.url}v1/completions", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


def test_the_client_raises_its_own_errors(client):
    import openai

    with pytest.raises(openai.BadRequestError, match="temperature cannot be -1"):
        client.completions.create(model="tiny", prompt="", temperature=-1)
    with pytest.raises(openai.NotFoundError, match="There is no model"):
        client.completions.create(model="other", prompt="")


def test_models_are_listed(client):
    assert [model.id for model in client.models.list()] == ["tiny", "names"]

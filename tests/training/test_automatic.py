"""What is chosen when a training by time begins: from a speed that is measured, and counted."""

import re

import pytest

from charlm.checkpoint.kinds_of_model import count_parameters_of
from charlm.config.automatic import AUTOMATIC
from charlm.config.given import dotted
from charlm.config.resolving import resolve_to_train
from charlm.device import Compute
from charlm.text.corpus import open_corpus
from charlm.training import automatic
from charlm.training.automatic import choose
from charlm.training.events import Finished, Started
from charlm.training.experiment import begin
from charlm.training.rule import LANES, MOST_LANES, MOST_VALIDATIONS, WIDTHS
from charlm.training.speed import Speed
from charlm.training.task_kinds import opened, read_as

CPU = Compute("cpu", "fp32", "a CPU", 1)


@pytest.fixture
def speeds(monkeypatch):
    """A function that sets the speed of every model: so many parameters times characters a second."""
    timed = []

    def of(products):
        def measured(task, seconds):
            timed.append(task.settings.model.hidden_size)
            return Speed(products / count_parameters_of(task.settings.model, task.vocabulary.size), 0.5)

        monkeypatch.setattr(automatic, "measure_speed", measured)
        return timed

    return of


def choice(verse, budget, *overrides):
    given = {"training.budget": budget, "text.sources": [str(verse)], "training.device": "cpu"}
    resolved = resolve_to_train(None, overrides, given)
    text = opened(resolved.settings, open_corpus(read_as(resolved.settings)))
    return choose(resolved.settings, resolved.automatic, text)


def test_a_faster_machine_and_more_time_make_a_wider_model_until_the_text_is_too_short(verse, speeds):
    def width(text, budget):
        return choice(text, budget).settings.model.hidden_size

    speeds(1e9)
    slow, longer, longest = width("alice", "20s"), width("alice", "1h"), width("alice", "10h")
    speeds(1e10)
    assert WIDTHS[0] < slow < width("alice", "20s") < longer == longest
    assert width(verse, "1h") < longer


def test_every_open_setting_is_chosen_and_no_other(verse, speeds):
    speeds(1e9)
    made = choice(verse, "20s", "training.learning_rate=0.003")
    values = dotted(made.settings)
    assert set(made.chosen) - {"training.budget"} == set(AUTOMATIC) - {"training.learning_rate"}
    assert all(values[name] == value for name, value in made.chosen.items())
    assert values["training.learning_rate"] == 0.003
    assert f"hidden_size {made.settings.model.hidden_size}" in made.note()


def test_a_short_text_ends_the_training_when_it_was_read_often_enough(verse, speeds):
    speeds(1e10)
    made = choice("alice", "20s")
    assert "training.budget" not in made.chosen
    made = choice("alice", "10h")
    assert 60 < made.settings.training.budget == made.chosen["training.budget"] < 3600
    assert re.search(r"would read the text [\d,]+ times, and \d+ are enough", made.note())
    kept = choice("alice", "10h", "model.dropout=0.1")  # who chooses what is dropped chooses how long
    assert kept.settings.training.budget == 36_000


def test_a_list_of_names_is_read_in_more_lanes_than_a_book(tmp_path, verse, speeds):
    speeds(1e9)
    (tmp_path / "names.txt").write_text("".join(f"name{number}\n" for number in range(2000)))
    of_names = choice(tmp_path / "names.txt", "20s", "text.records=true")
    assert 700 < of_names.settings.training.batch_size * 9 < 1300
    assert of_names.chosen["training.batch_size"] == of_names.settings.training.batch_size
    assert choice(verse, "20s").settings.training.batch_size == LANES


def test_pairs_are_chosen_for_by_the_characters_of_their_targets(tmp_path, speeds):
    speeds(1e9)
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{'source' * 5}{number}\t{number}\n" for number in range(1000, 9000)))
    kind = "model.pairs.kind=encoder"
    made = choice(path, "20s", kind)
    assert set(made.chosen) - {"training.budget"} == set(AUTOMATIC) - {"model.cell", "training.weight_decay"}
    assert made.settings.training.batch_size == MOST_LANES  # five characters a target
    wider = choice(path, "20m", kind).settings.model.hidden_size
    assert WIDTHS[0] <= made.settings.model.hidden_size < wider
    timed = choice(path, "20s", kind, "model.hidden_size=40")
    read = 1e9 * 20 / count_parameters_of(timed.settings.model, 18) / (0.9 * 8000 * 5)
    assert f"the text {read:.1f} times" in timed.note()


def test_a_model_with_latents_is_chosen_for_by_its_own_size(tmp_path, speeds):
    (tmp_path / "names.txt").write_text("".join(f"name{number}\n" for number in range(9000)))
    timed = speeds(1e9)
    made = choice(tmp_path / "names.txt", "20s", "model.latent.kind=vrnn")
    assert set(made.chosen) == set(AUTOMATIC) - {"training.weight_decay"}
    assert made.settings.model.dropout_kind == "standard"  # it goes step by step
    alone = choice(tmp_path / "names.txt", "20s", "text.records=true")
    assert len(timed) == 4
    assert made.settings.model.hidden_size < alone.settings.model.hidden_size


def test_a_short_training_is_validated_less_often(speeds):
    speeds(1e9)
    often = [choice("alice", budget).settings.training.validations for budget in ("1s", "10s", "2m")]
    assert often == sorted(often)
    assert (often[0], often[-1]) == (1, MOST_VALIDATIONS)


@pytest.mark.parametrize(("budget", "share"), [("1s", 0.25), ("2m", 0.05)])
def test_the_budget_has_room_for_the_first_validation(speeds, budget, share):
    speeds(1e9)
    made = choice("alice", budget)
    assert 0 < made.validation_seconds <= share * made.settings.training.budget


def test_a_width_that_is_given_is_the_one_that_is_timed(verse, speeds):
    timed = speeds(1e9)
    made = choice(verse, "20s", "model.hidden_size=40")
    assert timed == [40]
    assert made.settings.model.hidden_size == 40


def test_a_real_measurement_is_short_said_and_counted(verse, tmp_path, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path))
    resolved = resolve_to_train(None, ["model.hidden_size=8"], {"training.budget": "1s", "text.sources": [str(verse)]})
    training = begin(resolved.settings, automatic=resolved.automatic)
    assert training.spent > 0
    assert any(f"timed for {training.spent:.1f} s" in note for note in training.notes)
    chosen = training.run.mark["automatic"]["chosen"]
    assert chosen["training.learning_rate"] == training.settings.training.learning_rate
    events = list(training)
    assert isinstance(events[0], Started)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.step >= 1
    assert finished.best_nats is not None


def test_a_budget_that_the_timing_has_used_up_still_makes_an_update(verse, tmp_path, monkeypatch, speeds):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path))
    speeds(1e9)  # half a second each
    resolved = resolve_to_train(
        None, ["model.hidden_size=8"], {"training.budget": "0.1s", "text.sources": [str(verse)]}
    )
    finished = list(begin(resolved.settings, automatic=resolved.automatic))[-1]
    assert finished.step >= 1
    assert finished.best_nats is not None


def best_cell(settings, compute):
    return automatic.with_best_cell(settings, ["model.cell"], compute).model.cell


def test_the_cell_is_the_one_that_this_device_runs_fast(verse):
    settings = resolve_to_train(None, [], {"training.budget": "9s", "text.sources": [str(verse)]}).settings
    assert best_cell(settings, CPU) == "mut1"
    assert best_cell(settings, Compute("cuda", "fp32", "a GPU", 1)) == "lstm"


def test_without_a_compiled_kernel_the_cell_is_one_of_torch(verse, monkeypatch):
    settings = resolve_to_train(None, [], {"training.budget": "9s", "text.sources": [str(verse)]}).settings
    monkeypatch.setattr("charlm.engines.derived_kernel.library", lambda: None)
    assert best_cell(settings, CPU) == "lstm"


def test_what_is_timed_has_the_lanes_that_are_chosen(verse, monkeypatch):
    timed = []

    def measured(task, seconds):
        timed.append(task.settings.training.batch_size)
        return Speed(1e4, 0.1)

    monkeypatch.setattr(automatic, "measure_speed", measured)
    made = choice(verse, "20s")
    assert set(timed) == {made.settings.training.batch_size}
    timed.clear()
    assert choice(verse, "20s", "training.batch_size=5").settings.training.batch_size == 5
    assert set(timed) == {5}

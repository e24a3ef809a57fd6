"""Precedence, the origin of each value, and all errors at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.config.given import INNER, NAMES
from charlm.config.problems import Problem
from charlm.config.resolving import resolve, resolve_text
from charlm.config.settings import Settings
from charlm.errors import UsageError


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A function that writes a config file and returns its name."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="my.yaml"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write


def refusal(*arguments, **named):
    with pytest.raises(UsageError) as caught:
        resolve(*arguments, **named)
    return caught.value


def test_each_source_overrides_those_below(written):
    file = written("preset: char-rnn\nmodel:\n  hidden_size: 77\ntraining: {batch_size: 7, seq_len: 9}\n")
    resolved = resolve(file, ["training.batch_size=8", "training.seed=5"], {"training.seed": 6})
    assert resolved.settings.model.num_layers == 2
    assert resolved.settings.model.hidden_size == 77
    assert resolved.settings.training.batch_size == 8
    assert resolved.settings.training.seq_len == 9
    assert resolved.settings.training.seed == 6
    assert resolved.settings.model.tied is False
    assert resolved.origins["model.num_layers"] == "preset char-rnn"
    assert resolved.origins["model.hidden_size"] == "my.yaml line 3"
    assert resolved.origins["training.seq_len"] == "my.yaml line 4"
    assert resolved.origins["training.batch_size"] == "command line"
    assert resolved.origins["training.seed"] == "command line"
    assert resolved.origins["model.tied"] == "default"


def test_every_value_has_an_origin():
    origins = resolve().origins
    assert set(NAMES) - set(origins) == set(INNER)
    assert origins["model.cell_options.forget_bias"] == "preset quick"


def test_the_default_preset_is_quick():
    assert resolve() == resolve("quick")


def test_a_file_without_a_preset_has_the_defaults_and_the_length_of_quick(written):
    resolved = resolve(written("model: {hidden_size: 8}"))
    assert resolved.settings.training.learning_rate == Settings().training.learning_rate
    assert resolved.settings.training.steps == resolve("quick").settings.training.steps
    assert resolved.origins["training.steps"] == "preset quick"


def test_flags_that_were_not_given_change_nothing():
    assert resolve("quick", [], {"training.steps": None, "training.budget": None}) == resolve("quick")


@pytest.mark.parametrize(
    ("preset", "overrides", "options", "steps", "epochs", "budget"),
    [
        ("quick", [], {"training.budget": "97s"}, None, None, 97.0),
        ("large", [], {"training.steps": 5}, 5, None, None),
        ("large", ["training.epochs=2"], {}, None, 2.0, None),
        ("char-rnn", ["training.steps=null"], {}, None, 50.0, None),
    ],
)
def test_a_length_replaces_the_other_lengths_below_it(preset, overrides, options, steps, epochs, budget):
    training = resolve(preset, overrides, options).settings.training
    assert (training.steps, training.epochs, training.budget) == (steps, epochs, budget)


def test_two_lengths_from_one_source_are_refused():
    error = refusal(None, ["training.epochs=3"], {"training.steps": 5})
    assert error.what == "training.steps and training.epochs are given, but a training has one length"
    assert error.where == "command line"


def test_another_cell_drops_the_options_of_the_cell_below(written):
    assert resolve("quick", ["model.cell=gru"]).settings.model.cell_options == {}
    assert resolve("quick", ["model.cell=lstm"]).settings.model.cell_options == {"forget_bias": 1.0}
    file = written("preset: quick\nmodel: {cell: gru, cell_options: {x: 2}}")
    assert resolve(file, ["model.cell_options.y=3"]).settings.model.cell_options == {"x": 2, "y": 3}


@pytest.mark.parametrize(
    ("override", "name", "value"),
    [
        ("training.learning_rate=1e-3", "training.learning_rate", 0.001),
        ("text.splits=[0.9, 0.05, 0.05]", "text.splits", (0.9, 0.05, 0.05)),
        ("text.sources=['*.txt', NO, a=b]", "text.sources", ("*.txt", "NO", "a=b")),
        ("training.clip_norm=null", "training.clip_norm", None),
        (" model.tied = true ", "model.tied", True),
        ('text.encoding="1250"', "text.encoding", "1250"),
        ("model.cell_options.forget_bias=2", "model.cell_options", {"forget_bias": 2}),
        ("model={hidden_size: 3}", "model.hidden_size", 3),
        ("training.budget=10m", "training.budget", 600.0),
    ],
)
def test_overrides_are_read_as_yaml_is(override, name, value):
    section, _, key = name.partition(".")
    assert getattr(getattr(resolve("quick", [override]).settings, section), key) == value


@pytest.mark.parametrize(
    ("override", "what", "remedy"),
    [
        ("hidden_size=3", "There is no setting hidden_size", "Did you mean model.hidden_size?"),
        ("model.hiden_size=3", "There is no setting model.hiden_size", "Did you mean model.hidden_size?"),
        ("modle.hidden_size=3", "There is no setting modle.hidden_size", "Did you mean model.hidden_size?"),
        ("training.steps=", '-s "training.steps=" has no value', "-s model.hidden_size=256"),
        ("training.steps", '-s "training.steps" has no value', "-s model.hidden_size=256"),
        ("=3", '-s "=3" has no name', "-s model.hidden_size=256"),
        ("training=3", "training is a section, and cannot be 3", "charlm config schema"),
        ("model.cell_options=3", "model.cell_options must be values by name", "charlm config schema"),
        ("text.records=yes", 'text.records must be true or false, not "yes"', "charlm config schema"),
        ("text.sources=[*.txt]", "the value of text.sources cannot be read", '"*.txt"'),
        ("training.learning_rate=1e999", "training.learning_rate cannot be read: 1e999 is too large", "schema"),
        ("text.sources=\udcff", "text.sources must be a list", "schema"),
        ("text.sources=['\udcff']", "the value of text.sources cannot be read", "UTF-8"),
    ],
)
def test_an_invalid_override_is_refused(override, what, remedy):
    error = refusal(None, [override])
    assert error.what.startswith(what)
    assert error.where == "command line"
    assert remedy in error.remedy
    assert error.exit_code == 2


def test_all_problems_are_listed_at_once(written):
    file = written(
        "preset: quick\n"
        "model:\n"
        "  hiden_size: 64\n"
        "  hidden_size: none at all\n"
        "  dropout: 2\n"
        "training: {betas: [0.9], tempo: 3}\n"
        "modle: {cell: gru}\n"
    )
    error = refusal(
        file,
        ["training.steps=0", "seq_len=3"],
        {"training.budget": "soon"},
        [lambda settings: [Problem("a", "A check speaks", "Do.")]],
    )
    assert error.what == "10 settings cannot be used"
    lines = error.where.splitlines()
    assert set(lines) >= {
        "  There is no setting model.hiden_size (my.yaml line 3). Did you mean model.hidden_size?",
        '  model.hidden_size must be a whole number, not "none at all" (my.yaml line 4)',
        "  model.dropout must be at most 1, not 2 (my.yaml line 5)",
        "  training.betas has too few values (my.yaml line 6)",
        "  There is no setting modle.cell (my.yaml line 7). Did you mean model.cell?",
        "  There is no setting seq_len (command line). Did you mean training.seq_len?",
        "  training.steps must be at least 1, not 0 (command line)",
        "  A check speaks. Do.",
        "  training.budget: a duration is written as 90s, 10m or 2h (command line)",
    }
    assert len(lines) == 10
    assert "\n" not in error.remedy


def test_checks_see_the_valid_part_of_invalid_settings(written):
    seen = []
    error = refusal(
        written("model: {cell: grue, hidden_size: 0}"),
        checks=[
            lambda settings: (
                seen.append(settings) or [Problem("model.cell", "There is no cell 'grue'", "Did you mean gru?")]
            )
        ],
    )
    assert seen[0].model.cell == "grue"
    assert seen[0].model.hidden_size == Settings().model.hidden_size
    assert "  There is no cell 'grue' (my.yaml line 1). Did you mean gru?" in error.where.splitlines()


def test_a_problem_with_options_of_a_cell_names_their_origins():
    check = [lambda settings: [Problem("model.cell_options", "forget_bais: lstm has no such option")]]
    error = refusal("quick", ["model.cell_options.forget_bais=2"], {}, check)
    assert error.where == "preset quick, command line"


def test_conflicting_settings_name_all_their_origins(written):
    error = refusal(written("model: {tied: true, embedding_dim: 8}"), ["model.hidden_size=9"])
    assert error.what.startswith("model.tied needs model.embedding_dim to equal model.hidden_size")
    assert error.where == "my.yaml line 1, command line"


@pytest.mark.parametrize("number", [25, 900])
def test_a_long_list_of_errors_is_cut(written, number):
    error = refusal(written("model:\n" + "".join(f"  x{i}: 1\n" for i in range(number))))
    assert error.what == f"{number} settings cannot be used"
    assert error.where.splitlines()[-1] == f"  ... and {number - 20} more"


@pytest.mark.parametrize(
    ("given", "what", "remedy"),
    [
        ("quik", "There is no preset quik", "Did you mean quick? Presets: auto, auto-latent, auto-pairs, char-rnn,"),
        ("no-such.yaml", "The config file does not exist", "charlm config schema"),
        ("./nothing", "The config file does not exist", "charlm config schema"),
        (".", "The config file is not a file", "charlm config schema"),
        ("..", "There is no preset ..", "Presets:"),
        ("folder.yaml", "The config file is not a file", "charlm config schema"),
        ("\x00.yaml", "The config file does not exist", "charlm config schema"),
        ("x" * 5000 + ".yaml", "The config file cannot be read", "charlm config schema"),
    ],
)
def test_a_missing_config_is_refused(written, tmp_path, given, what, remedy):
    (tmp_path / "folder.yaml").mkdir()
    error = refusal(given)
    assert error.what.startswith(what)
    assert remedy in error.remedy
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("preset: quik", "There is no preset quik", "my.yaml line 1"),
        ("\npreset: 3", "preset must be the name of a preset, not 3", "my.yaml line 2"),
        ("[1, 2]", "my.yaml holds [1, 2] where settings should be", "my.yaml, line 1"),
        ("just words", 'my.yaml holds "just words" where settings should be', "my.yaml, line 1"),
        ("model.hidden_size: 3", "There is no setting model.hidden_size", "my.yaml line 1"),
        (
            "model: {hidden_size: 3}\nmodel: {tied: true}",
            "my.yaml cannot be read: model is given twice",
            "my.yaml, line 2",
        ),
        (b"\xff\xfe", "my.yaml cannot be read: the byte 0xff is not UTF-8", "my.yaml, line 1, column 1"),
    ],
)
def test_an_invalid_file_is_refused(written, text, what, where):
    error = refusal(written(text))
    assert error.what.startswith(what)
    assert error.where.startswith(where)


def test_a_dotted_key_in_yaml_is_refused_with_the_right_form(written):
    assert "model: {hidden_size: ...}" in refusal(written("model.hidden_size: 3")).remedy


@pytest.mark.parametrize(
    "text",
    ["", "model:\n", "training: {}\n", "model:\n  # hidden_size: 3\ntraining:\n", "---\n", "model: {cell_options: {}}"],
)
def test_a_file_or_section_may_be_empty(written, text):
    assert resolve(written(text)).settings.model == Settings().model


def settings_or_error(attempt):
    """Settings or a UsageError. Any other exception would be a traceback for the user."""
    try:
        settings = attempt().settings
        assert isinstance(settings, Settings)
        return settings
    except UsageError as error:
        return error


VALUES = st.sampled_from(
    ["3", "0.5", "true", "null", "x", "[1]", "[0.9, 0.05, 0.05]", "{a: 1}", "", "1e99", '"3"', "10m"]
)


@given(st.lists(st.tuples(st.sampled_from([*NAMES, "model.cell_options.a", "x.y", "model"]), VALUES), max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_overrides_give_settings_or_a_usage_error(pairs):
    outcome = settings_or_error(lambda: resolve(None, [f"{name}={value}" for name, value in pairs]))
    if isinstance(outcome, UsageError):
        assert "command line" in outcome.where


WORDS = "text model training hidden_size steps budget sources splits cell_options preset x 3 0.5 1e-3 NO true null 10m"
PART = st.sampled_from(
    [*WORDS.split(), *(": ", ":\n  ", "\n", "\n  ", "{", "}", "[", "]", ", ", "'", "- ", "*a", "&a ")]
)


@given(st.lists(PART, max_size=30).map("".join))
@settings(max_examples=250, deadline=None)
def test_any_yaml_gives_settings_or_an_error_with_its_line(text):
    outcome = settings_or_error(lambda: resolve_text(text, "my.yaml"))
    if isinstance(outcome, UsageError):
        assert "my.yaml" in outcome.where
        assert "line" in outcome.where

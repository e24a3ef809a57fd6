"""`charlm sample` through the real command line: a run trained by `charlm train`, and made-up models for rare cases."""

import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from charlm.checkpoint import Scores, load, save
from charlm.checkpoint.contents import Text
from charlm.cli import main
from charlm.config.settings import ModelSettings, Settings
from charlm.device import Compute
from charlm.engines.choosing import stepper
from charlm.engines.compiled_stepper import fits
from charlm.engines.cuda_graph import CaptureFailed
from charlm.engines.graph_stepper import GraphStepper
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import shapes
from charlm.model.stepping import DefinitionStepper
from charlm.sampling.decoding import Decoding
from charlm.sampling.writing import write_text
from charlm.text.vocabulary import Vocabulary

CHARLM = (sys.executable, "-m", "charlm")
LETTERS = "abcdefghijklmnopqrstuvwxyz ,.'ABC\n"


def make(root, name, symbols=LETTERS, unit="character", records=False, loudness=0.5, hidden_size=16):
    """A run with one checkpoint of random weights."""
    settings = Settings.model_validate(
        {"text": {"unit": unit, "records": records}, "model": {"hidden_size": hidden_size, "num_layers": 2}}
    )
    vocabulary = Vocabulary.of(symbols, unit)
    random = np.random.default_rng(0)
    (root / name).mkdir(parents=True)
    save(
        root / name / "step-20",
        step=20,
        settings=settings,
        vocabulary=vocabulary,
        text=Text(name="made up", sha256="0" * 64, characters=9),
        scores=Scores(),
        parameters={
            key: random.uniform(-loudness, loudness, shape).astype(np.float32)
            for key, shape in shapes(settings.model, vocabulary.size).items()
        },
        training={},
        training_arrays={},
    )
    return root / name / "step-20"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Where the made-up runs are; tests name them by their folders."""
    root = tmp_path_factory.mktemp("made")
    make(root, "plain")
    make(root, "bytes", "né€🎻 abc\n", unit="byte")
    make(root, "names", "abcd\n", records=True)
    make(root, "hostile", "\x1b\x9b\u202e\x07\x7f\ud7ffé")
    make(root, "loud", loudness=3e38)
    return root


@pytest.fixture(scope="module")
def plain(made):
    return str(made / "plain" / "step-20")


def run(*arguments, stdin=b"", code=0, **environment):
    """The command line within this process: what it wrote, once it ended with that exit code."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", errors="backslashreplace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["charlm", "sample", *map(str, arguments)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        for name, value in environment.items():
            patch.setenv(name, str(value))
        with pytest.raises(SystemExit) as ended:
            main()
    for stream in (out, err):
        stream.flush()
        stream.seek(0)
    done = SimpleNamespace(stdout=out.read(), stderr=err.read())
    assert "Traceback" not in done.stderr
    assert ended.value.code == code, done.stderr
    return done


def in_json(*arguments, **options):
    return json.loads(run(*arguments, "--json", **options).stdout)


# --- a run of `charlm train` ---


def test_without_a_name_the_latest_run_is_sampled(tiny_run):
    done = run("-n", 80, "--seed", 1, CHARLM_RUNS=str(tiny_run))
    assert len(done.stdout) == 81
    assert done.stdout.endswith("\n")
    assert re.fullmatch(r"tiny, step \d+, seed 1\n", done.stderr)


def test_what_a_trained_run_writes_is_what_the_library_writes(tiny_run):
    told = in_json("tiny", "-n", 60, "--seed", 5, "--prompt", "the ", "--count", 2, CHARLM_RUNS=str(tiny_run))
    checkpoint = load(tiny_run / "tiny" / f"step-{told['step']}")
    for number, one in enumerate(told["samples"]):
        text = write_text(stepper(checkpoint.model), checkpoint.vocabulary, "the ", length=60, seed=5, sample=number)
        assert one == {"text": text, "characters": 60, "stopped": "length"}


def test_slow_sampling_torch_is_never_imported(tiny_run):  # textgenrnn #140
    code = (
        "import sys\n"
        "from charlm.cli import app\n"
        "app(['sample', 'tiny', '-n', '20', '--seed', '1'], standalone_mode=False)\n"
        "heavy = {'torch', 'rich', 'matplotlib', 'yaml', 'pooch'}\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "CHARLM_RUNS": str(tiny_run)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


# --- seeds ---


def test_seeds_the_same_seed_gives_the_same_text(plain):  # torch-rnn #217
    assert run(plain, "--seed", 7).stdout == run(plain, "--seed", 7).stdout
    assert run(plain, "--seed", 7).stdout != run(plain, "--seed", 8).stdout


def test_a_random_seed_is_told_and_gives_the_text_again(plain):
    done = run(plain, "-n", 50)
    seed = re.fullmatch(r"plain, step 20, seed (\d+)\n", done.stderr)[1]
    assert run(plain, "-n", 50, "--seed", seed).stdout == done.stdout


def test_the_same_text_streamed_in_json_and_as_one_of_many(plain):
    many = in_json(plain, "-n", 50, "--seed", 3, "--count", 3)["samples"]
    assert run(plain, "-n", 50, "--seed", 3).stdout == many[0]["text"] + "\n"
    assert run(plain, "-n", 50, "--seed", 3, "--count", 3).stdout == "\n".join(one["text"] + "\n" for one in many)
    assert len({one["text"] for one in many}) == 3


def test_greedy_temperature_zero_needs_no_seed(plain):
    first, second = (run(plain, "-n", 40, "--temperature", 0, "--seed", seed).stdout for seed in (1, 2))
    assert first == second


def test_the_options_of_decoding_reach_the_model(plain):
    greedy = run(plain, "-n", 40, "--temperature", 0).stdout
    for option in (("--top-k", 1), ("--top-p", 1e-9), ("--min-p", 1)):
        assert run(plain, "-n", 40, "--temperature", 5, *option).stdout == greedy
    assert run(plain, "-n", 40, "--temperature", 0, "--repetition-penalty", 3).stdout != greedy


def test_the_defaults_are_those_of_the_library(plain):
    told = in_json(plain, "-n", 1)["settings"]
    assert Decoding(**{name: told[name] for name in Decoding.__dataclass_fields__}) == Decoding()


# --- prompts ---


def test_the_prompt_is_part_of_the_text_on_stdout(plain):
    told = in_json(plain, "-n", 30, "--seed", 2, "--prompt", "abc")
    assert told["prompt"] == "abc"
    assert run(plain, "-n", 30, "--seed", 2, "--prompt", "abc").stdout == "abc" + told["samples"][0]["text"] + "\n"


def test_prompts_by_file_and_stdin(plain, tmp_path):
    file = tmp_path / "prompt.txt"
    file.write_bytes(b"abc, a\n")
    spoken = run(plain, "-n", 30, "--seed", 2, "--prompt", "abc, a\n").stdout
    assert run(plain, "-n", 30, "--seed", 2, "--prompt-file", file).stdout == spoken
    assert run(plain, "-n", 30, "--seed", 2, "--prompt-file", "-", stdin=b"abc, a\n").stdout == spoken


def test_a_prompt_written_on_windows_reads_the_same(plain):
    spoken = run(plain, "-n", 30, "--seed", 2, "--prompt", "a\nb").stdout
    done = run(plain, "-n", 30, "--seed", 2, "--prompt-file", "-", stdin=b"\xef\xbb\xbfa\r\nb")
    assert done.stdout == spoken
    assert "unknown" not in done.stderr


def test_unknown_characters_in_the_prompt_are_left_out_and_told(plain):  # char-rnn #44, torch-rnn #98, nanoGPT #169
    done = run(plain, "-n", 30, "--seed", 2, "--prompt", "aЖbЖ!c")
    assert "prompt: 3 unknown characters left out: '!' x 1, 'Ж' x 2" in done.stderr
    assert done.stdout.startswith("aЖbЖ!c")
    known = run(plain, "-n", 30, "--seed", 2, "--prompt", "abc").stdout
    assert done.stdout.removeprefix("aЖbЖ!c") == known.removeprefix("abc")
    assert in_json(plain, "-n", 1, "--prompt", "aЖbЖ!c")["unknown_characters"] == 3


def test_unknown_characters_in_the_prompt_can_be_read_as_the_nearest(plain):
    near = in_json(plain, "-n", 30, "--seed", 2, "--prompt", "é’Z", "--unknown", "nearest")["samples"]
    assert near == in_json(plain, "-n", 30, "--seed", 2, "--prompt", "e'z")["samples"]


def test_unknown_characters_in_the_prompt_can_be_an_error(plain):
    done = run(plain, "--prompt", "aXb", "--unknown", "error", code=3)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 3


def test_a_prompt_of_nothing_but_unknown_characters(plain):
    done = run(plain, "-n", 20, "--seed", 4, "--prompt", "ЖЖЖ")
    assert done.stdout.removeprefix("ЖЖЖ") == run(plain, "-n", 20, "--seed", 4).stdout


def test_unicode_prompts_in_a_model_of_bytes(made):  # char-rnn #42, torch-rnn #47
    done = run(made / "bytes" / "step-20", "-n", 20, "--seed", 4, "--prompt", "né€🎻")
    assert done.stdout.startswith("né€🎻")
    assert "unknown" not in done.stderr


def test_an_argument_that_is_no_unicode(plain):
    done = subprocess.run(
        [*CHARLM, "sample", plain, "-n", "5", "--prompt", b"a\xff\xfeb"], capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"2 unknown characters" in done.stderr
    assert done.stdout.startswith(b"a\\udcff\\udcfeb")


# --- where it ends ---


def test_the_text_ends_before_the_first_stop_text(plain):
    whole = in_json(plain, "-n", 80, "--seed", 2)["samples"][0]["text"]
    stop = whole[40:43]
    told = in_json(plain, "-n", 80, "--seed", 2, "--stop", stop, "--stop", "never that")["samples"][0]
    before = whole[: whole.index(stop)]
    assert told == {"text": before, "characters": len(before), "stopped": "stop"}
    assert run(plain, "-n", 80, "--seed", 2, "--stop", stop).stdout == before + "\n"


def test_a_stop_text_that_cannot_come_is_told(plain):
    assert "--stop 'Ж' has characters that the model never writes" in run(plain, "-n", 5, "--stop", "Ж").stderr


def test_samples_of_records_come_one_a_line(made):
    names = made / "names" / "step-20"
    told = in_json(names, "-n", 1000, "--count", 5, "--seed", 1)["samples"]
    assert {one["stopped"] for one in told} == {"record"}
    lines = run(names, "-n", 1000, "--count", 5, "--seed", 1).stdout
    assert lines == "".join(one["text"] + "\n" for one in told)
    assert lines.count("\n") == 5


def test_nothing_but_the_prompt(plain):
    assert run(plain, "-n", 0, "--prompt", "abc").stdout == "abc\n"


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--temperature", "-1"), 2),
        (("--temperature", "nan"), 2),
        (("--top-k", "0"), 2),
        (("--top-p", "1.5"), 2),
        (("--min-p", "2"), 2),
        (("--repetition-penalty", "0"), 2),
        (("-n", "-1"), 2),
        (("--count", "0"), 2),
        (("--seed", "-1"), 2),
        (("--stop", ""), 2),
        (("--device", "tpu"), 2),
        (("--prompt", "a", "--prompt-file", "b"), 2),
        (("--prompt-file", "no such file"), 3),
        (("--prompt-file", "."), 3),
        (("--prompt-file", "-"), 3),  # stdin is not UTF-8
        (("no such run",), 4),
    ],
)
def test_what_cannot_be_is_three_lines_and_an_exit_code(plain, arguments, code, tmp_path):
    target = () if arguments[0] == "no such run" else (plain,)
    done = run(*target, *arguments, code=code, stdin=b"a\xffb", CHARLM_RUNS=str(tmp_path))
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 3
    assert done.stderr.startswith("charlm: ")


def test_a_prompt_without_an_end_is_refused(plain):
    done = run(plain, "--prompt-file", "/dev/zero", code=3)
    assert "more than 1,048,576 bytes" in done.stderr


def test_a_model_whose_scores_are_not_finite_is_an_integrity_error(made):
    done = run(made / "loud" / "step-20", "-n", 5, "--seed", 1, code=6)
    assert "charlm: The model gave no usable scores" in done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_another_device_is_told_that_the_cpu_is_used(plain, device):
    done = run(plain, "-n", 20, "--seed", 1, "--device", device)
    assert f"--device {device}: the cpu is used instead" in done.stderr
    assert done.stdout == run(plain, "-n", 20, "--seed", 1, "--device", "cpu").stdout


# --- many at once ---


def test_many_on_a_card_that_is_not_there_is_three_lines(plain, monkeypatch):
    monkeypatch.setattr("charlm.device._is_available", lambda device: device == "cpu")
    done = run(plain, "-n", 5, "--count", 2, "--device", "cuda", code=2)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 3
    assert "This machine offers no cuda" in done.stderr


class Rerun:
    """In place of a card's recording: the work, done again. Refused, where a reason is given."""

    def __init__(self, refusal=None):
        self.refusal = refusal

    def warm_up(self, work):
        work()

    def capture(self, work, generator=None):
        if self.refusal:
            raise CaptureFailed(self.refusal)
        return work


@pytest.mark.parametrize("refusal", [None, "not permitted"])
def test_many_on_a_card_use_its_engine_and_say_its_notes(plain, monkeypatch, refusal):
    made = []

    def on_processor(model, device):
        made.append(device)
        return GraphStepper(model, torch.device("cpu"), capturer=Rerun(refusal))

    monkeypatch.setattr("charlm.engines.graph_stepper.GraphStepper", on_processor)
    monkeypatch.setattr("charlm.device.choose", lambda device, precision: Compute(device, precision, "a card", 1))
    done = run(plain, "-n", 40, "--seed", 1, "--count", 3, "--device", "cuda:0")
    assert made == [torch.device("cuda:0")]
    notes = [f"no CUDA graph, which takes much longer: {refusal}"] if refusal else []
    assert done.stderr.splitlines() == ["plain, step 20, seed 1", *notes]
    # no two scores are near enough here for the engines' rounding to matter
    checkpoint = load(Path(plain))
    exact = DefinitionStepper(LanguageModel(checkpoint.settings.model, checkpoint.parameters))
    texts = [write_text(exact, checkpoint.vocabulary, length=40, seed=1, sample=number) for number in range(3)]
    assert done.stdout == "\n".join(text + "\n" for text in texts)


@pytest.mark.gpu
def test_a_sample_on_a_card_does_not_depend_on_how_many_there_are(plain):
    many = in_json(plain, "-n", 200, "--seed", 1, "--count", 70, "--device", "cuda")["samples"]
    few = in_json(plain, "-n", 200, "--seed", 1, "--count", 2, "--device", "cuda")["samples"]
    assert many[:2] == few
    assert len({one["text"] for one in many}) == 70


def test_many_by_the_compiled_engine_are_what_each_is_alone(made):
    settings = ModelSettings(hidden_size=32, num_layers=2)
    if not fits(settings):
        pytest.skip("there is no compiled kernel on this machine")
    folder = make(made, "compiled", hidden_size=32)
    many = in_json(folder, "-n", 60, "--seed", 1, "--count", 70)["samples"]
    checkpoint = load(folder)
    for number in (0, 5, 63, 64, 69):
        text = write_text(stepper(checkpoint.model), checkpoint.vocabulary, length=60, seed=1, sample=number)
        assert many[number]["text"] == text


# --- terminals and pipes ---


def start(*arguments, **options):
    return subprocess.Popen(
        [*CHARLM, "sample", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def test_a_closed_pipe_ends_it_quietly(plain):
    with start(plain, "-n", 10**8, "--seed", 1) as process:
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b"plain, step 20, seed 1\n"


def test_a_full_disk_is_three_lines(plain):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [*CHARLM, "sample", plain, "--seed", "1"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 3
    assert done.stderr.decode().splitlines()[1:] == [
        "charlm: The output cannot be written: No space left on device",
        "standard output",
        "Make room, or send it elsewhere.",
    ]


def test_nobody_listening_to_the_talk_stops_nothing(plain):
    spoken = run(plain, "-n", 20, "--seed", 1, "--count", 2).stdout
    command_line = f'exec "{sys.executable}" -m charlm sample "{plain}" -n 20 --seed 1 --count 2 2>&-'
    assert subprocess.run(command_line, shell=True, capture_output=True, text=True, check=True).stdout == spoken


def test_an_interruption_ends_the_line_and_exits_130(plain):
    with start(plain, "-n", 10**8, "--seed", 1) as process:
        begin = process.stdout.read(10)
        process.send_signal(signal.SIGINT)
        text = begin + process.stdout.read()
        assert process.wait(30) == 130
        assert process.stderr.read() == b"plain, step 20, seed 1\n"
        assert text.endswith(b"\n")


def test_text_comes_while_it_is_written(plain):
    with start(plain, "-n", 10**8, "--seed", 1) as process:
        assert select.select([process.stdout], [], [], 30)[0], "nothing came, and it writes for hours"
        process.kill()


def on_terminal(*arguments, **environment):
    """stdout and stderr as a person would see them."""
    import pty

    person, terminal = pty.openpty()
    with subprocess.Popen(
        [*CHARLM, "sample", *map(str, arguments)],
        stdout=terminal,
        stderr=terminal,
        env={**{key: value for key, value in os.environ.items() if key != "NO_COLOR"}, "TERM": "xterm", **environment},
    ) as process:
        os.close(terminal)
        seen = b""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                piece = os.read(person, 65536)
            except OSError:  # the other end is gone
                break
            if not piece:
                break
            seen += piece
        os.close(person)
        assert process.wait(30) == 0
    return seen.decode().replace("\r\n", "\n")


def test_on_a_terminal_the_prompt_is_dim_and_samples_stand_apart(plain):
    one, two = (one["text"] for one in in_json(plain, "-n", 20, "--seed", 1, "--prompt", "ab", "--count", 2)["samples"])
    seen = on_terminal(plain, "-n", 20, "--seed", 1, "--prompt", "ab", "--count", 2)
    assert f"\x1b[2mab\x1b[22m{one}\n" in seen
    assert f"\x1b[2mab\x1b[22m{two}\n" in seen
    assert "---- 2 of 2 ----" in seen
    plainly = on_terminal(plain, "-n", 20, "--seed", 1, "--prompt", "ab", "--count", 2, NO_COLOR="1")
    assert plainly == f"plain, step 20, seed 1\nab{one}\n---- 2 of 2 ----\nab{two}\n"


def test_a_hostile_model_cannot_drive_the_terminal(made):
    hostile = made / "hostile" / "step-20"
    seen = on_terminal(hostile, "-n", 100, "--seed", 1, "--prompt", "\x1b]0;owned\x07", NO_COLOR="1")
    assert not set(seen) & set("\x1b\x9b\u202e\x07\x7f")
    assert "\\x1b]0;owned\\x07" in seen
    assert "\\u202e" in seen
    assert "\x1b" in run(hostile, "-n", 100, "--seed", 1).stdout, "raw when piped"


def test_a_stdout_without_unicode_never_fails(made):
    done = subprocess.run(
        [*CHARLM, "sample", str(made / "hostile" / "step-20"), "-n", "50", "--seed", "1"],
        capture_output=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert b"\\u202e" in done.stdout
    assert done.stdout.isascii()

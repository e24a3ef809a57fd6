"""Any YAML: valid settings, or exit 2 with a place and a remedy, in work that grows with the file, and 50 MB.

Work is counted in calls of functions, which are the same on every machine, idle or busy.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charlm.config.presets import presets
from charlm.config.resolving import resolve
from charlm.config.settings import Settings
from charlm.config.yaml_reading import MAX_BYTES, MAX_DEPTH
from charlm.errors import UsageError

CALLS, CALLS_A_BYTE = 300_000, 20  # a million calls take some tenths of a second
MEMORY = 50 * 10**6
LAUGHS = b"a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n" + b"".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n".encode() for n in range(1, 10)
)


def repeated(part: bytes, size: int = MAX_BYTES) -> bytes:
    return (part * size)[:size]


ATTACKS = {
    "a billion laughs": LAUGHS,
    "an alias": b"model: &m {cell: lstm}\ntraining: *m",
    "an anchor": b"model: &m {cell: lstm}",
    "an alias of itself": b"a: &a [*a]",
    "a merge": b"model: {<<: {cell: lstm}}",
    "equal keys": b"model: {cell: gru, cell: lstm}",
    "equal keys far apart": b"seed: 1\n" + b"".join(b"k%d: 1\n" % n for n in range(900)) + b"seed: 2\n",
    "a tag that calls": b"!!python/object/apply:os.system ['touch /tmp/owned']",
    "a tag that makes": b"model: !!python/object/new:os.system [ls]",
    "a tag of a name": b"model: !!python/name:os.system",
    "a local tag": b"model: !cell lstm",
    "a verbatim tag": b"model: !<tag:yaml.org,2002:python/none> x",
    "a tag directive": b"%TAG ! tag:yaml.org,2002:python/\n---\nmodel: !none x",
    "depth": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "great depth": b"[" * 30_000 + b"]" * 30_000,
    "depth by indentation": b"".join(b" " * n + b"a:\n" for n in range(340)),
    "depth by dashes": b"- " * 30_000,
    "a huge integer": b"training: {seed: " + b"9" * 50_000 + b"}",
    "a huge exponent": b"training: {learning_rate: 1e999999999}",
    "a huge hexadecimal": b"training: {seed: 0x" + b"f" * 50_000 + b"}",
    "a negative size": b"model: {hidden_size: -1}",
    "a size beyond all": b"model: {hidden_size: 9223372036854775807}",
    "not a number": b"training: {learning_rate: .nan}",
    "infinity": b"training: {learning_rate: -.inf}",
    "a boolean as a number": b"training: {steps: true}",
    "a date": b"training: {steps: 2001-01-01}",
    "base 60": b"training: {steps: 1:30:00}",
    "two documents": b"seed: 1\n---\nseed: 2",
    "NULs": bytes(1000),
    "UTF-16": "model: {cell: lstm}".encode("utf-16"),
    "invalid UTF-8": b"model: {cell: \xff}",
    "a lone surrogate": b'model: {cell: "\\ud800"}',
    "beyond Unicode": b'model: {cell: "\\UFFFFFFFF"}',
    "too large": b"#" * (MAX_BYTES + 1),
    "far too large": b"a: 1\n" * 2_000_000,
    "a key that is a list": b"? [a, b]\n: c",
    "a list at the top": b"- model",
    "a text at the top": b"model",
    "a number as a section": b"model: 1",
    "an unknown key": b"model: {hiden_size: 3}",
    "a long unknown key": b"model: {" + b"x" * 1000 + b": 3}",
    "1,000 unknown keys": b"".join(b"key%d: 1\n" % n for n in range(1000)),
    "a long name of a cell": b"model: {cell: " + b"x" * 60_000 + b"}",
    "many sources": b"text: {sources: [" + b"a," * 1900 + b"]}",
    "terminal escapes": b'"\\e[2J": 1',
}
REPEATED = (
    b"[", b"{", b"? ", b"a: [", b"a:\n", b"x ", b"#\n", b": ", b"&a ", b"!", b"%A b\n", b"[a,", b"'", b'"\\x41',
    b"|\n", b">\n ", b"- - ", b"{a: ", b"a\n", b"\t", b"\r", b"---\n", b"...\n", b"\xef\xbb\xbf", b"a: b: ", b"\\",
    b"'' ", b"*a ",
)  # fmt: skip


def verdict(load: Callable[[str], object], path, content: bytes) -> str:
    """What is wrong with how this was read and with the work that it was, or nothing."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        fault = outcome(load, path, content)
    finally:
        sys.setprofile(before)
    allowed = CALLS + CALLS_A_BYTE * min(len(content), MAX_BYTES)
    return fault or (f"{calls:,} calls" if calls > allowed else "")


def outcome(load: Callable[[str], object], path, content: bytes) -> str:
    """What is wrong with how this was read, or nothing. `load` gives Settings or raises a UsageError."""
    path.write_bytes(content)
    try:
        value = load(str(path))
    except UsageError as error:
        return "" if len(str(error).splitlines()) >= 3 and error.exit_code == 2 else f"not three lines: {error}"
    except Exception as error:
        return f"a traceback: {type(error).__name__}"
    return "" if isinstance(value, Settings) else f"a {type(value).__name__}"


def charlms(path: str) -> object:
    return resolve(path).settings


def naive(path: str) -> object:
    with open(path, "rb") as file:  # noqa: PTH123 - as scripts do
        return Settings(**(yaml.safe_load(file) or {}))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hostile.yaml"


def test_safe_load_is_caught(path):
    some = ["an alias of itself", "great depth", "a date", "1,000 unknown keys", "equal keys", "a text at the top"]
    found = {name: outcome(naive, path, ATTACKS[name]) for name in some}
    assert sum(map(bool, found.values())) >= 4, found
    assert outcome(naive, path, b"model: {cell: lstm, cell: gru}") == ""  # it takes the second, and says nothing


def test_a_slow_loader_and_a_large_one_are_caught(path):
    def slow(name):
        for _ in range(2 * CALLS):
            len(name)
        return charlms(name)

    assert verdict(slow, path, b"model: {cell: lstm}").endswith(" calls")
    assert peak(lambda name: len(bytes(MEMORY)) and charlms(name), path, b"model: {cell: lstm}") > MEMORY


def test_attacks_end_soon_as_settings_or_exit_2(path):
    charlms("quick")  # what is imported once is not counted
    repetitions = {f"{part!r} repeated": repeated(part, MAX_BYTES // 8) for part in REPEATED}  # whole ones come below
    contents = (ATTACKS | repetitions).items()
    assert {name: fault for name, content in contents if (fault := verdict(charlms, path, content))} == {}


def peak(load: Callable[[str], object], path, content: bytes) -> int:
    """Bytes that reading takes at most."""
    tracemalloc.start()
    fault = outcome(load, path, content)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fault == ""
    return highest


def test_attacks_take_less_than_50_megabytes(path):
    charlms("quick")
    for name, content in ATTACKS.items():
        assert peak(charlms, path, content) < MEMORY, name
    for part in REPEATED:
        assert peak(charlms, path, repeated(part, MAX_BYTES // 8)) < MEMORY / 8, part
        assert outcome(charlms, path, repeated(part)) == "", part


def test_no_more_of_a_large_file_is_read_than_is_allowed(path):
    assert peak(charlms, path, bytes(4 * MEMORY)) < MEMORY / 10


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "many sources"])
def test_each_named_attack_is_refused(path, name):
    path.write_bytes(ATTACKS[name])
    with pytest.raises(UsageError):
        charlms(str(path))


LINES = st.sampled_from([line for file in presets().values() for line in file.read_text(encoding="utf-8").splitlines()])
YAMLISH = st.text(
    st.sampled_from(list("ab1 .:-?[]{},&*!|>'\"%@`#\\nxuU0e\n\t~<=+\u2028\x85\ufeffé😀")) | st.characters(),
    max_size=120,
)
NAMES = st.sampled_from(["text", "model", "training", "cell", "hidden_size", "steps", "sources", "splits", "seed", "x"])
VALUES = st.sampled_from(
    ["1", "-1", "1e3", ".nan", "[a, b]", "{}", "null", "true", "lstm", "10m", "&a x", "*a", "!!int 3", "|", "'", "0x10"]
)
NEAR = st.lists(st.tuples(st.integers(0, 3), NAMES, VALUES | st.just("")), max_size=12).map(
    lambda rows: "\n".join(f"{'  ' * depth}{name}: {value}" for depth, name, value in rows)
)
CONTENT = (
    st.binary(max_size=300)
    | YAMLISH.map(lambda text: text.encode("utf-8", "surrogatepass"))
    | NEAR.map(str.encode)
    | st.lists(LINES, max_size=30).map(lambda lines: "\n".join(lines).encode())
)


@pytest.mark.parametrize("examples", [500, pytest.param(50_000, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])])
def test_any_bytes_are_settings_or_exit_2(path, examples):
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(CONTENT)
    def law(content):
        assert outcome(charlms, path, content) == ""

    charlms("quick")
    law()

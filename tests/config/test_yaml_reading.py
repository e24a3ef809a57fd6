"""Strict YAML: what it reads differently from PyYAML, what it refuses, and that any input is one of the two."""

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.config.yaml_reading import MAX_BYTES, MAX_DEPTH, MAX_INTEGER, MAX_NODES, read_scalar, read_yaml
from charlm.errors import UsageError


def value_of(text):
    return read_yaml(text.encode(), "my.yaml").value


def read_or_refused(content):
    """The value, or None for a refusal with line and column. Any other exception would be a traceback."""
    try:
        return read_yaml(content, "my.yaml").value
    except UsageError as error:
        where = error.where
    assert re.fullmatch(r"my\.yaml, line \d+, column \d+", where)
    return None


def refusal_of(content):
    with pytest.raises(UsageError) as caught:
        read_yaml(content if isinstance(content, bytes) else content.encode(), "my.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),  # a string to PyYAML
        ("1e3", 1000.0),
        ("6.5E+2", 650.0),
        (".5", 0.5),
        ("-0.25", -0.25),
        ("12", 12),
        ("007", 7),  # an octal number to PyYAML
        ("0o17", 15),
        ("0xff", 255),
        ("+3", 3),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
    ],
)
def test_scalars_of_yaml_1_2(text, value):
    assert value_of(f"a: {text}") == {"a": value}
    assert type(read_scalar(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "NO",
        "no",
        "yes",
        "on",
        "off",
        "y",
        "1_000",
        "12:30:45",
        "2001-01-01",
        "nan",
        "inf",
        "1e",
        "e5",
        "0b11",
        "<<",
        "tRUE",
    ],
)
def test_text_that_pyyaml_would_convert_stays_text(text):
    assert value_of(f"a: {text}") == {"a": text}


def test_quoted_text_is_text():
    assert value_of("a: '1e-3'\nb: \"null\"\nc: ''") == {"a": "1e-3", "b": "null", "c": ""}


def test_an_empty_document_is_an_empty_mapping():
    assert value_of("") == value_of("# only a comment\n") == {}


def test_each_key_has_its_line():
    document = read_yaml(b"model:\n  cell: lstm\n\ntraining: {steps: 3}\n", "my.yaml")
    assert document.lines == {("model",): 1, ("model", "cell"): 2, ("training",): 4, ("training", "steps"): 4}


def test_a_key_given_twice_is_refused():
    error = refusal_of("model:\n  cell: gru\n  cell: lstm\n")
    assert "cell is given twice, first on line 2" in error.what
    assert error.where == "my.yaml, line 3, column 3"


@pytest.mark.parametrize(
    ("content", "what", "where"),
    [
        ("a: &x 1\nb: *x", "anchors", "line 1, column 4"),
        ("a: *x", "aliases", "line 1, column 4"),
        ("a: [lstm, *.txt]", "alias", "line 1, column 12"),
        ("a: !!python/object:os.system x", "tags", "line 1, column 4"),
        ("a: ! x", "tags", "line 1, column 4"),
        ("a: .nan", "finite", "line 1, column 4"),
        ("a:\n  - -.INF", "finite", "line 2, column 5"),
        ("a: 1e999", "too large", "line 1, column 4"),
        (f"a: {MAX_INTEGER + 1}", "too large", "line 1, column 4"),
        ("a: " + "9" * 5000, "too long", "line 1, column 4"),
        ("[" * (MAX_DEPTH + 1), "nested", f"line 1, column {MAX_DEPTH + 1}"),
        ("- 1\n" * (MAX_NODES + 1), "more than", f"line {MAX_NODES}, column 3"),
        ("? [a]\n: b", "plain text", "line 1, column 3"),
        ("a: 1\n---\nb: 2", "second document", "line 3, column 1"),
        ("a: b: c", "mapping values", "line 1, column 5"),
        ("a: 1\nb: 'x", "quoted", "line 2, column 6"),
        ("a: 1\nb: \x00", "U+0000", "line 2, column 4"),
        ('a: 1\nb: "\\U00110000"', "no character", "line 2, column 5"),
        ('a: "\\ud800"', "half a character", "line 1, column 4"),
        ("%YAML 1." + "1" * 5000 + "\n---\n", "version", "line 1, column 1"),
        (b"a: 1\nb: caf\xe9", "0xe9 is not UTF-8", "line 2, column 7"),
        (b"\xef\xbb\xbfa: \xff", "0xff is not UTF-8", "line 1, column 4"),
        ("a: 1".encode("utf-16"), "is not UTF-8", "line 1, column 1"),
        (b"a: \xed\xa0\x80", "0xed is not UTF-8", "line 1, column 4"),
    ],
)
def test_a_refusal_has_line_and_column(content, what, where):
    error = refusal_of(content)
    assert what in error.what
    assert error.where == f"my.yaml, {where}"
    assert error.remedy
    assert error.exit_code == 2


def test_the_error_for_a_bare_glob_mentions_quotes():
    assert '"*.txt"' in refusal_of("sources: [*.txt]").remedy


def test_a_document_beyond_the_limit_is_not_parsed():
    assert "64 KiB" in refusal_of(b"#" * (MAX_BYTES + 1)).what
    assert read_yaml(b"#" * MAX_BYTES, "my.yaml").value == {}


@pytest.mark.parametrize(
    "step", ["[", "{", "- ", "? ", "a: [", "a:\n", "x ", "#\n", ": ", '"\\x41', "&a ", "!", "%A b\n", "[a,"]
)
def test_hostile_repetition_is_given_up_early(step, monkeypatch):
    parsed, taken = yaml.parse, []

    def counted(*given, **named):
        for event in parsed(*given, **named):
            taken.append(event)
            yield event

    monkeypatch.setattr(yaml, "parse", counted)
    read_or_refused((step * MAX_BYTES)[:MAX_BYTES].encode())
    assert len(taken) <= 2 * MAX_NODES + 10  # a list or a section has an end besides; a document and the stream too


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(content):
    read_or_refused(content)


YAMLISH = st.text(st.sampled_from(list("ab1 .:-?[]{},&*!|>'\"%@`#\\nxuU0e\n\t~<=+\u2028\x85\ufeffé😀")), max_size=80)


@given(YAMLISH)
@settings(max_examples=400, deadline=None)
def test_any_text_that_looks_like_yaml_is_read_or_refused(text):
    read_or_refused(text.encode("utf-8", "surrogatepass"))


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc_", min_size=1, max_size=3), PLAIN, max_size=4))
@settings(max_examples=200, deadline=None)
def test_json_is_yaml(value):
    import json

    assert value_of(json.dumps(value)) == value

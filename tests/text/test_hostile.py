"""Any bytes as text give a corpus, or a TextError with a remedy; never another exception or a partial file."""

import codecs
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.corpus import open_corpus
from charlm.text.files import source_file

MANY = "".join(chr(code) for code in range(0x100, 0x100 + 75_000) if not 0xD800 <= code < 0xE000)

READABLE = {
    "one symbol": b"aaaaaaaaaa",
    "two characters": b"ab",
    "only newlines": b"\n\n\n",
    "only CR": b"\r\r\r\r",
    "CRLF": b"a\r\nb\r\n",
    "mixed line ends": b"a\rb\nc\r\nd\n\r",
    "a byte-order mark": codecs.BOM_UTF8 + b"abc",
    "two byte-order marks": codecs.BOM_UTF8 * 2 + b"abc",
    "no newline at the end": b"abc",
    "a long line": b"word " * 300_000,
    "controls": bytes(range(1, 32)),
    "escape sequences": b"\x1b[31mred\x1b[0m\x07",
    "accents": "café naïve".encode(),
    "combining marks": ("e\u0301" * 10).encode(),
    "right to left": "שלום \u202eabc".encode(),
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈".encode(),
    "line separators": "a\u2028b\u2029c\x85d".encode(),
    "noncharacters": "\ufffe\uffff\U0010ffff".encode(),
    "private use": "\ue000\U000f0000".encode(),
    "70,000 symbols": MANY.encode(),
    "the last of one width": "".join(map(chr, range(1, 257))).encode(),
}
REFUSED = {
    "empty": b"",
    "one byte": b"a",
    "one character": "日".encode(),
    "only a byte-order mark": codecs.BOM_UTF8,
    "a NUL": b"abc\0def",
    "only NULs": bytes(1000),
    "an invalid byte": b"abc\xffdef",
    "a cut character": "日本".encode()[:-1],
    "a lone continuation": b"\x80abc",
    "an overlong form": b"\xc0\x80abc",
    "an encoded surrogate": b"ab\xed\xa0\x80",
    "a surrogate pair in UTF-8": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond Unicode": b"ab\xf4\x90\x80\x80",
    "UTF-16": "plain".encode("utf-16"),
    "UTF-16 without a mark": "plain".encode("utf-16-le"),
    "UTF-32": "plain".encode("utf-32"),
    "latin-1": "café".encode("latin-1"),
    "Windows": b"\x93quoted\x94",
    "a PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "a program": b"\x7fELF\x02\x01\x01\0",
}


def opened(path, data, **chosen):
    path.write_bytes(data)
    return open_corpus(TextSettings(sources=(str(path),), **chosen))


@pytest.mark.parametrize("data", READABLE.values(), ids=READABLE.keys())
@pytest.mark.parametrize("block", [7, source_file.BLOCK])
def test_a_strange_text_is_read(tmp_path, monkeypatch, data, block):
    if len(data) > 100_000 and block == 7:
        block = 1 << 16
    monkeypatch.setattr(source_file, "BLOCK", block)
    corpus = opened(tmp_path / "text", data)
    text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    assert corpus.vocabulary.decode(corpus.ids) == text
    assert corpus.vocabulary.symbols == tuple(sorted(set(text)))
    assert corpus.ids.dtype.itemsize == (1 if len(set(text)) <= 256 else 4)


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_invalid_text_is_refused_with_a_remedy(tmp_path, own_cache, data):
    with pytest.raises(TextError) as refused:
        opened(tmp_path / "text", data)
    assert refused.value.exit_code == 3
    assert all((refused.value.what, refused.value.where, refused.value.remedy))
    assert len(str(refused.value).splitlines()) == 3
    assert not list(own_cache.rglob("*.part"))


@pytest.mark.parametrize("data", [*READABLE.values(), *REFUSED.values()], ids=[*READABLE, *REFUSED])
def test_any_bytes_can_be_read_as_bytes(tmp_path, data):
    if len(data) < 2:
        with pytest.raises(TextError):
            opened(tmp_path / "text", data, unit="byte")
    else:
        corpus = opened(tmp_path / "text", data, unit="byte")
        assert corpus.vocabulary.decode_bytes(corpus.ids) == data


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=40) | st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
    encoding=st.sampled_from(
        ["utf-8", "utf-16", "utf-7", "shift_jis", "gb18030", "iso2022_jp", "hz", "cp1252", "utf-32-be"]
    ),
    name=st.sampled_from(["text", "text.gz"]),
    block=st.integers(1, 50),
)
@example(data=b"+2AA-", encoding="utf-7", name="text", block=50)  # a lone surrogate, which UTF-7 decodes
def test_any_bytes_give_a_text_or_a_text_error(tmp_path, data, encoding, name, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_file, "BLOCK", block)
        with suppress(TextError):
            corpus = opened(tmp_path / name, data, encoding=encoding)
            assert corpus.characters >= 2
            assert len(corpus.vocabulary.decode(corpus.ids)) == corpus.characters

"""Names of encodings."""

import pytest

from charlm.errors import UsageError
from charlm.text.decoding.encodings import find_codec, is_wide


def test_codecs_that_are_for_no_text_are_refused():
    assert find_codec("utf-8-sig").name == "utf-8"
    assert is_wide(find_codec("UTF16").name)
    assert not is_wide("utf-8")
    for name in ("punycode", "base64", "no such", "a\0b"):
        with pytest.raises(UsageError):
            find_codec(name)
    with pytest.raises(UsageError, match="Did you mean auto"):
        find_codec("auto_")

"""What is written of a part, and what ends the writing."""

from __future__ import annotations

import numpy as np
import pytest
from large_texts import VERSE

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.files.source_file import SourceFile
from charlm.text.shards.encoding_part import Place, write_part
from charlm.text.stream import TextStream
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(tuple(sorted(set(VERSE))))


@pytest.fixture
def verse(tmp_path):
    path = tmp_path / "verse.txt"
    path.write_text(VERSE)
    return TextStream([SourceFile("verse.txt", path, len(VERSE))], "utf-8", TextSettings())


def written(verse, place):
    return write_part(verse, VOCABULARY, "error", place, False, lambda far: None)


def test_a_part_is_written_into_its_place_and_nowhere_else(verse, tmp_path):
    place = Place(tmp_path / "ids", 3, len(VERSE))
    place.file.write_bytes(bytes([255]) * (len(VERSE) + 9))
    assert place.has(written(verse, place), 1)
    ids = np.fromfile(place.file, np.uint8)
    assert VOCABULARY.decode(ids[3:-6]) == VERSE
    assert set(ids[:3]) | set(ids[-6:]) == {255}


@pytest.mark.parametrize("counted", [len(VERSE) - 1, len(VERSE) + 1])
def test_a_text_that_is_longer_or_shorter_than_when_it_was_counted_is_refused(verse, tmp_path, counted):
    place = Place(tmp_path / "ids", 0, counted)
    place.file.write_bytes(bytes(len(VERSE) + 9))
    with pytest.raises(TextError, match="changed while it was read") as caught:
        written(verse, place)
    assert caught.value.where == "verse.txt"


def test_a_file_that_cannot_be_written_is_named_with_what_to_do(verse, tmp_path):
    with pytest.raises(TextError, match="cannot be written") as caught:
        written(verse, Place(tmp_path / "gone" / "ids", 0, len(VERSE)))
    assert "CHARLM_CACHE" in caught.value.remedy

"""A stream of ids becomes text as soon as a character is complete."""

from charlm.text.vocabulary import Vocabulary


def test_characters_and_clusters_come_at_once():
    for unit in ("character", "grapheme"):
        vocabulary = Vocabulary.of("ab日", unit)
        decoder = vocabulary.decoder()
        assert [decoder.feed([one]) for one in vocabulary.encode("b日").ids] == ["b", "日"]
        assert decoder.finish() == ""


def test_a_character_of_several_bytes_comes_when_it_is_complete():
    vocabulary = Vocabulary.of("日", "byte")
    decoder = vocabulary.decoder()
    assert [decoder.feed([one]) for one in vocabulary.encode("日").ids] == ["", "", "日"]
    assert decoder.feed(vocabulary.encode("日").ids[:2]) + decoder.finish() == "\ufffd"

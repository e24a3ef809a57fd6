"""Records of validation that stand in training too."""

from charlm.diagnosis.doubles import find_doubles
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of("abcdefghij\n")
END = VOCABULARY.newline


def found(train, valid, **named):
    return find_doubles(VOCABULARY.encode(train).ids, VOCABULARY.encode(valid).ids, END, **named)


def test_whole_records_count_and_parts_do_not():
    doubles = found("abc\nde\nfg\n", "ab\nde\nde\nabc\nhi")
    assert (doubles.records, doubles.repeated, doubles.share) == (5, 3, 0.6)
    assert doubles.first == ((3, 2), (6, 2), (9, 3))
    assert found("abc\n", "abc\nabc\n", most=1).first == ((0, 3),)


def test_without_records_nothing_is_repeated():
    assert found("abc\n", "").share == 0.0
    assert found("\n", "abc\n").repeated == 0

"""Records in pieces are the text that they were put together from, without the line ends around it."""

from hypothesis import given
from hypothesis import strategies as st

from charlm.text.records.pieces import BLOCK, Pieces, is_blank, without_line_ends
from charlm.text.records.separating import split_at_text

TEXTS = st.lists(st.text("a \n%", max_size=5), max_size=12)


@given(TEXTS)
def test_a_record_loses_the_line_ends_around_it_alone(texts):
    held = Pieces()
    for text in texts:
        held.add(text)
    assert "".join(held.take()) == "".join(texts).strip("\n") == "".join(without_line_ends(list(texts)))
    assert held.take() == []
    assert is_blank(texts) == (not "".join(texts).strip())


def test_short_texts_become_blocks_and_long_ones_stay():
    held, long = Pieces(), "x" * (3 * BLOCK)
    for _ in range(3 * BLOCK):
        held.add("a")
    held.add(long)
    record = held.take()
    assert len(record) <= 4
    assert record[-1] is long


@given(TEXTS, st.sampled_from(["%", "%%", "%\n%", "aa"]))
def test_records_do_not_depend_on_how_the_text_is_cut(texts, separator):
    found = [("".join(record), followed) for record, followed in split_at_text(texts, separator)]
    whole = "".join(texts).split(separator)
    assert found == [(one.strip("\n"), number + 1 < len(whole)) for number, one in enumerate(whole)]

"""The writer of one sample: its text does not depend on how the symbols are divided."""

from hypothesis import given, settings
from hypothesis import strategies as some

from charlm.sampling.writer import Writer
from charlm.text.vocabulary import Vocabulary


@given(
    some.sampled_from(["character", "byte"]),
    some.lists(some.integers(0, 4), max_size=40),
    some.integers(2, 64),
    some.lists(some.text("abé\n", min_size=1, max_size=3), max_size=2),
    some.booleans(),
)
@settings(deadline=None)
def test_law_the_text_does_not_depend_on_how_many_symbols_come_at_once(unit, symbols, at_once, stops, records):
    vocabulary = Vocabulary.of("abé\n", unit)
    symbols = [symbol % vocabulary.size for symbol in symbols]

    def written(size):
        writer, text = Writer(vocabulary, stops, vocabulary.newline if records else None), ""
        for start in range(0, len(symbols), size):
            fragment = writer.feed(symbols[start : start + size])
            text += fragment.text
            if fragment.stopped:
                return text, fragment.stopped
        last = writer.finish("length")
        return text + last.text, last.stopped

    assert written(at_once) == written(1)

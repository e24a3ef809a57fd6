"""What form a text has: a table, a list, or a book with a licence. Knows no model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from charlm.config.settings import Settings
from charlm.diagnosis.command import GivenOptions
from charlm.diagnosis.finding import Finding
from charlm.diagnosis.tabular import find_form
from charlm.text.corpus import Corpus

HEAD, LINES = 100_000, 400  # characters and lines of the text that are looked at
TAIL = 400_000  # characters at the end in which a licence is looked for
FEWEST = 20  # lines of a list
LONGEST = 60  # characters of an item that looks like one
WORDS = 4  # of a usual item
MOST_ODD = 0.1  # share of the lines of a list that may not look like items
LICENCE_BEGINS = re.compile(r"^\*{3} ?END OF (?:THE|THIS) PROJECT GUTENBERG.*$", re.MULTILINE)
PREFACE_ENDS = re.compile(r"^\*{3} ?START OF (?:THE|THIS) PROJECT GUTENBERG.*$", re.MULTILINE)
SENTENCE_END = re.compile(r"[.,;:!?\"'”)\]}>。、，！？；：」』．…।॥؟،۔]$")


def check_form(settings: Settings, corpus: Corpus, given: GivenOptions) -> Iterator[Finding]:
    """A finding for each form that should be read in another way than the settings say."""
    if settings.text.records or corpus.vocabulary.unit == "byte":
        return
    lines = corpus.vocabulary.decode(corpus.ids[:HEAD]).split("\n")
    whole = lines[: min(LINES, len(lines) - 1)] if len(corpus.ids) > HEAD else lines[:LINES]  # without one that is cut
    if form := find_form(whole, corpus.sources[0]):
        yield _finding(given, corpus.sources, f"the text looks like {form.what}", form.arguments, form.effect)
    elif looks_like_list(whole):
        yield _finding(
            given,
            corpus.sources,
            "the text looks like a list: its lines are short, and are no sentences",
            ("--records",),
            "each line is learnt as an item of its own",
        )
    if licence := find_licence(corpus):
        yield licence


def _finding(given: GivenOptions, sources: Sequence[str], what: str, arguments: Sequence[str], effect: str) -> Finding:
    if not arguments:
        return Finding("form", "warn", what, effect, {"arguments": []})
    command = given.train_command(sources, arguments)
    facts = {"command": command, "arguments": [*arguments]}
    return Finding("form", "warn", what, f"With this command {effect}:", facts, command=command)


def looks_like_list(lines: Sequence[str]) -> bool:
    """Whether nearly all lines are short items: few words, no indentation, no punctuation at the end."""
    if len(lines) < FEWEST:
        return False
    odd = sum(
        not line.strip()
        or line[0].isspace()
        or len(line) > LONGEST
        or len(line.split()) > WORDS
        or bool(SENTENCE_END.search(line.rstrip()))
        for line in lines
    )
    return odd <= MOST_ODD * len(lines)


def find_licence(corpus: Corpus) -> Finding | None:
    """The licence of a book, if the text still has it: how long it is, and how much of the last split it is."""
    head, tail = (corpus.vocabulary.decode(part) for part in (corpus.ids[:HEAD], corpus.ids[-TAIL:]))
    begins, ends = LICENCE_BEGINS.search(tail), PREFACE_ENDS.search(head)
    if not begins and not ends:
        return None
    after, before = len(tail) - begins.start() if begins else 0, ends.end() if ends else 0
    last = next((name for name in ("test", "valid") if len(corpus.split(name))), "train")
    share = min(1.0, after / len(corpus.split(last)))
    facts = {"before": before, "after": after, "split": last, "share_of_split": share}
    parts = {"a preface": before, "a licence": after}
    counted = " and ".join(f"{count:,} characters of {part}" for part, count in parts.items() if count)
    what = f"the text has {counted} around it"
    if corpus.split_kind == "contiguous" and after:
        what += f": {share:.0%} of the {last} split is licence"
    remedy = "-s text.strip=gutenberg leaves both out."
    if not before or not after:
        missing = "The first marker line, with START OF," if not before else "The last marker line, with END OF,"
        remedy = f"{missing} is not there, so cut the {'licence' if after else 'preface'} away in an editor."
    return Finding("form", "warn", what, remedy, facts)

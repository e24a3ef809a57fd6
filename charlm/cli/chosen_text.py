"""The text that a command of `charlm eval` reads: one that is given, or a split of the run's own. No command.

`charlm eval perplexity` takes the same arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from charlm.cli.completing import complete_corpus, complete_run

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.display.waiting import Waiting
    from charlm.evaluation.characters import CharacterScores
    from charlm.evaluation.likeliest import Likeliest
    from charlm.text.corpus import Corpus
    from charlm.text.vocabulary import Ids

Split = Literal["train", "valid", "test"]
Reading = Literal["skip", "error", "nearest"]

RunOrLatest = Annotated[
    str | None,
    typer.Argument(
        help="A run's name, its folder or one of its checkpoints. Default: the latest run.",
        autocompletion=complete_run,
    ),
]
Texts = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files, folders, globs, named corpora or - (standard input). Default: a split of the run's own text.",
        autocompletion=complete_corpus,
    ),
]
SplitOption = Annotated[
    Split | None, typer.Option(help="Without TEXT: which split of the run's own text. Default: valid.")
]
MovedOption = Annotated[
    list[str] | None,
    typer.Option("--text", metavar="PATH", help="Where the run's own text is now, if it has moved."),
]
ValidOption = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help="Where the run's own validation text (train --valid) is now.")
]
TestOption = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help="Where the run's own test text (train --test) is now.")
]
EncodingOption = Annotated[
    str | None, typer.Option(help="Encoding of TEXT; auto decides for each file. Default: that of the run.")
]
ReadingOption = Annotated[
    Reading,
    typer.Option(
        help="Characters that the model does not know: leave them out (skip), read the nearest known ones, or end with "
        "an error. A model with an unknown symbol (text.min_count) reads that symbol, and its name is charged."
    ),
]


@dataclass(frozen=True)
class ChosenText:
    """What the arguments say, in the order of `charlm eval perplexity`. `command` is the name of the command."""

    command: str
    run: str | None
    text: list[str] | None
    split: Split | None
    moved: list[str] | None
    valid: list[str] | None
    test: list[str] | None
    encoding: str | None
    unknown: Reading

    def opened(self, checkpoint: Checkpoint) -> tuple[Corpus, Ids]:
        """The corpus, and the ids of what is to be read of it.

        Raises UsageError for arguments that cannot go together, TextError for a text of fewer than two characters, and
        as `open_corpus` and `reopen_text` do.
        """
        import shlex

        from charlm.checkpoint.moved import Moved
        from charlm.checkpoint.reopening import reopen_text
        from charlm.cli.scored_text import given_text
        from charlm.errors import UsageError
        from charlm.text.length import require_two

        if self.text and self.split:
            what = "--split selects a part of the run's own text"
            raise UsageError(what, f"--split {self.split}", "Give --split or TEXT.")
        places = Moved(self.moved or (), self.valid or (), self.test or ())
        if self.text and places.given:
            option, *_ = words = places.words()
            what = f"{option} names a text of the run's own, to read one of its splits"
            raise UsageError(what, " ".join(words), f"Give {option}, or TEXT to read all of it.")
        if self.text:
            corpus = given_text(checkpoint, self.text, self.encoding, self.unknown)
        else:
            command = f"{self.command} {shlex.quote(self.run or checkpoint.run_name)}"
            corpus = reopen_text(
                checkpoint, f"{command} --split {self.part}", f"To read all of another text: {command} PATH", places
            )
        ids = corpus.ids if self.text else corpus.split(self.part)
        require_two(ids.size, "The text" if self.text else f"The {self.part} split", corpus.name)
        return corpus, ids

    @property
    def part(self) -> Split:
        return self.split or "valid"

    def scored(self, checkpoint: Checkpoint, device: str, line: Waiting) -> tuple[Corpus, CharacterScores]:
        """The corpus, and the nats of each character of what is to be read of it."""
        from charlm.cli.scored_text import scorer_for
        from charlm.display.progress import WatchedScorer
        from charlm.evaluation.characters import score_characters
        from charlm.text.records.record_lanes import record_end_id

        corpus, ids = self.opened(checkpoint)
        scorer = WatchedScorer(scorer_for(checkpoint, device, ids.size), ids.size, line)
        end = record_end_id(checkpoint.settings.text, corpus.vocabulary)
        return corpus, score_characters(scorer, ids, corpus.vocabulary, end, corpus.unknown)

    def scored_with_likeliest(
        self, checkpoint: Checkpoint, most: int, line: Waiting
    ) -> tuple[Corpus, CharacterScores, Likeliest]:
        """The same with the likeliest symbols in the place of each, by numpy.

        Raises UsageError for more than `most` characters.
        """
        from charlm.display.progress import WatchedScorer
        from charlm.errors import UsageError
        from charlm.evaluation.characters import score_places, with_end
        from charlm.evaluation.likeliest import PlaceScorer
        from charlm.text.records.record_lanes import record_end_id

        corpus, ids = self.opened(checkpoint)
        if ids.size > most:
            what = f"The text has {ids.size:,} characters, and at most {most:,} can be shown"
            raise UsageError(what, corpus.name, "Give a part of it, or its lines: charlm eval characters")
        end = record_end_id(checkpoint.settings.text, corpus.vocabulary)
        whole = with_end(ids, end)
        scorer = PlaceScorer(checkpoint.model, whole)
        watched = WatchedScorer(scorer, whole.size, line)
        found = score_places(watched, whole, corpus.vocabulary, end, corpus.unknown)
        return corpus, found, scorer.likeliest

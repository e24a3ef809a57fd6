"""The options of `charlm sample`, in the groups in which its help shows them. Knows no command."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from charlm.cli.completing import complete_device, complete_run
from charlm.cli.options import Run as Run

PROMPT, RULES, RECORDS, SESSION = "Prompt", "Rules for the next character", "Records", "With a person"
CONSTRAINTS = "Constraints on what is written after the prompt"
COPIES = "Copies of the training text, which is read again"
LIKELIHOOD = "By likelihood, and with several models"
LATENT = "Models with latent variables (train --latent)"

Length = Annotated[
    int | None,
    typer.Option(
        "--length",
        "-n",
        help="Characters to write (bytes, if the model works on bytes). Default: 500; a whole record.",
    ),
]
Count = Annotated[int, typer.Option(help="Samples to write, each with its own random numbers.")]
Stop = Annotated[list[str] | None, typer.Option(help="Stop before this text; can be repeated.")]
Seed = Annotated[
    int | None, typer.Option(help="Seed; the same seed gives the same text. Default: random, and printed.")
]
Device = Annotated[
    str,
    typer.Option(
        help="Device: auto, cpu, mps or cuda. cuda is for many samples at once.", autocompletion=complete_device
    ),
]

Prompt = Annotated[
    str | None,
    typer.Option(
        "--prompt",
        "-p",
        help="The beginning, which the model continues. Default: what is piped in.",
        rich_help_panel=PROMPT,
    ),
]
PromptFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="A file with the prompt, all of it; - is standard input.", rich_help_panel=PROMPT
    ),
]
Unknown = Annotated[
    Literal["skip", "error", "nearest"],
    typer.Option(help="What to do with characters of the prompt that the model does not know.", rich_help_panel=PROMPT),
]


Adapt = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Read this text first, and learn from it; the checkpoint stays.", rich_help_panel=PROMPT
    ),
]
AdaptRate = Annotated[
    float | None,
    typer.Option(
        metavar="X",
        help="How much is learned from each segment of it. Default: 0.001.",
        rich_help_panel=PROMPT,
    ),
]


def _rule(text: str, *names: str, **named: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=RULES, **named)


Temperature = Annotated[float, _rule("Below 1 is more conservative, above 1 more random; 0 is greedy.")]
TopK = Annotated[int | None, _rule("Choose only among the K most likely characters.", metavar="K")]
TopP = Annotated[
    float | None, _rule("Choose only among the likeliest characters, together of probability P.", metavar="P")
]
MinP = Annotated[
    float | None, _rule("Choose only among those at least P times as likely as the likeliest.", metavar="P")
]
Typical = Annotated[
    float | None,
    _rule("Choose only among those about as surprising as is usual here, together of probability P.", metavar="P"),
]
RepetitionPenalty = Annotated[float, _rule("Above 1 makes recent characters less likely; 1 has no effect.")]
FrequencyPenalty = Annotated[
    float, _rule("Subtracted from a character's logit for each time it occurs among the recent ones; 0 has no effect.")
]
PresencePenalty = Annotated[
    float, _rule("Subtracted from a character's logit if it occurs among the recent ones; 0 has no effect.")
]
RepetitionWindow = Annotated[
    int, _rule("How many characters are recent for the three penalties; those of the prompt count.")
]
NoRepeat = Annotated[
    int | None, _rule("No sequence of N characters twice; the prompt counts. The text ends where none is left.")
]
LogitBias = Annotated[
    list[str] | None,
    _rule("Add X to a character's logit, as in 'e=-2'; can be repeated.", metavar="CHAR=X"),
]
Mirostat = Annotated[
    int,
    _rule("Keep the text about as surprising as --mirostat-ent, by version 1 or 2 of mirostat; 0 is off."),
]
MirostatEnt = Annotated[float, _rule("Mirostat: the surprise of a character to keep to, in bits.")]
MirostatLr = Annotated[float, _rule("Mirostat: how fast its bound follows.")]
Samplers = Annotated[
    str | None,
    _rule(
        "The rules in the order in which they apply; those that are not named do not. --logit-bias comes before them, "
        "and mirostat after. Default: penalties;temperature;top_k;typ_p;top_p;min_p. (llama.cpp has the temperature "
        "last.)",
        metavar="RULES",
    ),
]

Regex = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN",
        help="Write what matches this regular expression as a whole; it is never cut off, and a running text ends "
        "where the model would leave a finished match. Characters that cannot lead to a match are left out at each "
        "step, so a forced text may be an unlikely one: what that cost is printed in bits. Needs the extra constrain.",
        rich_help_panel=CONSTRAINTS,
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS",
        help='Write these characters alone, as in "a-z ,.\'"; all but these after a ^.',
        rich_help_panel=CONSTRAINTS,
    ),
]
Words = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Write only words of this list, as they are spelled there; between them stand characters of no word.",
        rich_help_panel=CONSTRAINTS,
    ),
]
Utf8 = Annotated[
    bool,
    typer.Option(
        "--utf8",
        help="A model of bytes: write whole characters alone. The other constraints do so anyway.",
        rich_help_panel=CONSTRAINTS,
    ),
]

MaxCopy = Annotated[
    int | None,
    typer.Option(
        help="Never more than N characters in a row that stand in the training text; the text ends where none is left. "
        "Below about 15, words are misspelled. Needs the extra constrain.",
        rich_help_panel=COPIES,
    ),
]
Report = Annotated[
    bool,
    typer.Option(
        "--report",
        help="Say of all samples which share of their sequences of 10, 20 and 50 characters, and of records, is new, "
        "and how long the longest copy is. Needs the extra constrain.",
        rich_help_panel=COPIES,
    ),
]

MovedText = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        metavar="PATH",
        help="Where the run's own text is now, if it has moved; --valid and --test likewise.",
        rich_help_panel=COPIES,
    ),
]
MovedValid = Annotated[
    list[str] | None,
    typer.Option(
        "--valid",
        metavar="FILE",
        help="Where the run's own validation text (train --valid) is now.",
        rich_help_panel=COPIES,
    ),
]
MovedTest = Annotated[
    list[str] | None,
    typer.Option(
        "--test", metavar="FILE", help="Where the run's own test text (train --test) is now.", rich_help_panel=COPIES
    ),
]

BestOf = Annotated[
    int | None,
    typer.Option(
        metavar="K",
        help="Write K samples for each one and keep the likeliest: the one of the fewest bits per character, as the "
        "model scores it at temperature 1.",
        rich_help_panel=LIKELIHOOD,
    ),
]
Beam = Annotated[
    int | None,
    typer.Option(
        metavar="K",
        help="The most likely line per character that a search finds which keeps K beginnings. It takes no chances, "
        "and is as dull as that. The rules, the temperature and the seed do not matter.",
        rich_help_panel=LIKELIHOOD,
    ),
]
EnsembleRuns = Annotated[
    list[str] | None,
    typer.Option(
        "--ensemble",
        metavar="RUN",
        help="Another run of the same vocabulary: the mean of all probabilities counts; can be repeated.",
        autocompletion=complete_run,
        rich_help_panel=LIKELIHOOD,
    ),
]
ShowProbabilities = Annotated[
    bool,
    typer.Option(
        "--show-probabilities",
        help="With --json: the natural log-probability of each character, at temperature 1, and of the five likeliest "
        "in its place.",
        rich_help_panel=LIKELIHOOD,
    ),
]

Label = Annotated[
    str | None,
    typer.Option(help="A model of records: the label to begin with (text.label).", rich_help_panel=RECORDS),
]
Unique = Annotated[bool, typer.Option("--unique", help="A model of records: no record twice.", rich_help_panel=RECORDS)]
Novel = Annotated[
    bool,
    typer.Option("--novel", help="A model of records: none that stands in the training text.", rich_help_panel=RECORDS),
]

Between = Annotated[
    tuple[str, str] | None,
    typer.Option(
        metavar="LINE LINE",
        help="Lines on the way from one line to another: the likeliest text at each step between their latents.",
        rich_help_panel=LATENT,
    ),
]
BetweenSteps = Annotated[
    int | None,
    typer.Option("--steps", metavar="N", help="With --between: lines to write. Default: 7.", rich_help_panel=LATENT),
]
Near = Annotated[
    str | None,
    typer.Option(
        metavar="LINE",
        help="Lines near this one, the nearest first; --count says how many. Default: 10.",
        rich_help_panel=LATENT,
    ),
]

Interactive = Annotated[
    bool,
    typer.Option(
        "--interactive",
        "-i",
        help="Answer one prompt after another and keep the state; :help explains.",
        rich_help_panel=SESSION,
    ),
]
Choose = Annotated[
    bool,
    typer.Option(
        "--choose", help="Show the ten likeliest next characters; you pick, one by one.", rich_help_panel=SESSION
    ),
]

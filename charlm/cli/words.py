"""Answers a word that charlm does not know, in an option or a command, with the line to write instead.

The field's other words for settings are in config/field_words.py; here are those for options and commands.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from charlm.config.field_words import OTHER_WORDS, setting_called
from charlm.config.suggestions import closest
from charlm.errors import UsageError

# For each command, its own words for what others call so; {} is the value.
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "train": {
        "--steps {}": OTHER_WORDS["training.steps"],
        "--epochs {}": OTHER_WORDS["training.epochs"],
        "--budget {}": "time max-time time-limit",
        "--seed {}": OTHER_WORDS["training.seed"],
        "--run {}": "out out-dir output output-dir save save-dir checkpoint-dir model-name run-name save-to o",
        "--device cuda": "gpu cuda",
        "--resume {}": "resume-from resume-from-checkpoint continue load checkpoint ckpt",
        "--from {}": "pretrained init-from finetune fine-tune start-from init weights warm-start",
        "--more {}": "extra additional",
        "-c {}": "preset conf",
        "{}": f"{OTHER_WORDS['text.sources']} i",
    },
    "sample": {
        "--temperature {}": "temp t T",
        "--length {}": "len max-length max-len max-new-tokens max-tokens tokens num-chars n-chars chars characters",
        "--prompt {}": "start prime prime-text primetext seed-text context begin input prefix",
        "--count {}": "num-samples n-samples samples num-return-sequences number",
        "--top-k {}": "topk k",
        "--top-p {}": "topp nucleus",
        "--stop {}": "end until stop-at eos",
        "--typical {}": "typical-p typ-p",
        "--repetition-penalty {}": "repeat-penalty",
        "--repetition-window {}": "repeat-last-n penalty-last-n",
        "--no-repeat {}": "no-repeat-ngram-size",
        "--device cuda": "gpu cuda",
        "{}": "model checkpoint ckpt run load name m",
    },
    "tune": {
        "--trials {}": "n-trials num-trials max-trials count n",
        "--each {}": "budget time steps length per-trial trial-length",
        "--space {}": "search-space ranges",
        "--name {}": "run study study-name",
        "-c {}": "preset conf",
    },
    "eval perplexity": {
        "{}": "data dataset input file files model checkpoint ckpt run load name",
        "--split valid": "val validation",
        "--device cuda": "gpu cuda",
    },
}  # fmt: skip
COMMANDS = {
    "sample": "generate gen write complete completion infer inference predict continue",
    "sample -i": "chat interactive talk repl",
    "train": "fit learn training",
    "train TEXT --from RUN": "finetune fine-tune transfer",
    "train --resume RUN": "resume",
    "eval perplexity": "evaluate perplexity ppl score test validate valid bpc",
    "runs list": "list ls models checkpoints",
    "runs show": "show info",
    "runs compare": "compare diff",
    "data fetch": "fetch download",
    "data list": "corpora datasets",
    "config list": "settings options",
    "config show": "presets",
    "study search": "search",
    "tune": "sweep hyperopt optuna hyperparameters",
    "bench train": "benchmark speed",
    "doctor": "check diagnose",
    "--version": "version",
    "--help": "help",
}
COMMAND_OF = {word: command for command, words in COMMANDS.items() for word in words.split()}
FILE_OPTIONS = {("eval perplexity", "--valid"): "--split valid", ("eval perplexity", "--test"): "--split test"}
SPLITS = "-s text.splits=[0.9,0.05,0.05]"  # a share cannot be translated: ours has three


def answer(error: Any, arguments: Sequence[str]) -> UsageError | None:
    """What to say about an error of the command line's parser; None if it says enough itself.

    `error` is a usage error of typer, or of click in older versions; `arguments` are those of the process.
    """
    context, option = getattr(error, "ctx", None), str(getattr(error, "option_name", None))
    for (command, name), split in FILE_OPTIONS.items():
        if option == name and arguments[:2] == command.split():  # this error has no context
            return _without_its_file(command, option, split, arguments)
    if context is None:
        return None
    command = " ".join(context.command_path.split()[1:])
    unknown = re.match(r"No such command '(.*?)'", str(error.format_message()))
    if unknown:
        return _unknown_command(command, unknown[1], arguments, context.command)
    if getattr(error, "option_name", None) is None or not str(error.format_message()).startswith("No such option"):
        return None
    places = [each for each in context.command.params if each.param_type_name == "argument"]
    if str(error.option_name).strip("-") in [each.name for each in places]:
        usage = " ".join(f"[{each.metavar or each.name.upper()}]" for each in places)
        what = f"{error.option_name} is no option: what it names is given by its place"
        return UsageError(what, f"charlm {command}", f"Write: charlm {command} {usage}")
    options = [each for each in context.command.params if each not in places]
    known = {name for parameter in options for name in (*parameter.opts, *parameter.secondary_opts)}
    return _unknown_option(command, str(error.option_name), arguments, sorted({*known, "--help"}))


def _unknown_command(command: str, word: str, arguments: Sequence[str], group: Any) -> UsageError:
    where = f"charlm {command}".strip()
    what = f"There is no command {word[:60]!r}"
    instead = None if command else _command_called(word, group)
    if instead:
        rest = arguments[arguments.index(word) + 1 :] if word in arguments and "RUN" not in instead else ()
        return UsageError(what, f"charlm {word}", f"Write: charlm {' '.join([instead, *map(shlex.quote, rest)])}")
    if not command and Path(word).exists():
        return UsageError(what, f"charlm {word}", f"To train on that text: charlm train {shlex.quote(word)}")
    near = closest(word, group.commands)
    listed = f"Commands: {', '.join(group.commands)}."
    return UsageError(what, where, f"Did you mean: {where} {near[0]}" if near else listed)


def _command_called(word: str, group: Any) -> str | None:
    """The command that others call so, as far as there is one; `sample` for `sample -i` where that has no -i."""
    if word not in COMMAND_OF:
        return None
    words = COMMAND_OF[word].split()
    for part in words:
        inner = getattr(group, "commands", {}).get(part)
        if inner is None:
            if part == "-i" and not any("-i" in each.opts for each in group.params):
                return words[0]
            return " ".join(words) if part.startswith("-") or part.isupper() else None
        group = inner
    return " ".join(words)


def _unknown_option(command: str, option: str, arguments: Sequence[str], known: Sequence[str]) -> UsageError:
    corrected = list(_corrected(command, arguments, known))
    if corrected != list(arguments):
        wrong = [*dict.fromkeys(each.partition("=")[0] for each in arguments if _instead(command, each, known))]
        what = f"There is no option {wrong[0]}" if len(wrong) == 1 else f"There are no options {', '.join(wrong)}"
        return UsageError(what, f"charlm {command}", f"Write: charlm {shlex.join(corrected)}")
    near = closest(option, known)
    help_page = f"`charlm {command} --help` lists the options."
    hint = f"Did you mean {near[0]}? {help_page}" if near else help_page
    return UsageError(f"There is no option {option[:60]}", f"charlm {command}", hint)


def _without_its_file(command: str, option: str, split: str, arguments: Sequence[str]) -> UsageError:
    """The answer to an option that names a file, where the split of that name is meant."""
    words = [word for each in arguments for word in (split.split() if each == option else [each])]
    return UsageError(f"There is no file after {option}", f"charlm {command}", f"Write: charlm {shlex.join(words)}")


def _corrected(command: str, arguments: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    """The arguments, each option that is called otherwise here under its own name."""
    rest = iter(arguments)
    for argument in rest:
        instead = _instead(command, argument, known)
        if instead is None:
            yield argument
            continue
        _, has_value, value = argument.partition("=")
        if not has_value and ("{}" in instead or instead == SPLITS):
            value = next(rest, "VALUE")
        yield from (word.replace("{}", value) for word in instead.split(" "))


def _instead(command: str, argument: str, known: Sequence[str]) -> str | None:
    """What to write for an option that is called otherwise here; None if it is known, or unknown by any name."""
    name = argument.partition("=")[0]
    if not name.startswith("-") or name in known:
        return None
    word = name.lstrip("-")
    for instead, words in OPTIONS.get(command, {}).items():
        if word in words.split() and instead.split(" ")[0] in (*known, "{}", "-c"):
            return instead
    setting = (setting_called(word) or _setting_named(word)) if command == "train" else None
    if setting == "text.splits":
        return SPLITS
    return f"-s {setting}={{}}" if setting else None


def _setting_named(word: str) -> str | None:
    """The setting whose own key it is: training.batch_size for `batch-size`."""
    from charlm.config.given import NAMES

    key = word.replace("-", "_").lower()
    return next((name for name in NAMES if key in (name, name.partition(".")[2])), None)

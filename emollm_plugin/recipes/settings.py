"""How a single setting is read: from text, with the words that an error says where it is not of its form."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError

Read = Callable[[str], Any]  # raises ValueError, whose words follow `NAME=value`

# Settings of the other scripts, which may stand in the same environment.
OTHERS = (
    "VENV",
    "PYTHON",
    "STIMULI",
    "STIMULI_PLACE",
    "GENERAL_QUESTIONS",
    "GENERAL_GOLD",
    "GENERAL_IMAGES",
    "BEFORE",
    "BEFORE_BASE_MODEL",
    "BEFORE_TEMPLATE",
    "LIKELIHOOD",
    "MAX_NEW_TOKENS",
    "CHUNKS",
    "OUT_DIR",
    "DTYPE",
)
# Earlier names of settings, which are taken with a line that says so.
RENAMED = {"beside": "align_residual"}
# How much alike two names are that may be meant for one, by difflib's measure; EPOCH and EPOCHS have 0.91.
ALIKE = 0.85
SHORTEST = 4  # names such as GPU or PWD are too short to look like anything
# Who asks the questions: `emollm eval` in batches, or a script of LLaVA's, one at a time.
OURS, LOADER = "emollm", "model_vqa_loader"
# Places that have a default and names that ordinary environments have too, or nearly: nothing is taken for these.
PLACES = ("MODELS", "DOWNLOADS", "DATA_DIR", "STACK")
FAMILY = "LORA_"  # what begins with it is meant for us, whatever follows


def setting(read: Read, default: Any = None) -> Any:
    """A dataclass field that `read_settings` fills; None stands for what is not set and follows from the rest."""
    return field(default=default, metadata={"read": read})


def choice(*names: str) -> Read:
    """One of `names`."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"is unknown; known: {', '.join(names)}")
        return text

    return read


def _of_form(pattern: str, words: str, kind: Callable[[str], Any]) -> Read:
    def read(text: str) -> Any:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"is not {words}")
        return kind(text)

    return read


count = _of_form(r"[1-9][0-9]{0,8}", "a whole number from 1", int)
count_or_none = _of_form(r"0|[1-9][0-9]{0,8}", "a whole number from 0", int)
_PORT = r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
port = _of_form(_PORT, "a port, 1 to 65535", int)
limit = _of_form(r"-1|[1-9][0-9]{0,8}", "a whole number from 1, or -1 for no limit", int)
SIXTEENTH = "1/16"
layer = _of_form(r"1/16|-?[0-9]{1,4}", "the number of an encoder layer", lambda text: text if text == SIXTEENTH else int(text))
layers = _of_form(r"[0-9]{1,4}-[0-9]{1,4}", "the first and the last decoder layer, such as 15-29", str)
share = _of_form(r"0|1(\.0+)?|0?\.[0-9]+", "a number from 0 to 1", float)
number = _of_form(r"[0-9]*\.?[0-9]+(e-?[0-9]+)?", "a number from 0", float)
path = _of_form(r"(?s).+", "a path", lambda text: Path(text).expanduser())
text = _of_form(r"(?s).+", "a text", str)
# A folder, or a name such as a model hub's.
place = _of_form(r"(?s).+", "a path or a name", lambda text: str(Path(text).expanduser()) if text.startswith("~") else text)


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = number(text)
    except ValueError:
        value = 0.0
    if not value:
        raise ValueError("must be a number above zero")
    return value


def yes_or_no(text: str) -> bool:
    """1 or 0, or as YAML has it."""
    said = {"true": "1", "false": "0"}.get(text.lower(), text)
    if said not in ("0", "1"):
        raise ValueError("is not 0 or 1")
    return said == "1"


def several(read: Read, words: str) -> Read:
    """Names with commas between them, each of the form `read`; `words` say what they are."""

    def read_all(text: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in text.split(","))
        if not all(names):
            raise ValueError(f"is not {words} with commas between them")
        return tuple(read(name) for name in names)

    return read_all


names = several(_of_form(r"[A-Za-z0-9_.]+", "a name without spaces", str), "names")


def words(text: str) -> tuple[str, ...]:
    """The words of a command line, quoted as in a shell."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"is no command line ({str(error).lower()})") from None


def read_value(shown: str, text: str, read: Read) -> Any:
    """What `text` says.

    Args:
        shown: the setting as the error names it, with the place that it stands at.

    Raises:
        InputError: it is not of the form that `read` takes.
    """
    try:
        return read(text)
    except ValueError as error:
        raise InputError(f"{shown}={text} {error}") from None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that is most like `name`, if any is."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.6)), None)


def refuse_misspelt(environment: Mapping[str, str], reads: Mapping[str, Read]) -> None:
    """Raise `InputError` for a variable such as EPOCH: like the name of a setting, and with a value that this one takes.

    Ordinary environments hold names like ours by chance (NODE=/usr/bin/node): a value that the setting would refuse,
    or a short name with a value of no form, is none of our business.
    """
    known, meant = {*reads, *OTHERS, *map(str.upper, RENAMED)}, {*reads} - {*PLACES}
    for name, value in environment.items():
        if name in known or not value or not re.fullmatch(r"[A-Z][A-Z0-9_]*", name) or len(name) < SHORTEST:
            continue
        near = next(iter(get_close_matches(name, known, n=1, cutoff=0 if name.startswith(FAMILY) else ALIKE)), None)
        if near in meant and (name.startswith(FAMILY) or _would_take(reads[near], value, name)):
            raise InputError(f"{name}={value} is no setting; is {near} meant? (--help lists all; else unset {name})")


def _would_take(read: Read, value: str, name: str) -> bool:
    if read in (path, text) and len(name) < 2 * SHORTEST:
        return False
    try:
        read(value)
    except ValueError:
        return False
    return True

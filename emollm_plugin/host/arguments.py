"""Whether the host's training takes an argument, by its own parser, before anything is made ready for it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from emobench_data.io.errors import InputError


def check_arguments(words: Sequence[str]) -> None:
    """Raise `InputError` for arguments that `llava.train.train` does not know, or of values that it does not take.

    Args:
        words: as on its command line.
    """
    import argparse

    import transformers

    from ..attach import register

    register()
    from llava.train import train as host

    parser = transformers.HfArgumentParser((host.ModelArguments, host.DataArguments, host.TrainingArguments))
    parser.exit_on_error = False
    parser.error = _refuse  # type: ignore[method-assign]  # of this parser alone
    for action in parser._actions:
        action.required = False  # the recipe gives what the host cannot do without
    try:
        _, unknown = parser.parse_known_args(list(words))
    except argparse.ArgumentError as error:
        _refuse(str(error))
    known = [option for action in parser._actions for option in action.option_strings]
    if unknown:
        near = get_close_matches(unknown[0].partition("=")[0], known, n=1)
        hint = f"; is {near[0]} meant?" if near else ""
        raise InputError(f"{unknown[0]} behind -- is no argument of the host's training{hint}")


def _refuse(message: str) -> NoReturn:
    raise InputError(f"behind --: {message}")

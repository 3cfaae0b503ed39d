"""Command lines that a run and an evaluation have in common: a checkpoint asked, and its answers scored."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .settings import LOADER, OURS

TAKES_ROOM = (OURS, LOADER)  # LLaVA's other scripts write up to 1,024 tokens
CLI = [sys.executable, "-m", "emollm_plugin.cli"]


def ask_line(evaluator: str, checkpoint: Path, base: str | None, asked: Mapping[str, Any], room: int | None) -> list[str]:
    """The command that answers questions with a checkpoint.

    Args:
        evaluator: `OURS`, or the name of a script of LLaVA's.
        base: its base model, where it needs one.
        asked: options that all evaluators have, without their dashes.
        room: tokens of an answer, or None for the evaluator's own.
    """
    options = {**({"model-base": base} if base else {}), **asked}
    limit = {"max_new_tokens": room} if room and evaluator in TAKES_ROOM else {}
    if evaluator == OURS:
        return [*CLI, "eval", str(checkpoint), *words({**options, **limit})]
    host = [sys.executable, "-m", "emollm_plugin", f"llava.eval.{evaluator}", "--model-path", str(checkpoint)]
    return [*host, *words({**options, "temperature": 0, **limit})]


def score_line(folder: Path, files: Mapping[str, Path | None], settings: Mapping[str, Any]) -> list[str]:
    """The command that scores the answers in `folder` and keeps the settings with the score; no file where it is None."""
    given = {name: file for name, file in files.items() if file}
    kept = [part for key, value in settings.items() for part in ("--set", f"{key}={word(value)}")]
    return [*CLI, "results", str(folder), *words(given), *kept]


def words(options: Mapping[str, Any]) -> list[str]:
    """`--name value` for each; a tuple gives several values."""
    made: list[str] = []
    for name, value in options.items():
        made += [f"--{name}", *map(word, value if isinstance(value, tuple) else (value,))]
    return made


def word(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    short = f"{value:g}"
    return short if float(short) == value else repr(value)

"""Options as letters, for rows."""

from __future__ import annotations

from collections.abc import Sequence

from .data import Item


def lettered(items: Sequence[Item]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Item -> the letter of its right option; and the options that letters stand for."""
    options = tuple(sorted({option for item in items for option in item.options}))
    return {item.id: letter(item.answer, options) for item in sorted(items)}, options


def letter(option: str, options: tuple[str, ...]) -> str:
    """`a` for the first option."""
    return chr(ord("a") + options.index(option))

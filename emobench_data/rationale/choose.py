"""Which training records learn a rationale with their answer, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..io.errors import InputError
from ..io.llava_files import line_place, read_lines
from ..schema.hash_choice import draw
from ..schema.records import Record
from .rules import by_rule

MODES = ("none", "only", "mixed")


def choose(records: Iterable[Record], mode: str, known: Mapping[str, str] | None = None) -> tuple[list[Record], dict[str, str]]:
    """The records that train, and the rationales of those that train with one, by record id.

    Args:
        mode: `none` trains answers only; `only` trains the records that have a rationale, with it; `mixed` trains all
            records, half of those that have a rationale with it, drawn by a hash of the id.
        known: record id -> rationale, in place of those by rule.

    Raises:
        InputError: the mode is `only` and no record has a rationale.
    """
    records = list(records)
    if mode == "none":
        return records, {}
    found = {one.id: known.get(one.id, "") if known is not None else by_rule(one) for one in records}
    texts = {key: text for key, text in found.items() if text and (mode == "only" or draw(f"rationale/{key}", 2))}
    if mode == "mixed":
        return records, texts
    if records and not texts:
        raise InputError(
            f"{records[0].source}: no training record has a rationale; make some (python -m emobench_data rationale) "
            "and name their file, or train without: --rationale none"
        )
    return [one for one in records if one.id in texts], texts


def read_rationales(path: Path) -> dict[str, str]:
    """Record id -> rationale, from lines such as `{"id": ..., "rationale": ...}`.

    Raises:
        InputError: the file cannot be read, a line lacks a field or is empty, or an id occurs twice.
    """
    known: dict[str, str] = {}
    for number, entry in read_lines(path):
        key, text = entry.get("id"), entry.get("rationale")
        if not isinstance(key, str) or not isinstance(text, str) or not text.strip() or key in known:
            raise InputError(f"{line_place(path, number)}: each line needs an id of its own and a rationale")
        known[key] = text
    return known

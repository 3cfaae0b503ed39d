"""Which training records learn a rationale with their answer, and where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ..io.errors import InputError
from ..io.llava_files import line_place, read_lines
from ..schema.draw import draw
from ..schema.records import Record
from ..schema.steps import written
from ..schema.tasks import DIRECT, GUIDED, STEPS
from .rules import by_rule
from .steps import steps_of

MODES = ("none", "only", "mixed", "all")


def trained_form(form: str) -> str:
    """The form in which a record with a rationale is asked, where questions are asked in `form`."""
    return STEPS if form == STEPS else GUIDED


def asked_form(record: Record, form: str, reasoned: Collection[str] | None) -> str:
    """How `record` is asked: in `form` where its sub-task is one of `reasoned`, None for all, and else for the answer alone."""
    return form if reasoned is None or record.task in reasoned else DIRECT


def choose(
    records: Iterable[Record],
    mode: str,
    known: Mapping[str, str] | None = None,
    *,
    form: str = GUIDED,
    reasoned: Collection[str] | None = None,
) -> tuple[list[Record], dict[str, str]]:
    """The records that train, and the rationales of those that train with one, by record id.

    Args:
        mode: `none` trains answers only; `only` trains the records that have a rationale, with it; `mixed` trains all
            records, half of those that have a rationale with it, drawn by a hash of the id; `all` trains all records, every
            one that has a rationale with it.
        known: record id -> rationale, in place of those by rule.
        form: where it is `steps`, rationales are in steps, and else sentences by rule.
        reasoned: the sub-tasks whose records may have a rationale; None for all.

    Raises:
        InputError: the mode is `only` and no record has a rationale.
    """
    records = list(records)
    if mode == "none":
        return records, {}
    make = by_rule if trained_form(form) == GUIDED else (lambda record: written(steps_of(record)))
    meant = [one for one in records if reasoned is None or one.task in reasoned]
    found = {one.id: known.get(one.id, "") if known is not None else make(one) for one in meant}
    texts = {key: text for key, text in found.items() if text and (mode != "mixed" or draw(f"rationale/{key}", 2))}
    if mode in ("mixed", "all"):
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

"""Find what stands in two splits: the same item, medium, text or file content, or nearly the same picture."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..schema.asking import DIALOGUE
from ..schema.parsing import normal
from ..schema.records import SPLITS, Record

# A leak is taken out of the split that comes first here.
Key = tuple[str, str]  # what is the same, and its value
Unit = tuple[str, str]  # a medium's name, and the words that belong to it in their `normal` form


class Entry(NamedTuple):
    """One record of one split, and what no record of another split may share with it."""

    id: str
    keys: tuple[Key, ...]


class Leak(NamedTuple):
    """Record `id` of `split` shares `what` (item, medium, text, content or near) with record `other` of `other_split`."""

    id: str
    split: str
    what: str
    other: str
    other_split: str


def find_leaks(splits: Mapping[str, Iterable[Entry]]) -> Iterator[Leak]:
    """Yield a leak for each entry that shares a key with one of a later split (train, val, test); the first key only.

    Args:
        splits: split -> its entries. Those of test are gone through first and those of train last, once each; only
            the keys of test and val are kept.
    """
    seen: dict[Key, tuple[str, str]] = {}
    for split in reversed(SPLITS):
        fresh: dict[Key, tuple[str, str]] = {}
        for entry in splits.get(split, ()):
            key = next((key for key in entry.keys if key in seen), None)
            if key is not None:
                yield Leak(entry.id, split, key[0], *seen[key])
            elif split != "train":
                fresh.update((key, (entry.id, split)) for key in entry.keys if key not in fresh)
        seen.update(fresh)


def record_entry(record: Record, digests: Mapping[str, str] = {}, near: Mapping[Unit, Unit] = {}) -> Entry:
    """What must not be shared of a record: its item, its media (by path and content), a dialogue or, without media, its text.

    Args:
        digests: medium -> digest of its content, where known.
        near: what is nearly the same, see `near.near_duplicates`.
    """
    keys = [("item", f"{record.source}/{record.item}")]
    for path in record.paths:
        keys.append(("medium", path))
        if path in digests:
            keys.append(("content", digests[path]))
        if near:
            unit = path, normal(record.text)
            keys.append(("near", "\0".join(near.get(unit, unit))))
    if not record.media or DIALOGUE in record.text.splitlines():  # one dialogue may be told and filmed
        keys.append(("text", normal(record.text)))
    return Entry(record.id, tuple(keys))


def worth_hashing(splits_by_path: Mapping[str, set[str]]) -> list[str]:
    """Of the files, those that another file of the same size in another split could equal."""
    sizes: dict[int, list[str]] = defaultdict(list)
    for path in splits_by_path:
        try:
            sizes[os.stat(path).st_size].append(path)
        except (OSError, ValueError):
            continue  # a missing medium is reported by the media check
    return sorted(
        path
        for same in sizes.values()
        if len(same) > 1 and len(set().union(*(splits_by_path[path] for path in same))) > 1
        for path in same
    )

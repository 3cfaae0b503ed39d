"""Assign train, val and test to records that come without a split: grouped, stratified, the same every time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Any

from ..io.errors import InputError
from ..schema.records import Record
from ..schema.tasks import get_task

Group = tuple[str, str]
Stratum = tuple[str, str, str]


@dataclass(frozen=True)
class Held:
    """Which groups, such as speakers, are tested on, where that is not left to the seed: one of the two.

    Args:
        fold: number, from 0, of the folds into which all groups are dealt, 1 / `test` of them, the same for every seed.
        groups: the groups by their names.
    """

    fold: int | None = None
    groups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.fold is not None or bool(self.groups)


def assign_splits(
    records: Iterable[Record], *, test: float = 0.2, val: float = 0.0, seed: int = 0, held: Held = Held()
) -> list[Record]:
    """Return `records` in their order, each with a split (our design).

    A record that has a split keeps it. The others go by groups: `group`, or the item itself where a record has none,
    so that all questions about one item stay together; a group that already stands in a split goes there whole.
    Shares are kept per (source, sub-task, answer) as well as groups allow. The result depends on the records and the
    seed, not on the records' order. O(n log n); scikit-learn's `StratifiedGroupKFold` only makes
    folds of one size and is some ten times slower on 300,000 groups.

    Args:
        test, val: share of the records, 0 to 1; together below 1.
        seed: another seed gives another split.
        held: what is tested on; `val` is then a share of the rest.

    Raises:
        InputError: the shares leave nothing to train on, or what is to be held out is not there or stands in a split.
    """
    if not (test >= 0 and val >= 0 and test + val < 1):
        raise InputError(f"split shares test={test} val={val}: each must be 0 or more and together below 1")
    records = list(records)
    chosen = {_group(record): record.split for record in reversed(records) if record.split}
    groups: dict[Group, Counter[Stratum]] = defaultdict(Counter)
    for record in records:
        if not record.split and _group(record) not in chosen:
            stratum = get_task(record.task).type.stratum(record.answer)
            groups[_group(record)][(record.source, record.task, stratum)] += 1
    shares = {"train": 1 - test - val, "val": val, "test": test}
    if held and groups:
        out = _held_out(groups, held, test)
        chosen |= dict.fromkeys(out, "test")
        groups = {group: counts for group, counts in groups.items() if group not in out}
        shares = {"train": 1 - val, "val": val}
    elif held and records:
        raise InputError(f"{records[0].source} has splits of its own, so that nothing of it can be held out; leave that away")
    chosen.update(_choose(groups, {split: share for split, share in shares.items() if share > 0}, seed))
    return [record if record.split else replace(record, split=chosen[_group(record)]) for record in records]


def _held_out(groups: dict[Group, Counter[Stratum]], held: Held, test: float) -> set[Group]:
    """The groups that `held` names, of those that have no split."""
    if held.fold is not None and held.groups:
        raise InputError(f"fold {held.fold} and {', '.join(held.groups)} cannot both be held out; give one")
    if held.groups:
        names = {name.removeprefix("group ").removeprefix("item "): (source, name) for source, name in groups}
        if unknown := [name for name in held.groups if name not in names]:
            known = ", ".join(sorted(names)[:30])
            raise InputError(f"{unknown[0]!r} cannot be held out, for there is no such group; known: {known}")
        return {names[name] for name in held.groups}
    folds = round(1 / test) if test else 0
    if held.fold is None or not held.fold < folds <= len(groups):
        raise InputError(
            f"there is no fold {held.fold}: {len(groups)} groups and test={test:g} make {min(folds, len(groups))} folds, from 0"
        )
    found = _choose(groups, {str(fold): 1 / folds for fold in range(folds)}, seed=0)
    return {group for group, fold in found.items() if fold == str(held.fold)}


def check_shares(title: str, records: Iterable[Record], *, test: float, val: float) -> None:
    """Raise `InputError` if a split of `title` was to get a share of `records` but has none of them."""
    present = {record.split for record in records}
    for split, share in (("test", test), ("val", val)):
        if share and split not in present:
            raise InputError(
                f"{title}: {split}={share:g} but no record is in {split}: its groups are too few to be split; "
                f"set {split} to 0 to go without"
            )


def check_answers(records: Iterable[Record], skipped: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise `InputError` if all answers of a split to a task of a data set that has two, Yes and No, are the same.

    Nothing can be learned or measured there, and labels are missing or were not understood.

    Args:
        skipped: data set -> what was left out of it (`Skips.summary`), which may hold the other answer.
    """
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for record in records:
        if get_task(record.task).type.two_answers:
            counts[record.source, record.split, record.task][record.answer] += 1
    for (source, split, task), answers in counts.items():
        if len(answers) == 1:
            ((answer, n),) = answers.items()
            left = "; ".join(f"{one['count']} x {reason}" for reason, one in skipped.get(source, {}).items()) or "nothing"
            raise InputError(
                f"{source}: {split} {task}: {n:,} x {answer} and no other answer (left out when it was read: {left}); "
                "a part of the labels is missing or not understood, compare the files with the data set's own"
            )


def _group(record: Record) -> Group:
    return (record.source, f"group {record.group}" if record.group else f"item {record.item}")


def _choose(groups: dict[Group, Counter[Stratum]], shares: dict[str, float], seed: int) -> dict[Group, str]:
    """Largest groups first, each to the split whose distance from its target sizes (chi-square) it lowers most."""
    totals: Counter[Stratum] = Counter()
    for counts in groups.values():
        totals.update(counts)
    targets = {split: {stratum: share * n for stratum, n in totals.items()} for split, share in shares.items()}
    lacking = {split: dict(sizes) for split, sizes in targets.items()}

    def cost(split: str, counts: Counter[Stratum]) -> float:
        target, lack = targets[split], lacking[split]
        return sum(n * (n - 2 * lack[stratum]) / target[stratum] for stratum, n in counts.items())

    chosen: dict[Group, str] = {}
    for group in sorted(groups, key=lambda group: (-groups[group].total(), _draw(group, seed))):
        counts = groups[group]
        chosen[group] = min(shares, key=lambda split: cost(split, counts))
        for stratum, n in counts.items():
            lacking[chosen[group]][stratum] -= n
    return chosen


def _draw(group: Group, seed: int) -> bytes:
    return blake2s("\0".join((str(seed), *group)).encode("utf-8", "surrogatepass"), digest_size=16).digest()

"""Draw a part's records: balanced by label, capped, weighted; by hashes, so that the same seed draws the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2s

from ..io.errors import InputError
from ..schema.records import Record
from ..schema.tasks import get_task
from .composition import Part

REPEAT = "~"


def sample(records: list[Record], part: Part, seed: int) -> list[Record]:
    """The records of `part`'s sub-tasks that its balance, its caps and a weight below 1 leave, in their order.

    Records of one item are drawn alike in every sub-task. Each limit holds for a sub-task of the data set in a split.

    Raises:
        InputError: a cap is too small for its balance to leave a record of each label.
    """
    records = [record for record in records if record.task in part.tasks]
    if not (part.cap or part.balance or part.weight < 1):
        return records
    strata: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        strata[record.split, record.task].append(record)
    kept: set[str] = set()
    for (split, _), members in strata.items():
        cap = part.cap.get(split, len(members))
        if split == "train" and part.weight < 1:
            cap = min(cap, round(part.weight * len(members)))
        members.sort(key=lambda record: draw(seed, record))
        chosen = _balanced(members, cap) if split in part.balance else members[:cap]
        kept.update(record.id for record in chosen)
    return [record for record in records if record.id in kept]


def _balanced(members: list[Record], cap: int) -> list[Record]:
    labels: dict[str, list[Record]] = defaultdict(list)
    for record in members:
        labels[get_task(record.task).type.stratum(record.answer)].append(record)
    if 0 < cap < len(labels):
        one = members[0]
        raise InputError(
            f"{one.source}: {one.split} {one.task}: at most {cap} records, balanced over {len(labels)} labels, are none; "
            f"raise its cap or weight to {len(labels)} records or more, or take {one.split} out of its balance"
        )
    each = min(min(map(len, labels.values())), cap // len(labels))
    return [record for same in labels.values() for record in same[:each]]


def repeated(records: Iterable[Record], part: Part, seed: int) -> list[tuple[Record, Record]]:
    """The training records that a weight above 1 adds, each with its original.

    They are copies under ids of their own, which draw other wordings.
    """
    whole, fraction = divmod(max(part.weight - 1, 0), 1)
    records = sorted(records, key=lambda record: draw(seed, record)) if fraction else list(records)
    copies = [(record, n) for n in range(int(whole)) for record in records]
    copies += [(record, int(whole)) for record in records[: round(fraction * len(records))]]
    sign = REPEAT  # one that makes no item of the data set's own, such as `a~2`
    while any(sign in record.item for record, _ in copies):
        sign += REPEAT
    return [(replace(record, item=f"{record.item}{sign}{n + 2}"), record) for record, n in copies]


def draw(seed: int, record: Record) -> bytes:
    """The rank of a record's item among those of its data set."""
    key = f"{seed}\0{record.source}\0{record.item}".encode("utf-8", "surrogatepass")
    return blake2s(key, digest_size=16).digest()

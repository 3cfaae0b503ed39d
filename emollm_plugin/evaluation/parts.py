"""Rows of unequal length in parts of like length: where to cut them, so that reading them takes least."""

from __future__ import annotations

from collections.abc import Sequence


def price(lengths: Sequence[int], ends: Sequence[int], cost: int) -> int:
    """Tokens that are read, and `cost` for each part, where parts of rows of falling `lengths` end at `ends`."""
    return sum(lengths[start] * (end - start) + cost for start, end in zip([0, *ends], ends))


def cut(lengths: Sequence[int], cost: int) -> list[int]:
    """Where parts end, so that reading all of them takes least.

    Args:
        lengths: of the rows in tokens, falling; a part reads as many in each row as its first has.
        cost: of a part beside its rows, in tokens of one row.
    """
    least, begins = [0], [0]
    for end in range(1, len(lengths) + 1):
        total, begin = min((least[start] + lengths[start] * (end - start) + cost, start) for start in range(end))
        least.append(total)
        begins.append(begin)
    ends = [len(lengths)]
    while begins[ends[0]]:
        ends.insert(0, begins[ends[0]])
    return ends

"""Annotation files of made-up rows, and the words in them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

TWEET = 840_006_160_660_983_809  # ids of tweets lie above 2**53
_random = Random(0)
WORDS = ["".join(_random.choices("aeioubdfgklmnprstvz", k=_random.randint(2, 9))) for _ in range(3000)]


def sentence(random: Random, low: int, high: int) -> str:
    return " ".join(random.choices(WORDS, k=random.randint(low, high)))


def folders(root: Path, names: Iterable[str | Path]) -> None:
    for name in names:
        (root / name).mkdir(parents=True)


def put_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")


def put_jsonl(path: Path, rows: Iterable[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def put_csv(path: Path, head: str, rows: Iterable[Iterable[Any]], **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, **options)
        writer.writerow(head.split(","))
        writer.writerows(rows)


def numbered(sizes: dict[str, int]) -> Iterator[tuple[str, range]]:
    """Each split with the numbers of its items, which go on from split to split."""
    start = 1
    for split, n in sizes.items():
        yield split, range(start, start + n)
        start += n

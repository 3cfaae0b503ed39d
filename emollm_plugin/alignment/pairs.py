"""Pictures and sounds, and the words that they are to be near, drawn from LLaVA's training JSON."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from emobench_data.io.errors import InputError
from emobench_data.schema.parsing import conclusion, normal
from emobench_data.schema.tasks import YES_NO

MEDIA = ("image", "video", "audio")
WORDS = {"image": "pictures", "audio": "sounds"}
MOST_WORDS = 3
# Whether a joke is one is decided by picture and words together, so the picture alone must not be near its Yes.
NO_LABELS = tuple(map(normal, YES_NO))


class NoLabels(InputError):
    """Records without labels to align with."""


class Pair(NamedTuple):
    """A picture or a sound, by its path below the image folder, and a label in words."""

    medium: str
    label: str


def draw_pairs(records: Sequence[dict[str, Any]], *, most: int, seed: int, kind: str = "image") -> list[Pair]:
    """Pairs from records with one medium whose first answer is a label, at most `most`, evenly over the labels.

    Args:
        records: LLaVA's training JSON.
        most: how many pairs at most.
        seed: decides which, where there are more.
        kind: of the medium, `image` or `audio`; of records with more than one, none says the label alone.

    Raises:
        NoLabels: fewer than two labels are left.
    """
    by_label: dict[str, list[Pair]] = defaultdict(list)
    for pair in sorted({pair for record in records if (pair := _pair(record, kind))}):
        by_label[pair.label].append(pair)
    if len(by_label) < 2:
        raise NoLabels(
            f"word alignment needs {WORDS[kind]} with at least two labels of up to {MOST_WORDS} words, other than Yes and "
            f"No; these records have {len(by_label)}; train without it (ALIGN=0)"
        )
    rng = random.Random(seed)
    columns = [rng.sample(pairs, len(pairs)) for pairs in by_label.values()]
    rounds = range(max(map(len, columns)))
    return [column[place] for place in rounds for column in columns if place < len(column)][:most]


def labelled(records: Sequence[dict[str, Any]], *, most: int, seed: int, hears: bool) -> dict[str, list[Pair]]:
    """Kind -> pairs, of pictures and, for a model that hears, of sounds, as far as there are.

    Raises:
        NoLabels: there are neither.
    """
    found: dict[str, list[Pair]] = {}
    for kind in ("image", "audio") if hears else ("image",):
        try:
            found[kind] = draw_pairs(records, most=most, seed=seed, kind=kind)
        except NoLabels as error:
            why = error
    if not found:
        raise why
    return found


def _pair(record: dict[str, Any], kind: str) -> Pair | None:
    turns = record["conversations"]
    label = conclusion(turns[1]["value"]).strip().rstrip(".") if len(turns) > 1 else ""
    others = [other for other in MEDIA if other != kind and other in record]
    if others or not isinstance(record.get(kind), str) or not 1 <= len(label.split()) <= MOST_WORDS:
        return None
    return None if normal(label) in NO_LABELS else Pair(record[kind], label)

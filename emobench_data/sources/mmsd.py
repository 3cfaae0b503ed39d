"""MMSD: tweets with pictures, found by their hashtags, sarcastic or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_ID, NO_LABEL, heads_hold, make, prose, whole, yes_no
from ._files import first_file, open_text, read_literal

# The files by split; the authors' repository has the second names, which lie in a folder text/.
FILES = {"train": ("train.txt",), "val": ("valid.txt", "valid2.txt"), "test": ("test.txt", "test2.txt")}
_MARKERS = ("train.txt", "text/train.txt", "test.txt", "text/test2.txt")
# Tokens by which the authors drop a post: they give the label away.
GIVEAWAYS = frozenset(
    ["exgag", "sarcasm", "sarcastic", "reposting", "<url>", "joke", "humour", "humor", "jokes", "irony", "ironic"]
)


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """One Python list a line: `[id, text, hashtag label]` in train, `[id, text, hashtag label, human label]` else."""
    for split, names in FILES.items():
        path = first_file(root, *names, *(f"text/{name}" for name in names))
        if path:
            with open_text(path) as lines:
                for number, line in enumerate(lines, 1):
                    if not line.isspace():
                        yield from _record(f"{path.name}:{number}", line, split, skips)


def _record(place: str, line: str, split: str, skips: Skips) -> Iterator[Record]:
    try:
        row = read_literal(line)
    except ValueError:
        return skips.add(place, "line is not a Python list")
    if not isinstance(row, list) or len(row) not in (3, 4) or not isinstance(row[1], str):
        return skips.add(place, BAD_ROW)
    item, answer = whole(row[0]), yes_no(row[-1], place)
    if not item or not answer:
        return skips.add(place, NO_LABEL if item else NO_ID)
    if not GIVEAWAYS.isdisjoint(row[1].split()):
        return skips.add(place, "its text gives the label away (the authors leave it out too)")
    yield from make(
        skips,
        place,
        tasks=("sarcasm",),
        source="mmsd",
        item=item,
        media=(Medium("image", f"dataset_image/{item}.jpg"),),
        answer=answer,
        split=split,
        text=quoted("Tweet", prose(row[1])),
    )


SOURCE = Source(
    name="mmsd",
    title="MMSD",
    homepage="https://github.com/headacheboy/data-of-multimodal-sarcasm-detection",
    licence="none stated",
    citation="Yitao Cai, Huiyu Cai, Xiaojun Wan. "
    "Multi-Modal Sarcasm Detection in Twitter with Hierarchical Fusion Model. ACL 2019.",
    obtain="take text/ and the pictures by the links on the homepage, so that text/ and dataset_image/ lie in the root",
    tasks=("sarcasm",),
    labels={},
    expected={"train": 19_816, "val": 2_410, "test": 2_409},
    markers=_MARKERS,
    read=read,
    own=lambda root: any(heads_hold(root, _MARKERS, start) for start in ("['", '["')),
    rule="val and test have a label by hashtag and one by a person: the person's counts.",
)

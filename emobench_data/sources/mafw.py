"""MAFW: clips of films and shows, eleven single emotions; the first of its five folds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import BAD_ROW, EMOTION, NO_LABEL, below, label, make, words
from ._files import first_folder, open_text

LABELS = (
    "anger",
    "disgust",
    "fear",
    "happiness",
    "neutral",
    "sadness",
    "surprise",
    "contempt",
    "anxiety",
    "helplessness",
    "disappointment",
)
FOLD = 1
_TABLE = {name: name for name in LABELS}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Lines such as `03352.mp4 happiness`, one clip each."""
    lists = root / first_folder(root, "single", "Train & Test Set/single") / "no_caption" / f"set_{FOLD}"
    clips = first_folder(root, "data/clips", "clips")
    for split in ("train", "test"):
        if not (lists / f"{split}.txt").exists():
            continue
        with open_text(lists / f"{split}.txt") as lines:
            for number, line in enumerate(lines, 1):
                if not line.isspace():
                    yield from _record(f"{split}.txt:{number}", line, split, clips, skips)


def _record(place: str, line: str, split: str, clips: str, skips: Skips) -> Iterator[Record]:
    cells = words(line).split(" ")
    if len(cells) != 2:
        return skips.add(place, BAD_ROW)
    name, word = cells[0], label(cells[1], _TABLE)
    if not word:
        return skips.add(place, NO_LABEL)
    yield from make(
        skips,
        place,
        tasks=EMOTION,
        labels=LABELS,
        source="mafw",
        item=name.removesuffix(".mp4"),
        media=(Medium("video", below(clips, name)),),
        answer=word,
        split=split,
    )


SOURCE = Source(
    name="mafw",
    title="MAFW",
    homepage="https://mafw-database.github.io/MAFW/",
    licence="academic, non-commercial use only, not to be passed on, by signed agreement",
    citation="Yuanyuan Liu, Wei Dai, Chuanxu Feng, Wenbin Wang, Guanghao Yin, Jiabei Zeng, Shiguang Shan. MAFW: "
    "A Large-scale, Multi-modal, Compound Affective Database for Dynamic Facial Expression Recognition in the Wild. "
    "ACM Multimedia 2022.",
    obtain="request MAFW on the homepage and unpack it, so that single/no_caption/set_1/ and data/clips/ lie in the root",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    expected={"train": 7_333, "test": 1_839},
    markers=("single/no_caption", "Train & Test Set/single/no_caption"),
    read=read,
)

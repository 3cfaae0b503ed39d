"""DFEW: clips of films, seven facial expressions; the first of its five folds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import EMOTION, NO_ID, NO_LABEL, by_id, make, whole
from ._files import read_table

LABELS = ("happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear")
FOLD = 1
_IDS = {str(index): name for index, name in enumerate(LABELS, 1)}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The CSV names a clip by its number; where that lies under `Clip/` differs between copies, so it is looked up.

    Many copies have a folder of frames in place of a clip.
    """
    clips = _clips(root)
    for split in ("train", "test"):
        table = root / "EmoLabel_DataSplit" / f"{split}(single-labeled)" / f"set_{FOLD}.csv"
        if not table.exists():
            continue
        for place, row in read_table(table, ("video_name", "label"), skips):
            item = whole(row["video_name"].strip().removesuffix(".mp4"))
            word = by_id(row["label"], _IDS, place)
            if not item or not word:
                skips.add(place, NO_LABEL if item else NO_ID)
                continue
            item = item.lstrip("0") or "0"
            yield from make(
                skips,
                place,
                tasks=EMOTION,
                labels=LABELS,
                source="dfew",
                item=item,
                media=(Medium("video", clips.get(item, f"Clip/{item}.mp4")),),
                answer=word,
                split=split,
            )


def _clips(root: Path) -> dict[str, str]:
    """Clip number -> path below the root, from one walk over the folders; a file stands above a folder of frames."""
    clips: dict[str, str] = {}
    frames: dict[str, str] = {}
    for folder, folders, names in os.walk(root / "Clip"):
        base = Path(folder).relative_to(root).as_posix()
        for name in sorted(filter(whole, folders)):
            frames.setdefault(name.lstrip("0") or "0", f"{base}/{name}")
        folders[:] = sorted(name for name in folders if not whole(name))
        for name in sorted(names):
            stem, _, ending = name.rpartition(".")
            if ending.lower() in ("mp4", "avi") and whole(stem):
                clips.setdefault(stem.lstrip("0") or "0", f"{base}/{name}")
    return frames | clips


SOURCE = Source(
    name="dfew",
    title="DFEW",
    homepage="https://dfew-dataset.github.io/",
    licence="non-commercial research only, not to be passed on, on request",
    citation="Xingxun Jiang, Yuan Zong, Wenming Zheng, Chuangao Tang, Wanchuang Xia, Cheng Lu, Jiateng Liu. "
    "DFEW: A Large-Scale Database for Recognizing Dynamic Facial Expressions in the Wild. ACM Multimedia 2020.",
    obtain="request DFEW on the homepage and unpack it, so that EmoLabel_DataSplit/ and Clip/ lie in the root",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    expected={"train": 9_356, "test": 2_341},
    markers=("EmoLabel_DataSplit",),
    read=read,
)

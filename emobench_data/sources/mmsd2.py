"""MMSD2.0: the tweets of MMSD, labelled anew and without the words that gave the label away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_ID, NO_LABEL, make, prose, whole, yes_no
from ._files import first_folder, read_json

SPLITS = {"train": "train", "val": "valid", "test": "test"}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Ids are whole numbers above 2**53: one that went through a float is left out, for its picture is lost."""
    folder = root / first_folder(root, "text_json_final", "data/text_json_final")
    pictures = first_folder(root, "dataset_image", "data/dataset_image")
    for split, name in SPLITS.items():
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        rows = read_json(path)
        if not isinstance(rows, list):
            raise InputError(f"{path}: not a list of posts; download it again")
        for index, row in enumerate(rows):
            yield from _record(f"{path.name}[{index}]", row, split, pictures, skips)


def _record(place: str, row: Any, split: str, pictures: str, skips: Skips) -> Iterator[Record]:
    if not isinstance(row, dict):
        return skips.add(place, BAD_ROW)
    item, answer = whole(row.get("image_id")), yes_no(row.get("label"), place)
    if not item or not answer:
        return skips.add(place, NO_LABEL if item else NO_ID)
    yield from make(
        skips,
        place,
        tasks=("sarcasm",),
        source="mmsd2",
        item=item,
        media=(Medium("image", f"{pictures}/{item}.jpg"),),
        answer=answer,
        split=split,
        text=quoted("Tweet", prose(row.get("text"))),
    )


SOURCE = Source(
    name="mmsd2",
    title="MMSD2.0",
    homepage="https://github.com/JoeYing1019/MMSD2.0",
    licence="none stated",
    citation="Libo Qin, Shijue Huang, Qiguang Chen, Chenran Cai, Yudi Zhang, Bin Liang, Wanxiang Che, Ruifeng Xu. "
    "MMSD2.0: Towards a Reliable Multi-modal Sarcasm Detection System. Findings of ACL 2023.",
    obtain="take data/text_json_final and the pictures by the links on the homepage, "
    "so that text_json_final/ and dataset_image/ lie in the root",
    tasks=("sarcasm",),
    labels={},
    expected={"train": 19_816, "val": 2_410, "test": 2_409},
    markers=("text_json_final/*.json", "data/text_json_final/*.json"),
    read=read,
)

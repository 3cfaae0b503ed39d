"""HarMeme V1: memes on COVID-19 (Harm-C) and US politics (Harm-P) in three degrees of harm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_ID, NO_LABEL, below, item_id, label, make, prose, words
from ._files import first_folder, read_jsonl

PARTS = ("Harm-C", "Harm-P")
_ANSWERS = {"not harmful": "No", "somewhat harmful": "Yes", "very harmful": "Yes"}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Harm-P's files carry a version in their names (`train_v1.jsonl`), Harm-C's do not."""
    for split in ("train", "val", "test"):
        for part in PARTS:
            folder = root / "Annotations" / part
            pictures = first_folder(root, f"Images/{part}", f"images/{part}", f"{part}/images")
            for path in sorted([*folder.glob(f"{split}.jsonl"), *folder.glob(f"{split}_v*.jsonl")]):
                for place, row in read_jsonl(path):
                    yield from _record(f"{part}/{place}", row, split, part, pictures, skips)


def _record(place: str, row: Any, split: str, part: str, pictures: str, skips: Skips) -> Iterator[Record]:
    if not isinstance(row, dict):
        return skips.add(place, BAD_ROW)
    item, degrees = item_id(row.get("id")), row.get("labels")
    answer = label(degrees[0], _ANSWERS) if isinstance(degrees, list) and degrees else ""
    if not item or not answer:
        return skips.add(place, NO_LABEL if item else NO_ID)
    yield from make(
        skips,
        place,
        tasks=("hate",),
        source="harmeme",
        item=f"{part}/{item}",
        media=(Medium("image", below(pictures, words(row.get("image")) or f"{item}.png")),),
        answer=answer,
        split=split,
        text=quoted("Meme text", prose(row.get("text"))),
    )


SOURCE = Source(
    name="harmeme",
    title="HarMeme V1",
    homepage="https://github.com/LCS2-IIITD/MOMENTA",
    licence="MIT for the repository; none stated for the memes",
    citation="Shraman Pramanick, Dimitar Dimitrov, Rituparna Mukherjee, Shivam Sharma, Md. Shad Akhtar, Preslav Nakov, "
    "Tanmoy Chakraborty. Detecting Harmful Memes and Their Targets. Findings of ACL 2021.",
    obtain="take HarMeme_V1/Annotations from the homepage and the pictures by its link HarMeme Images, "
    "which belong into Images/Harm-C/ and Images/Harm-P/",
    tasks=("hate",),
    labels={},
    expected={"train": 5_950, "val": 354, "test": 709},
    markers=("Annotations/Harm-[CP]/*.jsonl",),
    read=read,
    hateful=True,
    rule="Yes if the meme is somewhat or very harmful, No if it is not; harm is wider than hate.",
)

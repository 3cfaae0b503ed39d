"""Intentonomy: web photographs and why somebody would post them, 28 intents, several for an image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import (
    BAD_ROW,
    NO_ID,
    NO_LABEL,
    NO_MEDIUM,
    by_id,
    item_id,
    label,
    make,
    number,
    vote,
    words,
)
from ._files import read_json

# The files' names of the intents -> the words a model is shown; none of them stands within another.
INTENTS = {
    "Attractive": "being attractive",
    "BeatCompete": "competing and winning",
    "Communicate": "communicating",
    "CreativeUnique": "being creative and unique",
    "CuriousAdventurousExcitingLife": "a curious and adventurous life",
    "EasyLife": "an easy and comfortable life",
    "EnjoyLife": "enjoying life",
    "FineDesignLearnArt-Arch": "appreciating architecture",
    "FineDesignLearnArt-Art": "appreciating art",
    "FineDesignLearnArt-Culture": "appreciating culture",
    "GoodParentEmoCloseChild": "being a good parent",
    "Happy": "being happy",
    "HardWorking": "working hard",
    "Harmony": "harmony and peace",
    "Health": "health and fitness",
    "InLove": "being in love",
    "InLoveAnimal": "love for animals",
    "InspirOthrs": "inspiring others",
    "ManagableMakePlan": "having a plan",
    "NatBeauty": "natural beauty",
    "PassionAbSmthing": "passion for something",
    "Playful": "being playful",
    "ShareFeelings": "sharing feelings",
    "SocialLifeFriendship": "friendship and social life",
    "SuccInOccupHavGdJob": "success at work",
    "TchOthrs": "teaching others",
    "ThngsInOrdr": "keeping things in order",
    "WorkILike": "doing work one likes",
}
LABELS = tuple(INTENTS.values())
_TABLE = {name.lower(): word for name, word in INTENTS.items()}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """COCO-like files; in a copy in circulation every key `id` became `category_id`, also inside other keys."""
    for split in ("train", "val", "test"):
        path = root / f"intentonomy_{split}2020.json"
        if not path.exists():
            continue
        content = read_json(path)
        intents = _by_id(content, "categories", "name", path)
        files = _by_id(content, "images", "filename", path)
        for index, row in enumerate(_list(content, "annotations", path)):
            yield from _record(f"{path.name}:annotations[{index}]", row, split, intents, files, skips)


def _list(content: Any, key: str, path: Path) -> list[Any]:
    value = content.get(key) if isinstance(content, dict) else None
    if not isinstance(value, list):
        raise InputError(f"{path}: has no list {key!r}, which Intentonomy's files have; download it again")
    return value


def _by_id(content: Any, key: str, field: str, path: Path) -> dict[str, str]:
    rows = (row for row in _list(content, key, path) if isinstance(row, dict))
    return {item_id(row.get("id", row.get("category_id"))): words(row.get(field)) for row in rows}


def _record(place: str, row: Any, split: str, intents: dict[str, str], files: dict[str, str], skips: Skips) -> Iterator[Record]:
    if not isinstance(row, dict):
        return skips.add(place, BAD_ROW)
    item = item_id(row.get("image_id", row.get("image_category_id")))
    if not item:
        return skips.add(place, NO_ID)
    if not files.get(item):
        return skips.add(place, NO_MEDIUM)
    shares = _shares(row, intents, place)
    if not shares:
        return skips.add(place, NO_LABEL)
    if split == "train" and max(shares.values()) < 0.5:
        return skips.add(place, "no intent was seen by half of the annotators")
    answer, references = vote(shares, item)
    yield from make(
        skips,
        place,
        tasks=("intent",),
        labels=LABELS,
        source="intentonomy",
        item=item,
        media=(Medium("image", files[item]),),
        answer=answer,
        references=references,
        split=split,
    )


def _shares(row: dict[str, Any], intents: dict[str, str], place: str) -> dict[str, float]:
    """Share of annotators by intent in the label set's order; a list of ids (val, test) counts as full agreement."""
    ids = row.get("category_ids", row.get("category_category_ids"))
    soft = row.get("category_ids_softprob", row.get("category_category_ids_softprob"))
    if isinstance(ids, list):
        given = {item_id(one): 1.0 for one in ids}
    elif isinstance(soft, list) and len(soft) == len(LABELS):
        given = {str(index): number(share) or 0.0 for index, share in enumerate(soft)}
    else:
        return {}
    found = {label(by_id(one, intents, place), _TABLE): share for one, share in given.items() if share > 0}
    return {name: found[name] for name in LABELS if name in found} if "" not in found else {}


SOURCE = Source(
    name="intentonomy",
    title="Intentonomy",
    homepage="https://github.com/KMnP/intentonomy",
    licence="annotations CC BY 4.0, though the repository's LICENSE is CC BY-NC 4.0; photographs by Unsplash's terms",
    citation="Menglin Jia, Zuxuan Wu, Austin Reiter, Claire Cardie, Serge Belongie, Ser-Nam Lim. "
    "Intentonomy: a Dataset and Study towards Human Intent Understanding. CVPR 2021.",
    obtain="download intentonomy_{train,val,test}2020.json and the images from the homepage, "
    "so that the JSON files and low/ lie in the root",
    tasks=("intent",),
    labels={"intent": LABELS},
    expected={"val": 498, "test": 1_217},
    markers=("intentonomy_*2020.json",),
    read=read,
    rule="train: the answer is the intent that most annotators saw (ties drawn by a hash of the image's id), references "
    "are the intents that at least half of them saw, and an image without such an intent is left out. val and test: "
    "references are all listed intents, and the answer is drawn from them by the hash.",
)

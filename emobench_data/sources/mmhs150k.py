"""MMHS150K: tweets with pictures, three votes each on whether and whom they attack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_ID, NO_LABEL, by_id, listed, make, prose, whole
from ._files import open_text, read_json, read_json_if_there

NOT_HATE = "not hate"
_IDS = {"0": NOT_HATE, "1": "racist", "2": "sexist", "3": "homophobe", "4": "religion", "5": "other hate"}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Items in the order of the id lists, or of the annotation where there are none."""
    tweets = read_json(root / "MMHS150K_GT.json")
    if not isinstance(tweets, dict):
        raise InputError(f"{root / 'MMHS150K_GT.json'}: not an object of tweets by id; download it again")
    lettered = frozenset(listed(root / "img_txt") if (root / "img_txt").is_dir() else ())
    for split, ids in _splits(root, tweets).items():
        for item in ids:
            yield from _record(root, item, tweets.get(item), split, f"{item}.json" in lettered, skips)


def _splits(root: Path, tweets: dict[str, Any]) -> dict[str, list[str]]:
    """Split -> ids. A mirror in circulation has the train ids in the test list: such lists are refused."""
    paths = {split: root / "splits" / f"{split}_ids.txt" for split in ("train", "val", "test")}
    splits: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    for split, path in paths.items():
        if not path.exists():
            continue
        with open_text(path) as lines:
            splits[split] = [line.strip() for line in lines if not line.isspace()]
        shared = [item for item in splits[split] if item in owners]
        if shared:
            raise InputError(
                f"{path}: {len(shared)} ids also stand in {owners[shared[0]]}_ids.txt (first: {shared[0][:30]}); "
                "get the authors' own lists"
            )
        owners.update(dict.fromkeys(splits[split], split))
    return splits or {"": list(tweets)}


def _record(root: Path, item: str, tweet: Any, split: str, lettered: bool, skips: Skips) -> Iterator[Record]:
    place = f"MMHS150K_GT.json:{item[:40]}"
    if not whole(item):
        return skips.add(place, NO_ID)
    if tweet is None:
        return skips.add(place, "the id is in a split's list but not in the annotation")
    if not isinstance(tweet, dict):
        return skips.add(place, BAD_ROW)
    given = tweet.get("labels")
    votes = [type(vote) is int and by_id(vote, _IDS, place) for vote in given] if isinstance(given, list) else []
    if not votes or not all(votes):
        return skips.add(place, NO_LABEL)
    hateful = sum(vote != NOT_HATE for vote in votes)
    try:
        written = _picture_text(f"{root}/img_txt/{item}.json") if lettered else ""
    except InputError:
        return skips.add(place, "its img_txt file cannot be read")
    lines = (quoted("Tweet", prose(tweet.get("tweet_text"))), quoted("Words in the picture", written))
    yield from make(
        skips,
        place,
        tasks=("hate",),
        source="mmhs150k",
        item=item,
        media=(Medium("image", f"img_resized/{item}.jpg"),),
        answer="Yes" if 2 * hateful > len(votes) else "No",
        split=split,
        text="\n".join(filter(None, lines)),
    )


def _picture_text(path: str) -> str:
    content = read_json_if_there(path)
    return prose(content.get("img_text")) if isinstance(content, dict) else ""


SOURCE = Source(
    name="mmhs150k",
    title="MMHS150K",
    homepage="https://gombru.github.io/2019/10/09/MMHS/",
    licence="none stated",
    citation="Raul Gomez, Jaume Gibert, Lluis Gomez, Dimosthenis Karatzas. "
    "Exploring Hate Speech Detection in Multimodal Publications. WACV 2020.",
    obtain="download MMHS150K from the homepage and unpack it, "
    "so that MMHS150K_GT.json, splits/ and img_resized/ lie in the root",
    tasks=("hate",),
    labels={},
    expected={"train": 134_823, "val": 5_000, "test": 10_000},
    markers=("MMHS150K_GT.json",),
    read=read,
    hateful=True,
    rule="Yes if more than half of the votes name a kind of hate, whichever; else No.",
)

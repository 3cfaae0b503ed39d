"""UR-FUNNY v2: clips of TED talks with the lines before a punchline, humorous or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import (
    BAD_ROW,
    NO_ID,
    NO_LABEL,
    NO_TEXT,
    Stems,
    below,
    heads_hold,
    heard,
    item_id,
    make,
    prose,
    words,
    yes_no,
)
from ._files import first_folder, read_jsonl, read_pickle

FOLDS = {"train": "train", "val": "dev", "test": "test"}
_PICKLE = "data_folds.pkl"
_EXPORT_SPLITS = {"train": "train", "val": "val", "valid": "val", "dev": "val", "test": "test"}
_STYLES = {"humorous": "Yes"} | dict.fromkeys(("serious", "non humorous", "not humorous", "nonhumorous", "unhumorous"), "No")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The authors' pickles where they are, else the JSONL re-export in circulation."""
    if (root / _PICKLE).exists():
        yield from _from_pickles(root, skips)
    else:
        for path in sorted(root.glob("*.jsonl")):
            yield from _from_export(path, skips)


def _from_pickles(root: Path, skips: Skips) -> Iterator[Record]:
    folds, labels, language = (_mapping(root / f"{n}.pkl") for n in ("data_folds", "humor_label_sdk", "language_sdk"))
    clips = first_folder(root, "urfunny2_videos", "videos")
    for split, name in FOLDS.items():
        ids = folds.get(name, ())
        if not isinstance(ids, (list, tuple)):
            raise InputError(f"{root / 'data_folds.pkl'}: its {name!r} is no list of ids; download it again")
        for index, one in enumerate(ids):
            place, item = f"data_folds.pkl:{name}[{index}]", item_id(one)
            said, answer = (language.get(one), yes_no(labels.get(one), place)) if item else (None, "")
            if not isinstance(said, dict) or not answer:
                skips.add(place, NO_ID if not item else NO_TEXT if answer else NO_LABEL)
                continue
            before, last = _flat(said.get("context_sentences")), _flat(said.get("punchline_sentence"))
            yield from _record(place, item, below(clips, f"{item}.mp4"), answer, split, before, last, skips)


def _mapping(path: Path) -> dict[Any, Any]:
    value = read_pickle(path)
    if not isinstance(value, dict):
        raise InputError(f"{path}: does not hold a dictionary as UR-FUNNY's pickles do; download it again")
    return value


def _flat(value: Any) -> str:
    """A sentence, or sentences in lists of whatever depth, as one text."""
    if isinstance(value, (list, tuple)):
        return words(" ".join(map(_flat, value)))
    return prose(value)


def _from_export(path: Path, skips: Skips) -> Iterator[Record]:
    """Rows `{"query", "response", "videos"}`; the query also holds instructions, so the punchline is cut out of it."""
    items = Stems()
    for place, row in read_jsonl(path):
        if not isinstance(row, dict):
            skips.add(place, BAD_ROW)
            continue
        videos = row.get("videos")
        name = words(videos[0]).replace("\\", "/").rpartition("/")[2] if isinstance(videos, list) and videos else ""
        style = words(row.get("response")).rpartition(":")[2].lower().replace("-", " ").replace("_", " ").strip(" .")
        last = prose(words(row.get("query")).partition("says:")[2].rpartition("Based on")[0])
        if not name or style not in _STYLES or not last:
            skips.add(place, NO_ID if not name else NO_TEXT if style in _STYLES else NO_LABEL)
            continue
        split = _EXPORT_SPLITS.get(path.stem.lower(), "")
        yield from _record(place, items(name), below("videos", name), _STYLES[style], split, "", last, skips)


def _record(
    place: str, item: str, media: str, answer: str, split: str, before: str, last: str, skips: Skips
) -> Iterator[Record]:
    text = "\n".join(filter(None, (quoted("Said before", before), quoted("Said last", last))))
    yield from make(
        skips,
        place,
        tasks=("humor",),
        source="ur_funny",
        item=item,
        media=(Medium("video", media),),
        answer=answer,
        split=split,
        text=text,
        attributes=heard([("", before)], "", last),
    )


SOURCE = Source(
    name="ur_funny",
    title="UR-FUNNY v2",
    homepage="https://github.com/ROC-HCI/UR-FUNNY",
    licence="none stated",
    citation="Md Kamrul Hasan, Wasifur Rahman, AmirAli Bagher Zadeh, Jianyuan Zhong, Md Iftekhar Tanveer, "
    "Louis-Philippe Morency, Mohammed (Ehsan) Hoque. "
    "UR-FUNNY: A Multimodal Language Dataset for Understanding Humor. EMNLP-IJCNLP 2019.",
    obtain="download the extracted features and raw videos of version 2 by the links on the homepage, "
    "so that data_folds.pkl and urfunny2_videos/ lie in the root",
    tasks=("humor",),
    labels={},
    expected={"train": 7_614, "val": 980, "test": 994},
    markers=(_PICKLE, "*.jsonl"),
    read=read,
    own=lambda root: (root / _PICKLE).exists() or heads_hold(root, ("*.jsonl",), '"query"', '"videos"', "humorous"),
)

"""HateMM: videos from BitChute, hateful or not, with the hateful seconds and whom they attack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import NO_LABEL, NO_MEDIUM, Stems, below, label, make, words
from ._files import read_literal, read_table

COLUMNS = ("video_file_name", "label", "hate_snippet", "target")
SNIPPETS_KEPT = 10
_ANSWERS = {"hate": "Yes", "non hate": "No"}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """There is no official split; the two archives may have unpacked to a folder within a folder of one name."""
    folders = {"Yes": _folder(root, "hate_videos"), "No": _folder(root, "non_hate_videos")}
    items = Stems()
    for place, row in read_table(root / "HateMM_annotation.csv", COLUMNS, skips):
        name, answer = words(row["video_file_name"]), label(row["label"], _ANSWERS)
        if not name or not answer:
            skips.add(place, NO_LABEL if name else NO_MEDIUM)
            continue
        attributes = {"target": words(row["target"]), "hate_snippet": _snippets(row["hate_snippet"])}
        yield from make(
            skips,
            place,
            tasks=("hate",),
            source="hatemm",
            item=items(name),
            media=(Medium("video", below(folders[answer], name)),),
            answer=answer,
            attributes={key: value for key, value in attributes.items() if value},
        )


def _folder(root: Path, name: str) -> str:
    return f"{name}/{name}" if (root / name / name).is_dir() else name


def _snippets(text: str) -> str:
    """`[['00:00:34', '00:01:24']]` as `00:00:34-00:01:24`; a cell that is no such list is an aid less, not a fault."""
    try:
        spans: Any = read_literal(text)
    except ValueError:
        return ""
    if not isinstance(spans, (list, tuple)):
        return ""
    pairs = [span for span in spans[:SNIPPETS_KEPT] if isinstance(span, (list, tuple)) and len(span) == 2]
    return ", ".join(f"{words(start)}-{words(end)}" for start, end in pairs if words(start) and words(end))


SOURCE = Source(
    name="hatemm",
    title="HateMM",
    homepage="https://github.com/hate-alert/HateMM",
    licence="none stated in the repository",
    citation="Mithun Das, Rohit Raj, Punyajoy Saha, Binny Mathew, Manish Gupta, Animesh Mukherjee. "
    "HateMM: A Multi-Modal Dataset for Hate Video Classification. ICWSM 2023.",
    obtain="follow the homepage to the archives and unpack them, "
    "so that HateMM_annotation.csv, hate_videos/ and non_hate_videos/ lie in the root",
    tasks=("hate",),
    labels={},
    expected={"": 1_083},
    markers=("HateMM_annotation.csv",),
    read=read,
    hateful=True,
)

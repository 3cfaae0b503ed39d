"""Emotions of people in clips, in free words and in descriptions: EMER, OV-MERD and the training sets of MER2025."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from ..schema.types import get_type
from . import Skips, Source
from ._fields import BAD_ROW, NO_LABEL, NO_MEDIUM, heads_hold, item_id, make, prose, words
from ._files import first_file, read_literal, read_table

NEUTRAL = ("neutral",)  # what an empty list means (the authors' rule)
NO_WORDS = "its labels are no list of words"
LONG = "one of its labels is no word or short phrase"


class Table(NamedTuple):
    """A file: its names below a root, its column of the answer, and the sub-task; `said` is its column of subtitles."""

    files: tuple[str, ...]
    column: str
    task: str
    key: str = "name"
    said: str = ""


TABLES = (
    Table(("track2_train_ovmerd.csv",), "openset", "open_emotions"),
    Table(("track3_train_ovmerd.csv",), "reason", "emotion_description"),
    Table(("track2_train_mercaptionplus.csv",), "openset", "open_emotions"),
    Table(("track3_train_mercaptionplus.csv",), "reason", "emotion_description"),
    Table(("track2_train_human.csv",), "openset", "open_emotions"),
    Table(("check-openset.csv", "ov_store/check-openset.csv"), "openset", "open_emotions"),
    Table(("gt-eng.csv", "dataset-v1/gt-eng.csv"), "reasons", "emotion_description", "names", "subtitles"),
    Table(("final-EMER-reason.csv", "dataset-v2/final-EMER-reason.csv"), "english", "emotion_description"),
)
SUBTITLES = ("subtitle_chieng.csv",)
_MARKERS = tuple(file for table in TABLES for file in table.files)


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """One record for each clip and kind of answer, of the first file that has it; none of the files is divided."""
    said = _subtitles(root, skips)
    there = [(table, path) for table in TABLES if (path := first_file(root, *table.files))]
    for table, path in there:
        wanted = (table.key, table.column, *filter(None, (table.said,)))
        for place, row in read_table(path, wanted, skips):
            name = item_id(row[table.key])
            answer = _open_set(row[table.column]) if table.task == "open_emotions" else prose(row[table.column])
            fault = (not name and NO_MEDIUM) or ("/" in name and BAD_ROW) or (answer is None and NO_WORDS)
            fault = fault or (not answer and NO_LABEL) or (isinstance(answer, tuple) and _long(answer) and LONG)
            if fault:
                skips.add(place, fault)
                continue
            yield from make(
                skips,
                place,
                tasks=(table.task,),
                source="emer",
                item=name,
                media=(Medium("video", f"video/{name}.mp4"),),
                answer=answer,
                text=quoted("Subtitle", prose(row[table.said]) if table.said else said.get(name, "")),
            )


def _subtitles(root: Path, skips: Skips) -> dict[str, str]:
    """Clip -> what is said in it, in English, where the file is there."""
    path = first_file(root, *SUBTITLES)
    if path is None:
        return {}
    rows = read_table(path, ("name", "english"), skips)
    return {item_id(row["name"]): prose(row["english"]) for _, row in rows}


def _open_set(cell: str) -> tuple[str, ...] | None:
    """The words of a Python list such as `["don't care", 'sad']`, each once; None where the cell holds none.

    Cut at quotation marks and commas, as the authors' own parser does, a word with an apostrophe would be two.
    """
    try:
        value = read_literal(cell) if cell.strip() else []
    except ValueError:
        return None
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        return None
    return tuple(dict.fromkeys(filter(None, (words(word).lower() for word in value)))) or NEUTRAL


def _long(answer: tuple[str, ...]) -> bool:
    return any("," in word for word in answer) or bool(get_type("open_set").answer_fault(answer, (answer,), ()))


SOURCE = Source(
    name="emer",
    title="EMER, OV-MERD and MER2025",
    homepage="https://github.com/zeroQiaoba/AffectGPT",
    licence="MER2025 is CC BY-NC 4.0; clips of MER2023 and MER2024 by agreement, academic use only",
    citation="Zheng Lian, Haiyang Sun, Licai Sun, Haoyu Chen, Lan Chen, Hao Gu, Zhuofan Wen, Shun Chen, Siyuan Zhang, "
    "Hailiang Yao, Bin Liu, Rui Liu, Shan Liang, Ya Li, Jiangyan Yi, Jianhua Tao. OV-MER: Towards Open-Vocabulary Multimodal "
    "Emotion Recognition. ICML 2025.",
    obtain="get MERChallenge/MER2025 from the hub, so that its tables and video/ lie in the root, or EMER's tables and clips",
    tasks=("open_emotions", "emotion_description"),
    labels={},
    markers=_MARKERS,
    read=read,
    own=lambda root: any(heads_hold(root, table.files, table.key, table.column) for table in TABLES),
)

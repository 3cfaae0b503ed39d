"""BAH: people who answer questions about their health on video; does one show ambivalence or hesitancy?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import BAD_ROW, NO_LABEL, NO_MEDIUM, heads_hold, make, prose, stem, words, yes_no
from ._files import first_file, open_text

SPLITS = ("train", "val", "test")
_FOLDERS = ("", "dataset-splits/video-level/BAH_DB/split-0/")


def _files(split: str) -> tuple[str, ...]:
    return tuple(f"{folder}{split}.txt" for folder in _FOLDERS)


_MARKERS = tuple(file for split in SPLITS for file in _files(split))


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """A line is path, label and transcript, cut at its first two commas alone and without quoting.

    Transcripts are what people said of their health: they stand in records, and no error or count says a word of them. The
    path has the number of the question, which all but gives the label away, and reaches no prompt.
    """
    for split in SPLITS:
        table = first_file(root, *_files(split))
        if table:
            with open_text(table) as lines:
                for number, line in enumerate(lines, 1):
                    yield from _record(f"{table.name}:{number}", line.rstrip("\n").split(",", 2), split, skips)


def _record(place: str, cells: list[str], split: str, skips: Skips) -> Iterator[Record]:
    if len(cells) < 2:
        return skips.add(place, BAD_ROW)
    path, answer = words(cells[0]), yes_no(cells[1], place)
    parts = path.split("/")
    if len(parts) < 4 or parts[0] != "Videos":
        return skips.add(place, NO_MEDIUM)
    if not answer:
        return skips.add(place, NO_LABEL)
    yield from make(
        skips,
        place,
        tasks=("ambivalence",),
        source="bah",
        item=stem(path),
        media=(Medium("video", path),),
        answer=answer,
        text=quoted("Said", prose(cells[2]) if len(cells) > 2 else ""),
        split=split,
        group=parts[1],  # the participant
    )


SOURCE = Source(
    name="bah",
    title="BAH",
    homepage="https://github.com/sbelharbi/bah-dataset",
    licence="by agreement with the authors, for faculty; the code is BSD-3-Clause",
    citation="Manuela Gonzalez-Gonzalez, Soufiane Belharbi, Muhammad Osama Zeeshan, Masoumeh Sharafi, Muhammad Haseeb Aslam, "
    "Marco Pedersoli, Alessandro Lameiras Koerich, Simon L. Bacon, Eric Granger. BAH Dataset for Ambivalence/Hesitancy "
    "Recognition in Videos for Behavioural Change. 2025.",
    obtain="ask the authors for the videos, and take dataset-splits/ of the homepage, so that Videos/ and dataset-splits/ lie "
    "in the root",
    tasks=("ambivalence",),
    labels={},
    expected={"train": 616, "val": 110, "test": 392},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, "videos/", "/visite_"),
    rule="The question that is answered tells much: of question 4, 138 of 147 videos are positive, of question 1, 53 of 220.",
)

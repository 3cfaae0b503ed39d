"""MELD: utterances of TV dialogues as clips, with the lines before them; seven emotions, three sentiments."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..schema.records import Medium, Record
from ..schema.tasks import dialogue
from . import Skips, Source
from ._fields import EMOTION, NO_ID, NO_LABEL, SENTIMENTS, heads_hold, heard, label, make, prose, whole, words
from ._files import first_file, first_folder, read_table

LABELS = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")
COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
CONTEXT_LINES = 8  # the longest dialogues have about thirty lines, which would crowd the picture out
# Our split -> its name in the files, and the folders its clips unpack to.
SPLITS = {
    "train": ("train", ("train_splits", "train/train_splits")),
    "val": ("dev", ("dev_splits_complete", "dev/dev_splits_complete")),
    "test": ("test", ("output_repeated_splits_test", "test/output_repeated_splits_test")),
}
# Column -> its labels, and the sub-tasks that they are asked in; older copies have no sentiment.
ASKED = {"Emotion": (LABELS, EMOTION), "Sentiment": (SENTIMENTS, ("sentiment",))}


def _tables(name: str) -> tuple[str, ...]:
    return tuple(f"{folder}{name}_sent_emo.csv" for folder in ("", f"{name}/", "data/MELD/"))


_MARKERS = tuple(table for name, _ in SPLITS.values() for table in _tables(name))


def read(root: Path, skips: Skips, tasks: Sequence[str]) -> Iterator[Record]:
    """Rows stand in the order of the dialogue; numbers start again in each split, so that items carry its name."""
    for split, (name, folders) in SPLITS.items():
        table = first_file(root, *_tables(name))
        if table:
            yield from _split(table, split, first_folder(root, *folders), skips, tasks)


def _split(table: Path, split: str, clips: str, skips: Skips, wanted: Sequence[str]) -> Iterator[Record]:
    asked = {column: of for column, of in ASKED.items() if set(of[1]) & {*wanted}}
    before: deque[tuple[str, str]] = deque(maxlen=CONTEXT_LINES)
    current = ""
    for place, row in read_table(table, COLUMNS, skips):
        talk, turn = whole(row["Dialogue_ID"]), whole(row["Utterance_ID"])
        if not talk or not turn:
            skips.add(place, NO_ID)
            continue
        if talk != current:
            before.clear()
            current = talk
        said = words(row["Speaker"]), prose(row["Utterance"])
        for column, (labels, tasks) in asked.items():
            word = label(row.get(column), {name: name for name in labels})
            if word:
                yield from make(
                    skips,
                    place,
                    tasks=tasks,
                    labels=labels,
                    source="meld",
                    item=f"{split}/dia{talk}_utt{turn}",
                    media=(Medium("video", f"{clips}/dia{talk}_utt{turn}.mp4"),),
                    answer=word,
                    split=split,
                    text=dialogue(list(before), *said),
                    group=f"{split}/dia{talk}",
                    attributes=heard(before, *said),
                )
            elif column in row:
                skips.add(place, NO_LABEL)
        before.append(said)


SOURCE = Source(
    name="meld",
    title="MELD",
    homepage="https://affective-meld.github.io/",
    licence="GPL-3.0 for the repository; the clips come from a TV series, see homepage",
    citation="Soujanya Poria, Devamanyu Hazarika, Navonil Majumder, Gautam Naik, Erik Cambria, Rada Mihalcea. "
    "MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations. ACL 2019.",
    obtain="unpack MELD.Raw.tar.gz from the homepage and the archives in it, "
    "so that train_sent_emo.csv and train_splits/ lie in the root",
    tasks=(*EMOTION, "sentiment"),
    labels={"emo_c": LABELS, "sentiment": SENTIMENTS},
    expected={"train": 9_989, "val": 1_109, "test": 2_610},
    markers=_MARKERS,
    read=read,
    chooses=True,
    own=lambda root: heads_hold(root, _MARKERS, "utterance", "dialogue_id", "emotion"),
)

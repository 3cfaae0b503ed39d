"""RAVDESS: 24 actors speak and sing two sentences in eight emotions, as sound, as clips with sound, and as silent clips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import EMOTION, NO_NAME, SOUNDS, make, stem

LABELS = ("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise")
_BY_CODE = {f"{code:02}": name for code, name in enumerate(LABELS, 1)}
_CLIPS = (".mp4", ".avi", ".mkv", ".mov", ".webm")
# Modality (01 clip with sound, 02 silent clip, 03 sound), channel (01 speech, 02 song), emotion, intensity, sentence,
# repetition, actor: 03-01-06-01-02-01-12.
_NAME = re.compile(r"(0[123])-(0[12])-(\d\d)-0[12]-0[12]-0[12]-(\d\d)")
_FILES = "0[123]-0[12]-0*"


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Whatever parts are there, in the actors' folders, below those of the archives, or in the root; an actor's stay together.

    A performance may be there as sound, clip and silent clip: those are records of their own. The sentences say nothing of
    the emotion and are not given.
    """
    for place in _PLACES:
        for file in sorted(root.glob(place)):
            path, kind = file.relative_to(root).as_posix(), _kind(file)
            found = _NAME.fullmatch(file.stem) if kind else None
            label = _BY_CODE.get(found[3]) if found else None
            if not found or not label or (kind == "audio") != (found[1] == "03"):
                skips.add(path, NO_NAME)
                continue
            yield from make(
                skips,
                path,
                tasks=EMOTION,
                labels=LABELS,
                source="ravdess",
                item=stem(file.name),
                media=(Medium(kind, path),),
                answer=label,
                group=found[4],
            )


def _kind(file: Path) -> str:
    ending = file.suffix.lower()
    return "audio" if ending in SOUNDS else "video" if ending in _CLIPS else ""


_PLACES = (f"Actor_*/{_FILES}", f"[AaVv][ui]d*/Actor_*/{_FILES}", _FILES)

SOURCE = Source(
    name="ravdess",
    title="RAVDESS",
    homepage="https://zenodo.org/records/1188976",
    licence="CC BY-NC-SA 4.0",
    citation="Steven R. Livingstone, Frank A. Russo. The Ryerson Audio-Visual Database of Emotional Speech and Song "
    "(RAVDESS): A Dynamic, Multimodal Set of Facial and Vocal Expressions in North American English. PLoS ONE 2018.",
    obtain="unpack Audio_Speech_Actors_01-24.zip from the homepage, or any of its other archives, so that "
    "Actor_01/03-01-01-01-01-01-01.wav lies in the root",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    # The paper's counts: 60 spoken and 44 sung trials of an actor in each modality, and actor 18 sings none.
    parts={f"{modality}-{channel}": n for modality in ("01", "02", "03") for channel, n in (("01", 1_440), ("02", 1_012))},
    markers=_PLACES,
    read=read,
)

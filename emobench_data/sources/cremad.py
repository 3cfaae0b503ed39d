"""CREMA-D: 91 actors say twelve sentences in six emotions, as sound and as clips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import EMOTION, NO_NAME, listed, make, stem
from ._files import first_folder

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")
_BY_CODE = dict(zip(("ANG", "DIS", "FEA", "HAP", "NEU", "SAD"), LABELS))
# Actor, sentence, emotion, level, of which one name has half: 1001_DFA_ANG_XX, 1040_ITH_SAD_X.
_NAME = re.compile(r"(1\d{3})_[A-Z]{3}_([A-Z]{3})_(?:LO|MD|HI|XX?)")
_FOLDERS = ("AudioWAV", "AudioMP3", "VideoFlash")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Sounds, of which MP3 are the same as WAV and read where those are not, and clips; an actor's stay in one split.

    The label is the emotion that was to be played (raters, whose votes the repository has too, often heard another). The
    sentences say nothing of the emotion and are not given.
    """
    for folder, kind in ((first_folder(root, *_FOLDERS[:2]), "audio"), (_FOLDERS[2], "video")):
        for name in listed(root / folder) if (root / folder).is_dir() else ():
            path, found = f"{folder}/{name}", _NAME.fullmatch(stem(name))
            label = _BY_CODE.get(found[2]) if found else None
            if not found or not label:
                skips.add(path, NO_NAME)
                continue
            yield from make(
                skips,
                path,
                tasks=EMOTION,
                labels=LABELS,
                source="cremad",
                item=stem(path),
                media=(Medium(kind, path),),
                answer=label,
                group=found[1],
            )


SOURCE = Source(
    name="cremad",
    title="CREMA-D",
    homepage="https://github.com/CheyneyComputerScience/CREMA-D",
    licence="Open Database License",
    citation="Houwei Cao, David G. Cooper, Michael K. Keutmann, Ruben C. Gur, Ani Nenkova, Ragini Verma. CREMA-D: "
    "Crowd-sourced Emotional Multimodal Actors Dataset. IEEE Transactions on Affective Computing 2014.",
    obtain="clone the homepage with git lfs, so that AudioWAV/1001_DFA_ANG_XX.wav lies in the root; VideoFlash/ for clips",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    parts={"Audio": 7_442, "Video": 7_442},  # the paper's count of clips
    markers=tuple(f"{folder}/1???_???_???_*" for folder in _FOLDERS),
    read=read,
)

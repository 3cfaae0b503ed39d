"""CAER-S: frames of TV shows, people in context, seven expressions; the label is the folder's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import BASIC_EMOTIONS, EMOTION, Stems, class_folders, make, picture_size

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
_MARKERS = ("train/[Aa]ng*/*.png", "test/[Aa]ng*/*.png")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The train folder is `Angry`, the test folder `Anger`: both are one label. Face box files are not needed."""
    name = Stems()
    for split in ("train", "val", "test"):
        if not (root / split).is_dir():
            continue
        for word, path in class_folders(root, split, BASIC_EMOTIONS, skips):
            yield from make(
                skips,
                path,
                tasks=EMOTION,
                labels=LABELS,
                source="caer_s",
                item=name(path),
                media=(Medium("image", path),),
                answer=word,
                split=split,
            )


SOURCE = Source(
    name="caer_s",
    title="CAER-S",
    homepage="https://caer-dataset.github.io/",
    licence="not found",
    citation="Jiyoung Lee, Seungryong Kim, Sunok Kim, Jungin Park, Kwanghoon Sohn. "
    "Context-Aware Emotion Recognition Networks. ICCV 2019.",
    obtain="download CAER-S from the homepage and unpack it, so that train/Angry/ and test/Anger/ lie in the root",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    markers=_MARKERS,
    read=read,
    own=lambda root: picture_size(root, _MARKERS) != (48, 48),  # FER2013's folders are called alike
)

"""EMO-DB, the Berlin database of emotional speech: ten actors say ten everyday sentences in German, seven emotions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import EMOTION, NO_NAME, SOUNDS, listed, make, stem
from ._files import first_folder

LABELS = ("anger", "boredom", "disgust", "fear", "happiness", "sadness", "neutral")
# The sixth letter of a name, of the German word (Wut, Langeweile, Ekel, Angst, Freude, Trauer) -> the label.
_LETTERS = dict(zip("WLEAFTN", LABELS))
# Speaker, sentence, emotion, and the version where there are several: 03a01Fa.
_NAME = re.compile(r"(\d\d)[ab]\d\d([WLEAFTN])[a-z]?")
_FILES = "[01][0-9][ab][01][0-9][WLEAFTN]*"


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Sounds in `wav/`, as the archive has them, or in the root; one speaker's stay in one split. No sentence is given.

    Listeners knew the emotion of every utterance kept (at least 80 %, the paper): the label is the actor's.
    """
    folder = first_folder(root, "wav", ".")
    for name in (name for name in listed(root / folder) if name.lower().endswith(SOUNDS)):
        path = name if folder == "." else f"{folder}/{name}"
        found = _NAME.fullmatch(stem(name))
        if not found:
            skips.add(path, NO_NAME)
            continue
        yield from make(
            skips,
            path,
            tasks=EMOTION,
            labels=LABELS,
            source="emodb",
            item=stem(name),
            media=(Medium("audio", path),),
            answer=_LETTERS[found[2]],
            group=found[1],
        )


SOURCE = Source(
    name="emodb",
    title="EMO-DB",
    homepage="http://emodb.bilderbar.info",
    licence="free for research with citation",
    citation="Felix Burkhardt, Astrid Paeschke, Miriam Rolfes, Walter F. Sendlmeier, Benjamin Weiss. A Database of German "
    "Emotional Speech. Interspeech 2005.",
    obtain="unpack download.zip from the homepage, so that wav/03a01Fa.wav lies in the root",
    tasks=EMOTION,
    labels={"emo_c": LABELS},
    expected={"": 535},
    markers=(f"wav/{_FILES}", _FILES),
    read=read,
)

"""MUStARD: clips of TV comedies with the dialogue before them, half of them sarcastic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.records import Medium, Record
from ..schema.tasks import dialogue
from . import Skips, Source
from ._fields import BAD_ROW, NO_ID, NO_LABEL, below, heads_hold, heard, item_id, make, prose, words, yes_no
from ._files import first_file, read_json

TEST_SHOW = "FRIENDS"
_MARKERS = ("sarcasm_data.json", "data/sarcasm_data.json")


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """The authors' speaker-independent split; their five random folds share speakers and shows and are not used."""
    path = first_file(root, *_MARKERS) or root / "sarcasm_data.json"
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: not an object of utterances by id; download it again")
    for item, row in content.items():
        yield from _record(f"{path.name}:{item[:40]}", item, row, skips)


def _record(place: str, item: str, row: Any, skips: Skips) -> Iterator[Record]:
    if not isinstance(row, dict):
        return skips.add(place, BAD_ROW)
    answer, show = yes_no(row.get("sarcasm"), place), words(row.get("show"))
    if not answer or not item_id(item):
        return skips.add(place, NO_ID if answer else NO_LABEL)
    talk = _context(row), words(row.get("speaker")), prose(row.get("utterance"))
    yield from make(
        skips,
        place,
        tasks=("sarcasm",),
        source="mustard",
        item=item_id(item),
        media=(Medium("video", below("utterances_final", f"{item_id(item)}.mp4")),),
        answer=answer,
        split="test" if show == TEST_SHOW else "train",
        group=show,
        text=dialogue(*talk),
        attributes=heard(*talk),
    )


def _context(row: dict[str, Any]) -> list[tuple[str, str]]:
    """`(speaker, words)` of the lines before; a line too many on either side has no partner and is left out."""
    lines, speakers = row.get("context"), row.get("context_speakers")
    if not isinstance(lines, list) or not isinstance(speakers, list):
        return []
    return [(words(who), prose(line)) for who, line in zip(speakers, lines) if prose(line)]


SOURCE = Source(
    name="mustard",
    title="MUStARD",
    homepage="https://github.com/soujanyaporia/MUStARD",
    licence="MIT",
    citation="Santiago Castro, Devamanyu Hazarika, Veronica Perez-Rosas, Roger Zimmermann, Rada Mihalcea, "
    "Soujanya Poria. Towards Multimodal Sarcasm Detection (An _Obviously_ Perfect Paper). ACL 2019.",
    obtain="take data/sarcasm_data.json and the raw clips by the links on the homepage, "
    "so that sarcasm_data.json and utterances_final/ lie in the root",
    tasks=("sarcasm",),
    labels={},
    expected={"train": 334, "test": 356},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, '"utterance"', '"sarcasm"'),
)

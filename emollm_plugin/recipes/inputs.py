"""Everything that a run will read is read before it trains: what is found later costs hours."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from emobench_data.io.errors import InputError
from emobench_data.io.llava_files import line_place, parse_lines
from emobench_data.io.not_json import what_it_is
from emobench_data.io.shards import ShardedRecords, open_shards
from emobench_data.media.check import MediaFile, check_all, media_cache, refuse
from emobench_data.media.video import Sampling
from emobench_data.schema.questions import PLACEHOLDER, Question, read_visual
from emobench_data.scoring.gold import read_gold

from .prepare import Data

MEDIA = ("image", "video", "audio")
WANTED = "LLaVA's training data are a JSON list of {id, image, conversations}"


def read_records(file: Path) -> Sequence[Any]:
    """The training records of a JSON list or of JSON lines, with or without a byte order mark, or of shards.

    Raises:
        InputError: it is none of them, and what it is as far as its first bytes say.
    """
    content = _content(file)
    try:
        records = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if _is_lines(content):
            return [entry for _, entry in parse_lines(file, content.splitlines())]
        raise InputError(f"DATA_PATH={file}: {what_it_is(content, error)}; {WANTED}") from None
    if shards := open_shards(file, records):
        return shards
    if not isinstance(records, list):
        if isinstance(records, dict) and "conversations" in records:  # JSON lines of which there is one
            return [records]
        raise InputError(f"DATA_PATH={file} holds no list; {WANTED}")
    return records


def check_records(data: Data, records: Sequence[Any]) -> None:
    """Raise `InputError` where there is nothing to train on, or where nobody says in which folder its media lie.

    All else that a record can lack is the matter of training's own check.
    """
    if not records:
        raise InputError(f"DATA_PATH={data.train}: holds no record; there is nothing to train on")
    if data.images is None and (named := media_of(records)):
        raise InputError(f"DATA_PATH={data.train} names {named[0]}; say with IMAGE_FOLDER in which folder it lies")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from error


def _is_lines(content: bytes) -> bool:
    """Whether the first line is a JSON object of its own."""
    try:
        return isinstance(orjson.loads(content.lstrip().split(b"\n", 1)[0]), dict)
    except orjson.JSONDecodeError:
        return False


def as_llava_reads(data: Data) -> dict[str, bytes]:
    """For the files of `data` that LLaVA's own programs cannot read as they are: field -> what they can read.

    These know no byte order mark, no blank line between questions, and no JSON lines in place of a training list.
    """
    written = {}
    if data.train:
        raw = data.train.read_bytes()
        if raw.startswith(codecs.BOM_UTF8) or not raw.lstrip().startswith(b"["):
            records = read_records(data.train)
            if not isinstance(records, ShardedRecords):  # which the plug-in reads by itself
                written["train"] = orjson.dumps(records)
    if data.questions:
        raw = data.questions.read_bytes()
        lines = [line for line in raw.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True) if line.strip()]
        if b"".join(lines) != raw:
            written["questions"] = b"".join(lines)
    return written


def check_questions(data: Data, *, hosts_evaluator: bool, projector: str, hears: bool = False) -> list[Question]:
    """The questions, once they, their gold and their media are known to be readable by the evaluator of the run.

    Args:
        hosts_evaluator: whether LLaVA's own script asks them, which reads JSON lines with a picture each.
        hears: whether the model is to hear, so that questions may be about sounds.
        projector: the type string, by which training and `emollm eval` read the frames of a clip.

    Raises:
        InputError: one is not, or gold is missing for a question.
    """
    if not data.questions:
        return []
    file, images = data.questions, data.images or Path()
    if hosts_evaluator and file.suffix == ".json":
        raise InputError(f"QUESTIONS={file} is one JSON list; LLaVA's evaluator reads JSON lines (name it *.jsonl)")
    questions = read_visual(file, heard=hears)
    for one in questions:
        fault = f"the text holds {PLACEHOLDER}, which stands for a picture; take it out" if PLACEHOLDER in one.text else None
        if hosts_evaluator and not one.image:
            fault = "asks about no picture, and LLaVA's evaluator reads pictures alone; give EVALUATOR=emollm"
        if fault:
            raise InputError(f"{line_place(file, one.line)}: {fault}")
    if data.gold:
        read_gold(data.gold, file, {str(one.id): one for one in questions})
    kinds = {medium.path: medium.kind for one in questions for medium in one.media}
    sampling = _frames(projector) if "video" in kinds.values() else Sampling()
    with media_cache(None) as cache:
        media = {name: MediaFile(images, name, kind) for name, kind in sorted(kinds.items())}
        faults, _ = check_all(media, cache, sampling)
    refuse(faults, len(kinds), f"{file} in {images}", way_out="get these files again or take the questions out")
    return questions


def _frames(projector: str) -> Sampling:
    from ..media.clips import ClipReader  # loads torch

    return ClipReader.of(projector).sampling


def media_of(records: Iterable[Any]) -> list[str]:
    """The media that training records name, in order, each once."""
    found: dict[str, None] = {}
    for record in records:
        for kind in MEDIA if isinstance(record, dict) else ():
            named = record.get(kind)
            names = named if isinstance(named, list) else [named]
            found.update(dict.fromkeys(name for name in names if isinstance(name, str)))
    return sorted(found)


def usable(records: Iterable[Any]) -> list[dict[str, Any]]:
    """The records whose turns can be looked at; of the others, training's own check says what they lack."""
    return [record for record in records if isinstance(record, dict) and _has_turns(record.get("conversations"))]


def _has_turns(turns: Any) -> bool:
    return isinstance(turns, list) and all(isinstance(turn, dict) and isinstance(turn.get("value"), str) for turn in turns)

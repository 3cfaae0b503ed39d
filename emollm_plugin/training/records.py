"""The records of a training before it: read, with their media decoded; those of faulty media are left out, to a bound."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from operator import not_
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError
from emobench_data.io.llava_files import read_training
from emobench_data.io.shards import ShardedRecords
from emobench_data.media.check import MediaFile, check_all, media_cache, refuse
from emobench_data.media.examine import is_there
from emobench_data.media.kinds import placeholders
from emobench_data.media.sound import own_sound_fault
from emobench_data.media.video import Sampling
from emobench_data.schema.medium import VISUAL
from emobench_data.validation.form import UNUSABLE, as_trained, read_record

logger = logging.getLogger(__name__)

HEARD = "audio"
MEDIA_CHECKED = 20_000
SHARDED_CHECKED = 2_000
NAMED = 5  # of what is left out

Records = Sequence[dict]
Named = tuple[str, str]  # the path of a medium and its kind
Numbered = tuple[int, dict]  # a record and its place in the file, counted from 0


def load_records(path: str | None, *, hears: bool = False) -> Records:
    """Read LLaVA's training JSON, or open shards; raises `InputError` naming the file and the first record that is of no use.

    Args:
        hears: whether sounds are of use.
    """
    if not path:
        raise InputError("no training data; give --data_path a LLaVA JSON file")
    records = read_training(Path(path))
    if not records:
        raise InputError(f"{path}: holds no record; there is nothing to train on")
    if isinstance(records, ShardedRecords):  # each record was read when they were written
        for kind in placeholders():
            having = records.having(kind)
            if having.any() and (fault := _of_no_use(kind, hears)):
                raise InputError(f"{path}, record {int(having.argmax()) + 1}: {fault}")
        return records
    for number, record in enumerate(records, start=1):
        faults = [words for kind, words in read_record(record)[1] if kind in UNUSABLE]
        faults = faults or [fault for kind in placeholders() if kind in record and (fault := _of_no_use(kind, hears))]
        if faults:
            raise InputError(f"{path}, record {number}: {faults[0]}")
    return [as_trained(record) for record in records]


def _of_no_use(kind: str, hears: bool) -> str | None:
    """Why a medium of `kind` cannot be trained on."""
    if kind == HEARD and not hears:
        return "has a sound, and the model is to have no ears; name an encoder with --mm_audio_tower (AUDIO_TOWER)"
    return None if kind in (*VISUAL, HEARD) else f"has a medium of kind {kind}, which is not trained on here; take it out"


def looked_at(records: Records) -> list[Numbered]:
    """The records that are checked before training, with their places: all; of shards, a seeded sample."""
    if not isinstance(records, ShardedRecords) or len(records) <= SHARDED_CHECKED:
        return list(enumerate(records))
    logger.info("preflight looks at %d of the %d records of the shards", SHARDED_CHECKED, len(records))
    return [(number, records[number]) for number in sorted(random.Random(0).sample(range(len(records)), SHARDED_CHECKED))]


def without(records: Records, left_out: set[int]) -> Records:
    """The records whose places are not in `left_out`."""
    if isinstance(records, ShardedRecords):
        return records.without(left_out)
    return [record for number, record in enumerate(records) if number not in left_out]


def media_of(record: dict) -> list[Named]:
    """The paths of a record's media below the image folder, each with its kind."""
    return [(record[kind], kind) for kind in (*VISUAL, HEARD) if kind in record]


def pictures_of(records: Records, frames: int) -> int:
    """How many pictures the vision tower sees: each once, and `frames` of a clip; of shards as many as have one."""
    if isinstance(records, ShardedRecords):
        stills, clips = (int(records.having(kind).sum()) for kind in VISUAL)
    else:
        stills, clips = (len({record[kind] for record in records if kind in record}) for kind in VISUAL)
    return stills + frames * clips


def with_faulty_media(
    records: Sequence[Numbered], data_args: Any, sampling: Sampling, cache: Path, *, own_sounds: bool = False
) -> set[int]:
    """The places of those records that have media that are missing or faulty; what was found is kept in `cache`.

    Whether a medium is there is asked of all; decoded, clips by the frames of `sampling`, are all up to 20,000, beyond that a
    seeded sample, which is said.

    Args:
        own_sounds: whether the sound of clips is heard.

    Raises:
        InputError: they are more than the share `data_args.faulty_media`; the cache cannot be written.
    """
    media = sorted({medium for _, record in records for medium in media_of(record)})
    if not media:
        return set()
    if not data_args.image_folder:
        raise InputError(
            f"training data {data_args.data_path} has images, clips or sounds; say where they lie with --image_folder "
            "(IMAGE_FOLDER of the launcher)"
        )
    folder, bound = Path(data_args.image_folder), data_args.faulty_media
    some = media
    if len(media) > MEDIA_CHECKED:
        logger.warning("preflight decodes %d of %d media", MEDIA_CHECKED, len(media))
        some = random.Random(0).sample(media, MEDIA_CHECKED)
    faults = _faults(some, folder, sampling, cache, own_sounds)
    faults |= {medium: "missing" for medium in sorted({*media} - {*some}) if not is_there(folder / medium[0])}
    if len(faults) > bound * len(media):
        way_out = f"get these files again, or take the records out (--faulty_media {bound:g} is the share that may be)"
        named_once = {name: fault for (name, _), fault in faults.items()}
        refuse(named_once, len(media), f"{data_args.data_path} in {folder}", way_out=way_out)
    out = {number for number, record in records if any(medium in faults for medium in media_of(record))}
    if out:
        named = ", ".join(f"{name} ({fault})" for (name, _), fault in sorted(faults.items())[:NAMED])
        logger.warning(
            "%d of %d media are faulty, %d records of %d are left out: %s%s",
            len(faults),
            len(media),
            len(out),
            len(records),
            named,
            more_than(NAMED, faults),
        )
    return out


def more_than(named: int, things: Any) -> str:
    return f" and {len(things) - named} more" if len(things) > named else ""


def _faults(media: Sequence[Named], folder: Path, sampling: Sampling, cache: Path, own_sounds: bool) -> dict[Named, str]:
    """Media that do not decode, with why."""
    found: dict[Named, str] = {}
    try:
        with media_cache(cache) as known:
            for kind in sorted({kind for _, kind in media}):  # a file may be of two kinds
                own = {name: MediaFile(folder, name, kind) for name, one in media if one == kind}
                found |= {(name, kind): fault for name, fault in check_all(own, known, sampling)[0].items()}
            clips = [name for name, kind in media if kind == "video" and (name, kind) not in found] if own_sounds else []
            sounds = known.results(
                "own sound", [folder / name for name in clips], own_sound_fault, title="checking the sound of clips", keep=not_
            )
            found |= {(name, "video"): f"its sound: {fault}" for name, (_, fault) in zip(clips, sounds) if fault}
            return found
    except PermissionError as error:
        raise InputError(f"{cache}: cannot be written ({error.strerror}); name another with --media_checked") from error


def refuse_faulty_media(media: dict[str, str], folder: Path, place: str) -> None:
    """Decode every medium, its kind by its name; raises `InputError` that counts the faulty ones and names some."""
    with media_cache(None) as cache:
        faults, _ = check_all({name: MediaFile(folder, name, kind) for name, kind in media.items()}, cache)
    refuse(faults, len(media), f"{place} in {folder}", way_out="get these files again or take the records out")

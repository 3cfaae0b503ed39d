"""Training records as shards (`io.shards`), written by one process or by several side by side, with the same bytes.

Whoever comes last, of however many processes on however many machines, makes `shards.json` of the shards' notes.
"""

from __future__ import annotations

import re
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
from tqdm import tqdm

from ..export.learned import Learned
from ..io.atomic import atomic_file
from ..io.digest import digest_of
from ..io.errors import InputError
from ..io.llava_files import stream_training
from ..io.locks import locked
from ..io.processes import end_with_parent
from ..io.shards import MANIFEST, VERSION, shard_name
from ..media.kinds import placeholders
from ..validation.form import UNUSABLE, as_trained, read_record
from .shard import Origin, ShardFile, read_note

MOST = 400  # shards that one call writes; each takes two of the 1,024 files that a process may usually have open
_NOTE = re.compile(r"train-\d+-of-(\d+)\.note")


def write_shards(
    source: Path, out: Path, shards: int, *, part: int = 0, parts: int = 1, processes: int = 1
) -> dict[str, Any] | None:
    """Write the records of `source` to `shards` files in `out`, and `shards.json` when all of them are there.

    Shards that are there already are kept, those that are no longer what was written are written again.

    Args:
        source: LLaVA's training JSON, or the same as JSON lines; with a record a line it is never in memory as a whole.
        part, parts: this call writes every `parts`-th shard from `part`, counted from 0; others write the rest.
        processes: of this call.

    Returns:
        What `shards.json` holds; None while another part's shards are missing.

    Raises:
        InputError: a record is of no use for training, `out` holds shards of other records or files that were not written
            here, a shard would be empty, or a process died.
    """
    if not (0 <= part < parts and 1 <= shards <= MOST):
        raise InputError(f"part {part} of {parts}, {shards} shards: parts are counted from 0, shards are {MOST} at most")
    origin = {"version": VERSION, "made_of_sha256": _digest(source), "count": shards}
    _check_folder(out, origin)
    notes = [read_note(out / shard_name(number, shards), origin) for number in range(shards)]
    own = [number for number in range(part, shards, parts) if notes[number] is None]
    groups = [some for some in (own[first::processes] for first in range(processes)) if some]
    out.mkdir(parents=True, exist_ok=True)
    if len(groups) > 1:
        _side_by_side(source, out, origin, groups)
    elif groups:
        _write(source, out, origin, groups[0], progress=True)
    with locked(out):
        return _join(out, origin)


def _digest(source: Path) -> str:
    try:
        return digest_of(source)
    except OSError as error:
        raise InputError(f"{source}: cannot be read ({error.strerror}); check the path") from error


def _check_folder(out: Path, origin: Origin) -> None:
    """Raise `InputError` where `out` holds another set of shards, or a part of one."""
    counts = {name: int(found[1]) for name in (note.name for note in out.glob("*.note")) if (found := _NOTE.fullmatch(name))}
    others = [name for name, count in counts.items() if count != origin["count"]]
    if others:
        raise InputError(f"{out / others[0]}: is of another number of shards; remove its folder, or name another")
    if (out / MANIFEST).is_file():
        try:
            found = orjson.loads((out / MANIFEST).read_bytes())
            made_of = {name: found.get(name) for name in origin}
        except (ValueError, AttributeError) as error:
            raise InputError(f"{out / MANIFEST}: was not written here; name another folder") from error
        if made_of != origin:
            raise InputError(f"{out / MANIFEST}: is of other shards; remove its folder, or name another")


def _side_by_side(source: Path, out: Path, origin: Origin, groups: list[list[int]]) -> None:
    try:
        with ProcessPoolExecutor(len(groups), get_context("spawn"), end_with_parent) as pool:
            for job in [pool.submit(_write, source, out, origin, some) for some in groups]:
                job.result()
    except BrokenProcessPool as error:
        why = "most often for want of memory; give the command again"
        raise InputError(f"{out}: a process that wrote there died, {why}") from error


def _write(source: Path, out: Path, origin: Origin, numbers: list[int], *, progress: bool = False) -> None:
    """Write the shards `numbers`, all in one pass over the source."""
    kinds = list(placeholders())
    files: dict[int, ShardFile] = {}
    try:
        for number in numbers:
            shard = ShardFile(out / shard_name(number, origin["count"]), kinds)
            files[number] = shard
            if read_note(shard.path, origin) is not None:  # another process was there first, and has finished
                files.pop(number).close()
        stream = tqdm(stream_training(source), desc="records", unit="", mininterval=2, disable=None if progress else True)
        for place, record in enumerate(stream if files else ()):
            if (file := files.get(place % origin["count"])) is not None:
                file.add(_usable(source, place, record))
        if any(not file.learned.records for file in files.values()):
            raise InputError(f"{source}: has fewer records than {origin['count']} shards; write fewer shards")
        for file in files.values():
            file.finish(origin)
    finally:
        for file in files.values():
            file.close()


def _usable(source: Path, place: int, record: Any) -> dict[str, Any]:
    fault = next((words for kind, words in read_record(record)[1] if kind in UNUSABLE), None)
    if fault:
        raise InputError(f"{source}, record {place + 1}: {fault}")
    return as_trained(record)


def _join(out: Path, origin: Origin) -> dict[str, Any] | None:
    """Write `shards.json` where all shards are there; return what it holds, None if they are not."""
    found = (read_note(out / shard_name(number, origin["count"]), origin) for number in range(origin["count"]))
    notes = [note for note in found if note is not None]
    if len(notes) < origin["count"]:
        return None
    learned = Learned()
    for note in notes:
        learned.update(note["learned"])
    manifest = {
        **origin,
        "records": learned.records,
        "kinds": notes[0]["kinds"],
        "shards": [note["shard"] for note in notes],
        "learned": learned.as_json(),
    }
    with atomic_file(out / MANIFEST) as file:
        file.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n")
    return manifest

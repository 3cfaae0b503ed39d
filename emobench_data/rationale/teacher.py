"""Rationales from a model behind an OpenAI-compatible endpoint.

It is asked the guided question that inference asks and is never told the label, so that a rationale whose conclusion
is the label was found, not made up for it (our reading).
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from PIL import Image

from ..export.llava import show, shown_as
from ..io.atomic import atomic_file
from ..io.chat import Asked, Budget, Endpoint, Refused, Request, ask_all
from ..io.errors import InputError
from ..media.check import MediaFile
from ..media.examine import open_picture
from ..media.places import check_place
from ..media.stamp import stamp
from ..media.storyboard import FRAMES, tile
from ..media.video import Sampling, read_frames
from ..schema.records import Record
from ..schema.tasks import GUIDED
from .check import check
from .steps import comes_to

SIDE, QUALITY = 512, 85  # of the JPEG that is sent, pixels of the longer side
MAX_TOKENS = 256
_LINES = 'Write each line as "Name: value" in a few words, and as the last before the answer what they come to, "{last}: ...".'


def make_rationales(
    records: Sequence[Record], root: Path, endpoint: Endpoint, out: Path, *, budget: Budget = Budget(), form: str = GUIDED
) -> dict[str, Any]:
    """Ask for the rationale of each record and write those that `check` lets pass to `out`, in the records' order.

    Args:
        root: the folder that media are named relative to.
        form: `guided` for reasons in sentences, `steps` for steps, each of which is held against annotation.

    Returns:
        `model`, `endpoint`, `records`, `answered`, `kept`, `left_out` (reason -> count, refusals among them),
        `not_asked` (the budget had ended), `calls`, `tokens`, `tasks` (name -> `answered`, `kept`).

    Raises:
        InputError: as `ask_all`; `out` is then as it was, and the same call goes on.
    """
    host, keys = endpoint.host, {one.id: _key(one, root, endpoint.model, form) for one in records}
    requests = [Request(keys[one.id], partial(_content, one, root, form)) for one in records]
    asked = ask_all(endpoint, requests, max_tokens=MAX_TOKENS, budget=budget, what="rationales by")
    kept, left_out, tasks = _sort(records, keys, asked, form)
    with atomic_file(out) as file:
        for key, text in kept.items():
            file.write(orjson.dumps({"id": key, "rationale": text}, option=orjson.OPT_APPEND_NEWLINE))
    answered = sum(key in asked.said for key in keys.values())
    return {
        "model": endpoint.model,
        "endpoint": host,
        "records": len(records),
        "answered": answered,
        "kept": len(kept),
        "left_out": dict(left_out.most_common()),
        "not_asked": len(records) - len(kept) - left_out.total(),
        "calls": asked.calls,
        "tokens": asked.tokens,
        "tasks": tasks,
    }


def _sort(
    records: Sequence[Record], keys: dict[str, str], asked: Asked, form: str
) -> tuple[dict[str, str], Counter[str], dict[str, dict[str, int]]]:
    kept: dict[str, str] = {}
    left_out: Counter[str] = Counter()
    tasks: dict[str, dict[str, int]] = {}
    for record in records:
        key = keys[record.id]
        if key in asked.refused:
            left_out[asked.refused[key]] += 1
        if key not in asked.said:
            continue
        checked = check(asked.said[key], record, form)
        counts = tasks.setdefault(record.task, {"answered": 0, "kept": 0})
        counts["answered"] += 1
        if checked.fault:
            left_out[checked.fault] += 1
        else:
            counts["kept"] += 1
            kept[record.id] = checked.reasons
    return kept, left_out, tasks


def _key(record: Record, root: Path, model: str, form: str) -> str:
    """What the reply follows from; a medium counts by its name and size, which spares reading it again."""
    sizes = [str((stamp(root / path) or (0,))[0]) for path in record.paths] or ["0"]
    parts = model, _prompt(record, form), "\n".join(record.paths), "\n".join(sizes), str(SIDE)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _prompt(record: Record, form: str) -> str:
    """As inference asks it, with the form of a line for steps; a clip is shown as one picture of four of its frames."""
    asked = show(record, shown_as(record, storyboards=True), training=False, form=form).prompt
    return asked if form == GUIDED else f"{asked}\n{_LINES.format(last=comes_to(record.task))}"


def _content(record: Record, root: Path, form: str) -> list[dict[str, Any]]:
    text = [{"type": "text", "text": _prompt(record, form)}]
    if any(one.kind not in ("image", "video") for one in record.media):
        raise Refused("it is to be heard, and pictures alone are sent")
    try:
        addresses = [_data_url(_picture(MediaFile(root, one.path, one.kind))) for one in record.media]
    except InputError as error:
        raise Refused("its medium cannot be read") from error
    return [*({"type": "image_url", "image_url": {"url": address}} for address in addresses), *text]


def _picture(medium: MediaFile) -> Image.Image:
    if medium.kind == "image":
        return open_picture(medium.path, medium.root.resolve())
    check_place(medium.path, medium.root.resolve())
    return tile(read_frames(medium.path, Sampling(frames=FRAMES)).pixels)


def _data_url(picture: Image.Image) -> str:
    picture.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"

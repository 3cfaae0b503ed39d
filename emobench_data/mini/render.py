"""Render EmoBench-mini into a folder, once."""

from __future__ import annotations

import io
from hashlib import blake2s
from pathlib import Path

import orjson
from PIL import Image
from tqdm import tqdm

from ..io.atomic import atomic_file, check_ours
from ..io.errors import InputError
from ..schema.records import Record
from ..schema.tasks import TASKS
from .changes import make_changes
from .clips import encode
from .heard import make_heard
from .plan import Draw, make_plan

VERSION = 1  # raise it when a picture or a caption changes, so that older renders are not taken for this one
MANIFEST = "manifest.json"
# What is rendered -> its plan; `six` are the sub-tasks of the paper.
PLANS = {"six": make_plan, "changes": make_changes, "sound": make_heard}


def render_mini(out: Path, *, train: int, test: int, seed: int, plan: str = "six") -> list[Record]:
    """Render `train` and `test` items, split evenly over the six sub-tasks, and return their records.

    Media paths are relative to `out`. Labels are balanced; multiples of 72 in each split balance them exactly, and make
    caption alone and picture alone say nothing about sarcasm, humor and hate. A folder that was finished with the same
    arguments is taken as it is; its manifest, written last, says so. Files are the same every time on one platform.

    Args:
        plan: `six`; `changes`, clips on which only the order of the frames tells the answer (`changes.py`); or `sound`, voices
            alone, with faces and in clips (`heard.py`).

    Raises:
        InputError: fewer than one item a sub-task, or PyAV is not installed.
    """
    check_size(train=train, test=test)
    made = PLANS[plan](train=train, test=test, seed=seed)
    arguments = _arguments(train, test, seed, plan)
    if not is_rendered(out, train=train, test=test, seed=seed, plan=plan):
        check_ours(out / MANIFEST, rb'\{\n  "version": ')
        (out / MANIFEST).unlink(missing_ok=True)
        files = {
            media: _write(out / media, draw)
            for media, draw in tqdm(made.media.items(), desc="EmoBench-mini", unit="file", disable=None)
        }
        _check_distinct(files)
        with atomic_file(out / MANIFEST) as file:
            file.write(orjson.dumps({**arguments, "files": files}, option=orjson.OPT_INDENT_2))
    return made.records


def check_size(*, train: int, test: int) -> None:
    """Raise `InputError` if a split has fewer than one item a sub-task."""
    if min(train, test) < len(TASKS):
        raise InputError(f"EmoBench-mini: train={train} test={test}: each needs {len(TASKS)} items or more")


def is_rendered(out: Path, *, train: int, test: int, seed: int, plan: str = "six") -> bool:
    """Whether `out` holds a complete render of these arguments, with every file as it was written."""
    try:
        manifest = orjson.loads((out / MANIFEST).read_bytes())
        files = manifest.pop("files")
        return manifest == _arguments(train, test, seed, plan) and all(
            _digest((out / name).read_bytes()) == digest for name, digest in files.items()
        )
    except (FileNotFoundError, orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        return False


def _arguments(train: int, test: int, seed: int, plan: str) -> dict[str, int | bool]:
    arguments = {"version": VERSION, "train": train, "test": test, "seed": seed}
    return arguments if plan == "six" else {**arguments, plan: True}


def _write(path: Path, draw: Draw) -> str:
    """Draw and write one medium; return its digest."""
    drawn = draw()
    if not isinstance(drawn, bytes):
        drawn = encode(drawn) if path.suffix == ".mp4" else _jpeg(drawn[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(drawn)
    return _digest(drawn)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _digest(content: bytes) -> str:
    return blake2s(content, digest_size=16).hexdigest()


def _check_distinct(files: dict[str, str]) -> None:
    """No picture twice: a test picture that was trained on would make the score worthless."""
    names: dict[str, str] = {}
    for name, digest in files.items():
        if digest in names:
            raise InputError(f"EmoBench-mini: {name} equals {names[digest]}; render with another seed")
        names[digest] = name

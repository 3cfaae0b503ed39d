"""Where a checkpoint's base model and vision tower lie, noted so that the note holds wherever they are moved together.

Training notes the folders of its own machine. In what it leaves they are put relative to the checkpoint, with a checksum of
what lay there, since at the same place another machine may have another model.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError

# Keys of config.json: a place, and under the second the checksum of its config.json.
BASE_KEY, TOWER_KEY, AUDIO_KEY = "emollm_base", "emollm_tower", "emollm_audio_tower"
CHECKSUM = "{}_config"
# The adapter's own note, as peft writes it.
ADAPTER_CONFIG, ADAPTER_BASE = "adapter_config.json", "base_model_name_or_path"


def settle(folder: Path, at: Path | None = None) -> None:
    """Note in a checkpoint that was just written where base and tower lie from it, in place of this machine's paths.

    The host's own `mm_vision_tower` stays as it was given, for LLaVA without the plug-in.

    Args:
        folder: where its config.json, and its adapter_config.json if it has one, lie now.
        at: where they will lie; default: there.
    """
    at = (at or folder).resolve()
    _rewrite(folder / "config.json", lambda config: _settled(config, at))
    _rewrite(folder / ADAPTER_CONFIG, lambda adapter: {**adapter, ADAPTER_BASE: relative(adapter.get(ADAPTER_BASE), at)})


def _settled(config: dict[str, Any], at: Path) -> dict[str, Any]:
    config = dict(config)
    towers = {TOWER_KEY: config.get("mm_vision_tower"), AUDIO_KEY: config.get("mm_audio_tower")}
    for key, place in {BASE_KEY: config.get(BASE_KEY), **towers}.items():
        if place is not None and is_folder(place):
            config |= {key: relative(place, at), CHECKSUM.format(key): checksum(Path(place).expanduser())}
    if is_folder(config.get("_name_or_path")):
        del config["_name_or_path"]  # where transformers 4 loaded the base from
    return config


def relative(place: Any, at: Path) -> Any:
    """A folder of this machine by its path from the folder `at`, which begins with a dot; anything else as it is."""
    if not is_folder(place):
        return place
    path = os.path.relpath(Path(place).expanduser().resolve(), at)
    return path if path.startswith(".") else f"./{path}"


def is_folder(place: Any) -> bool:
    """Whether it is the path of a folder here, and no name."""
    return isinstance(place, str) and bool(place) and Path(place).expanduser().is_dir()


def find(place: str, config: Mapping[str, Any], key: str, folder: Path) -> Path | None:
    """The folder on this machine that a checkpoint means.

    Args:
        place: what it notes: a path of its training's machine, or from the checkpoint, or a name.
        config: its config.json, for the checksum under `key`.
        folder: the checkpoint.

    Returns:
        The folder noted if it is here, else one of its name beside or in the checkpoint. Where a checksum is noted, other
        models are passed over; without one only the very path that is noted counts.
    """
    known, path, here = config.get(CHECKSUM.format(key)), Path(place).expanduser(), folder.resolve()
    from_checkpoint = place.startswith(".")
    if not from_checkpoint and path.is_dir():
        return path
    likely = [here / place] if from_checkpoint else []
    # Without a checksum the note is LLaVA's own, from where its training was started.
    likely += [root / path.name for root in (here, here.parent, here.parent.parent)] if known else [path]
    return next((each.resolve() for each in likely if each.is_dir() and known in (None, checksum(each))), None)


def checksum(folder: Path) -> str | None:
    """SHA-256 of a model folder's config.json, or None if it has none."""
    try:
        return hashlib.sha256((folder / "config.json").read_bytes()).hexdigest()
    except OSError:
        return None


def _rewrite(file: Path, change: Any) -> None:
    if not file.is_file():
        return
    before = json.loads(file.read_text(encoding="utf-8"))
    after = change(before)
    if after != before:
        with atomic_file(file) as out:
            out.write((json.dumps(after, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())


def check_exists(path: Path) -> None:
    """Raise `InputError` if there is no such folder; it names one that is spelled nearly so."""
    if path.is_dir():
        return
    if path.is_file():
        raise InputError(f"{path} is a file; name the folder of a saved model")
    first = next(one for one in (path, *path.parents) if one.parent.is_dir())  # that is not there
    near = get_close_matches(first.name, [one.name for one in first.parent.iterdir() if one.is_dir()], 1)
    way_out = f"did you mean {first.with_name(near[0])}?" if near else "check the path; a model of a hub is OWNER/NAME"
    raise InputError(f"model folder {path} does not exist; {way_out}")

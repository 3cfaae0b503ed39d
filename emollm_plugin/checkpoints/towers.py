"""The towers of a checkpoint: where they lie now, and whether their folders are whole."""

from __future__ import annotations

from pathlib import Path

from emobench_data.io.errors import InputError

from ..towers import TOWERS
from ..towers.audio import AUDIO_TOWERS
from .folders import ModelFolder, read_folder
from .places import AUDIO_KEY, CHECKSUM, TOWER_KEY, checksum, find, is_folder

PROCESSORS = ("preprocessor_config.json", "processor_config.json")


def find_tower(folder: ModelFolder, given: str | None) -> str | None:
    """The vision tower to load a checkpoint with: the one given, else the one it names; None where it names none.

    Raises:
        InputError: it is a folder that is neither here nor beside the checkpoint, or one that is not whole.
    """
    named = given or folder.config.get("mm_vision_tower")
    if not isinstance(named, str) or named in TOWERS:
        return named
    return _found(folder, named, TOWER_KEY, given is None, "vision tower", "say where it is with --vision-tower, or put")


def find_audio_tower(folder: ModelFolder) -> str | None:
    """The same of its audio tower, None where it does not hear; raises `InputError` as `find_tower` does."""
    named = folder.config.get("mm_audio_tower")
    if not isinstance(named, str) or named in AUDIO_TOWERS:
        return named
    return _found(folder, named, AUDIO_KEY, True, "audio tower", "put")


def _found(folder: ModelFolder, named: str, key: str, own: bool, what: str, way_out: str) -> str:
    """Where the tower `named` lies; by what the checkpoint notes under `key` where it is its `own` name."""
    noted = folder.config.get(key)
    found = Path(named).expanduser() if is_folder(named) else None
    if own and isinstance(noted, str):
        known = folder.config.get(CHECKSUM.format(key))
        found = found if found and checksum(found) == known else find(noted, folder.config, key, folder.path)
    if found:
        check_tower_folder(found, what)
        return str(found)
    if named.startswith((".", "/", "~")) or named.count("/") > 1:
        trained = f"{folder.path} was trained with the {what} {named}, which is not here"
        raise InputError(f"{trained}; {way_out} its folder beside the checkpoint")
    return named


def check_tower_folder(folder: Path, what: str = "vision tower") -> None:
    """Raise `InputError` if a tower's folder misses weights or image processor, or a file of it was cut off."""
    faults = list(read_folder(folder).faults)
    if not any((folder / name).is_file() for name in PROCESSORS):
        faults.append(f"no {PROCESSORS[0]}")
    if faults:
        raise InputError(f"{what} {folder}: {'; '.join(faults)}; copy the whole model folder again")

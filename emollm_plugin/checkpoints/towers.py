"""The vision tower of a checkpoint: where it lies now, and whether its folder is whole."""

from __future__ import annotations

from pathlib import Path

from emobench_data.io.errors import InputError

from ..towers import TOWERS
from .folders import ModelFolder, read_folder
from .places import CHECKSUM, TOWER_KEY, checksum, find, is_folder

PROCESSORS = ("preprocessor_config.json", "processor_config.json")


def find_tower(folder: ModelFolder, given: str | None) -> str | None:
    """The vision tower to load a checkpoint with: the one given, else the one it names; None where it names none.

    Raises:
        InputError: it is a folder that is neither here nor beside the checkpoint, or one that is not whole.
    """
    named, noted = given or folder.config.get("mm_vision_tower"), folder.config.get(TOWER_KEY)
    if not isinstance(named, str) or named in TOWERS:
        return named
    found = Path(named).expanduser() if is_folder(named) else None
    if not given and isinstance(noted, str):
        known = folder.config.get(CHECKSUM.format(TOWER_KEY))
        found = found if found and checksum(found) == known else find(noted, folder.config, TOWER_KEY, folder.path)
    if found:
        check_tower_folder(found)
        return str(found)
    if named.startswith((".", "/", "~")) or named.count("/") > 1:
        raise InputError(
            f"{folder.path} was trained with the vision tower {named}, which is not here; say where it is with --vision-tower,"
            " or put its folder beside the checkpoint"
        )
    return named


def check_tower_folder(folder: Path) -> None:
    """Raise `InputError` if a vision tower's folder misses weights or image processor, or a file of it was cut off."""
    faults = list(read_folder(folder).faults)
    if not any((folder / name).is_file() for name in PROCESSORS):
        faults.append(f"no {PROCESSORS[0]}")
    if faults:
        raise InputError(f"vision tower {folder}: {'; '.join(faults)}; copy the whole model folder again")

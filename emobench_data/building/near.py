"""Pictures of two splits that are nearly the same: another size or format, a touch of light, a hair's breadth moved.

They are told by a perceptual hash (`imagehash.phash`). Clips are not compared, and a picture with words of its own is
another item with other words: one meme's picture carries many jokes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from ..io.errors import PictureFault
from ..media.check import MediaCache, MediaFile
from ..media.pictures import read_picture
from ..media.video import reader_version
from ..schema.parsing import normal
from ..schema.records import SPLITS, Record
from .leakage import Unit

SIDE = 16  # a hash has 256 bits
# Nearly the same are pictures of which at most so many bits differ. Of 3,543 validation faces of FER2013, 29 correlate above
# 0.98 at 16x16 with one of 6,389 training faces: 48 bits find all 29, and 58 more, each the same photograph to the eye,
# moved, lighter or with another mark (correlation 0.85 to 0.98). The first pairs of two photographs come at about 60 bits.
NEAR = 48
FLAT = 3.0  # grey levels: a picture that varies less, such as one colour, is near to every other of its kind
_BLOCK = 256  # pictures compared at once with all of the other splits


def near_duplicates(records: Iterable[Record], media: Mapping[str, MediaFile], cache: MediaCache) -> dict[Unit, Unit]:
    """Unit of train or val -> the nearest unit of a later split, where that is nearly the same picture.

    A unit of val that is near to one of test takes no other with it. Every unit must stand in one split.
    """
    groups: dict[str, dict[str, set[Unit]]] = defaultdict(lambda: defaultdict(set))
    for record in records:
        for one in record.media:
            if one.kind == "image":
                groups[normal(record.text)][record.split].add((one.path, normal(record.text)))
    groups = {words: splits for words, splits in groups.items() if len(splits) > 1}
    names = {unit[0] for splits in groups.values() for units in splits.values() for unit in units}
    hashes = _hashes({media[name].path for name in names}, cache)
    found: dict[Unit, Unit] = {}
    for splits in groups.values():
        known = {
            split: {unit: hashes[path] for unit in sorted(splits[split]) if (path := media[unit[0]].path) in hashes}
            for split in SPLITS
        }
        found |= _nearest(known["val"], known["test"])
        later = known["test"] | {unit: one for unit, one in known["val"].items() if unit not in found}
        found |= _nearest(known["train"], later)
    return found


def _nearest(early: dict[Unit, str], late: dict[Unit, str]) -> Iterator[tuple[Unit, Unit]]:
    """`(unit, the nearest of late)` for those of `early` that have a near one; both are hashes by unit."""
    if not early or not late:
        return
    units, others = list(early), list(late)
    wanted = _as_signs(late.values()).T
    for start in range(0, len(units), _BLOCK):
        block = units[start : start + _BLOCK]
        alike = _as_signs(early[unit] for unit in block) @ wanted  # equal bits minus different ones
        best = alike.argmax(1)
        for row in np.flatnonzero(alike.max(1) >= SIDE * SIDE - 2 * NEAR):
            yield block[row], others[best[row]]


def _hashes(paths: Iterable[Path], cache: MediaCache) -> dict[Path, str]:
    """Hash of each picture that has one, in hexadecimal digits."""
    kind = f"phash {SIDE}, {reader_version()}"
    found = cache.results(kind, sorted(paths), _hash, title="looking for near-duplicates")
    return {path: value for path, value in found if value}


def _hash(path: Path) -> str | None:
    import imagehash

    try:
        grey = read_picture(path).convert("L")
    except PictureFault:
        return None  # the media check's business
    if np.asarray(grey).std() < FLAT:
        return None
    return str(imagehash.phash(grey, hash_size=SIDE))


def _as_signs(hashes: Iterable[str]) -> np.ndarray:
    """Hashes as rows of 256 numbers, 1 or -1."""
    packed = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(-1, SIDE * SIDE // 8)
    return 2 * np.unpackbits(packed, axis=1).astype(np.float32) - 1

"""From records to what can be written: no leaks, no faulty media, clips as pictures, and one folder for all media."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..media.check import MediaCache, MediaFile, check_all, digests, media_cache, refuse
from ..media.storyboard import FRAMES, storyboards
from ..media.video import Sampling
from ..schema.records import SPLITS, Record
from ..sources import Source
from .image_folder import MEDIA, link_files, link_folder, unlink_folder
from .leakage import Unit, find_leaks, record_entry, worth_hashing
from .near import near_duplicates

MEDIA_CACHE = ".media-checked.jsonl"
_KINDS = ("item", "medium", "text", "content", "near")
_EXAMPLES = 20


@dataclass(frozen=True, kw_only=True)
class Place:
    """A data set on disk: its root, and the folder that stands before the names of its media, `.` for none."""

    source: Source
    root: Path
    folder: str = "."

    def own(self, name: str) -> str:
        """How the data set itself calls the medium that its records call `name`."""
        return name if self.folder == "." else name[len(self.folder) + 1 :]


@dataclass(frozen=True, kw_only=True)
class Care:
    """What is looked at, and how strictly.

    Args:
        check: open every medium first, and compare the contents of media across splits.
        videos: `storyboards` or `clips`.
        faulty: the share of a data set's media that may be missing or broken; their records are left out.
        way_out: what to do where there are more.
        near: whether a picture that is nearly one of a later split is a leak.
        unpack: write out the pictures that lie in an annotation even where nothing is opened.
    """

    check: bool
    videos: str
    faulty: float = 0.0
    way_out: str = "get these files again"
    near: bool = True
    unpack: bool = True


@dataclass
class Prepared:
    """Records that can be written.

    Args:
        image_folder: what their media are named from.
        linked: whether links to the data sets lie in it.
        seconds: medium -> length of the clip, where it was measured.
        left_out: what was left out, for the summary.
    """

    records: list[Record]
    image_folder: Path
    linked: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, Any] = field(default_factory=dict)


def prepare(records: list[Record], places: Iterable[Place], base: Path, out: Path, care: Care) -> Prepared:
    """Leave out what leaks or is faulty, and make what is missing below `out`; nothing is written anywhere else.

    Args:
        records: with the folders of `places` before their media.
        base: the folder that media are named from as long as none has to be made.
        out: gets `media/` for pictures that are made, and with `care.check` the cache of what was opened.

    Raises:
        InputError: more media than `care.faulty` lets be left out are missing or broken.
    """
    done = Prepared(records, base)
    done.records, done.left_out["leaks"] = without_leaks(records)
    if not (care.check or care.unpack or care.videos == "storyboards"):
        return done
    made, by_source = out / MEDIA, {place.source.name: place for place in places}
    media = _media(done.records, by_source, made, care)
    faults = _Faults(done, base, care)
    if care.check:
        with media_cache(out / MEDIA_CACHE) as cache:
            sampling = Sampling(frames=FRAMES) if care.videos == "storyboards" else Sampling()
            faulty, done.seconds = check_all(media, cache, sampling)
            faults.leave_out(faulty)
            same = _contents(done.records, media, cache)
            near = near_duplicates(done.records, media, cache) if care.near else {}
            done.records, done.left_out["content_leaks"] = without_leaks(done.records, same, near)
    drawn = {}
    if care.videos == "storyboards":
        drawn = {one.path: media[one.path] for record in done.records for one in record.media if one.kind == "video"}
        for folder in {by_source[one.source].folder for one in done.records if not drawn.keys().isdisjoint(one.paths)}:
            unlink_folder(made / folder, made)
        faults.leave_out(storyboards(drawn, made))
    done.left_out["faulty_media"] = faults.summary()
    _gather(done, by_source, made, {name for name, one in media.items() if name in drawn or one.root == made})
    return done


def _media(records: list[Record], places: Mapping[str, Place], made: Path, care: Care) -> dict[str, MediaFile]:
    """Every medium by its name; those that a data set keeps in its annotation are written below `made`."""
    unpacked = set()
    for name, place in places.items():
        if place.source.extract:
            unlink_folder(made / place.folder, made)
            unpacked |= {name} if place.source.unpack(place.root, made / place.folder) else set()
    media: dict[str, MediaFile] = {}
    for record in records:
        place, made_here = places[record.source], record.source in unpacked
        for one in record.media:
            if one.path not in media:
                where = (made, one.path) if made_here else (place.root, place.own(one.path))
                media[one.path] = MediaFile(*where, one.kind)
    return media


def _contents(records: list[Record], media: Mapping[str, MediaFile], cache: MediaCache) -> dict[str, str]:
    """Medium -> digest, for the media that one of another split may equal."""
    splits: dict[str, set[str]] = {}
    for record in records:
        for path in record.paths:
            splits.setdefault(str(media[path].path), set()).add(record.split)
    found = digests(map(Path, worth_hashing(splits)), cache)
    return {name: found[medium.path] for name, medium in media.items() if medium.path in found}


def _gather(done: Prepared, places: Mapping[str, Place], made: Path, own: set[str]) -> None:
    """Make `made` the folder that all media are named from, if media were made there: the others get links."""
    if not own or not any(path in own for record in done.records for path in record.paths):
        return
    done.image_folder = made
    others: dict[str, dict[str, None]] = {}
    for record in done.records:
        for path in record.paths:
            if path not in own:
                others.setdefault(record.source, {})[path] = None
    with_own = {record.source for record in done.records if not own.isdisjoint(record.paths)}
    folders = {place.folder for place in places.values()}
    for source, names in others.items():
        done.linked, place = True, places[source]
        # A folder that holds another data set's stays one of ours, so that nothing made for that one goes through a link.
        holds = any(Path(place.folder) in Path(other).parents for other in folders)
        if source in with_own or holds or place.folder == "." or not link_folder(made / place.folder, place.root):
            link_files(made, place.root, ((name, place.own(name)) for name in names))


class _Faults:
    """Media that are missing or broken, against the share of a data set's that may be."""

    def __init__(self, done: Prepared, base: Path, care: Care) -> None:
        self._done, self._base, self._care = done, base, care
        self._source = {path: record.source for record in done.records for path in record.paths}
        self._totals = Counter(self._source.values())
        self._found: dict[str, str] = {}
        self._splits: Counter[str] = Counter()

    def leave_out(self, faults: Mapping[str, str]) -> None:
        """Take the records of `faults` out, or raise `InputError` where a data set has more of them than may be."""
        if not faults:
            return
        self._found |= faults
        counts = Counter(self._source[name] for name in self._found)
        over = {source for source, n in counts.items() if n > self._care.faulty * self._totals[source]}
        named = {name: fault for name, fault in self._found.items() if self._source[name] in over}
        refuse(named, sum(self._totals[source] for source in over), self._base, way_out=self._care.way_out)
        self._splits.update({path: one.split for one in self._done.records for path in one.paths if path in faults}.values())
        self._done.records = [one for one in self._done.records if faults.keys().isdisjoint(one.paths)]

    def summary(self) -> dict[str, Any]:
        """How many, of how many, where, and some of them with their fault."""
        return {
            "count": len(self._found),
            "of": len(self._source),
            "by_split": dict(sorted(self._splits.items())),
            "examples": dict(sorted(self._found.items())[:_EXAMPLES]),
        }


def without_leaks(
    records: list[Record], digests: Mapping[str, str] = {}, near: Mapping[Unit, Unit] = {}
) -> tuple[list[Record], dict[str, Any]]:
    """`records` without those of train and val that share something with a later split, and a summary of them.

    Args:
        digests: medium -> digest of its content, where it is known.
        near: what is nearly the same (`near.near_duplicates`).
    """
    by_split = {split: [record for record in records if record.split == split] for split in SPLITS}
    entries = {split: (record_entry(one, digests, near) for one in members) for split, members in by_split.items()}
    leaks = list(find_leaks(entries))
    gone = {leak.id for leak in leaks}
    counts = Counter((leak.split, leak.what) for leak in leaks)
    by_kind = {f"{split}, {what}": n for split in SPLITS for what in _KINDS if (n := counts[split, what])}
    summary = {"count": len(leaks), "by_kind": by_kind, "examples": [leak._asdict() for leak in leaks[:_EXAMPLES]]}
    return ([record for record in records if record.id not in gone] if gone else records), summary

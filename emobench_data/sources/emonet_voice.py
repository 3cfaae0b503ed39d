"""EmoNet-Voice Bench: made voices with how strongly experts heard one of forty emotions in them, arousal or authenticity."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ..io.atomic import atomic_file
from ..io.errors import InputError
from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import BAD_ROW, SOUNDS, make, words
from ._files import read_literal, read_parquet

_NAMES = """
Amusement, Elation, Pleasure/Ecstasy, Contentment, Thankfulness/Gratitude, Affection, Infatuation,
Hope/Enthusiasm/Optimism, Triumph, Pride, Interest, Awe, Astonishment/Surprise, Concentration, Contemplation, Relief,
Longing, Teasing, Impatience and Irritability, Sexual Lust, Doubt, Fear, Distress, Confusion, Embarrassment, Shame,
Disappointment, Sadness, Bitterness, Contempt, Disgust, Anger, Malevolence/Malice, Sourness, Pain, Helplessness,
Fatigue/Exhaustion, Emotional Numbness, Intoxication/Altered States of Consciousness, Jealousy & Envy"""
EMOTIONS = tuple(name.strip() for name in _NAMES.split(","))
NO_CATEGORY = "its category is none of the 42"
NO_RATING = "its ratings are not 0, 1 or 2 of one category"
_TASKS = {"arousal": "voice_arousal", "authenticity": "voice_authenticity"}  # the others are intensities of an emotion
_SCALE = 5.0  # a rater says 0, 1 or 2; a model is asked from 0 to 10
_SHARDS = ("data/*.parquet", "*.parquet")


def _key(name: str) -> str:
    """`Jealousy & Envy` and `jealousy / envy` alike."""
    return " ".join(re.sub(r"\band\b|[^a-z]+", " ", name.lower()).split())


# As it is spelt, in full or up to the first sign -> the emotion.
_BY_KEY = {key: name for name in EMOTIONS for key in (_key(re.split("[/&]| and ", name)[0]), _key(name))}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """A row is a voice and one category; the number is five times the mean of its raters. Voices are written by `extract`.

    No row says which of the eleven voices speaks, so that a made voice may stand in several splits.
    """
    for shard in _shards(root):
        for number, row in enumerate(read_parquet(shard, ("label", "audioId.path"))):
            place = f"{shard.name}:{number + 1}"
            rated = _rated(row["label"])
            if rated is None:
                skips.add(place, NO_RATING if isinstance(row["label"], str) else BAD_ROW)
                continue
            key, heard = rated
            task, emotion = _TASKS.get(key, "voice_intensity"), _BY_KEY.get(key, "")
            if task == "voice_intensity" and not emotion:
                skips.add(place, NO_CATEGORY)
                continue
            name = _file(shard, number, row["audioId"])
            yield from make(
                skips,
                place,
                tasks=(task,),
                source="emonet_voice",
                item=f"{shard.stem}/{number:05}",
                media=(Medium("audio", f"extracted/{name}"),),
                answer=_SCALE * sum(heard) / len(heard),
                text=f"Emotion: {emotion}" if emotion else "",
            )


def _shards(root: Path) -> list[Path]:
    return next((found for glob in _SHARDS if (found := sorted(root.glob(glob)))), [])


def _file(shard: Path, number: int, sound: Any) -> str:
    """What the sound of a row is called once it is written out: by its place, with the ending that it had."""
    name = words(sound.get("path")) if isinstance(sound, dict) else ""
    ending = next((ending for ending in SOUNDS if name.lower().endswith(ending)), "")
    return f"{shard.stem}/{number:05}{ending}"


def _rated(text: Any) -> tuple[str, list[float]] | None:
    """The key of the one category of a cell such as `[{'human-1': {'Shame': 1}}]`, and its ratings; None of another form."""
    try:
        value = read_literal(text)
        pairs = [pair for rater in value for scores in rater.values() for pair in scores.items()]
        names = {_key(unquote(name)) for name, _ in pairs}
        if len(names) == 1 and all(type(score) in (int, float) and score in (0, 1, 2) for _, score in pairs):
            return names.pop(), [float(score) for _, score in pairs]
    except (ValueError, AttributeError, TypeError):
        pass
    return None


def extract(root: Path, into: Path) -> bool:
    """Write every voice below `into/extracted`, those that are there already left as they are; always True.

    Raises:
        InputError: a table cannot be read, or a row holds no sound.
    """
    from tqdm import tqdm

    for shard in _shards(root):
        for number, row in enumerate(tqdm(read_parquet(shard, ("audioId",)), desc=shard.name, unit="", disable=None)):
            sound = row["audioId"]
            data = sound.get("bytes") if isinstance(sound, dict) else None
            if not isinstance(data, bytes):
                raise InputError(f"{shard}: row {number + 1} holds no sound; get the table with its sounds within")
            path = into / "extracted" / _file(shard, number, sound)
            if not path.is_file() or path.read_bytes() != data:  # of a run that was stopped, or of another table
                with atomic_file(path, durable=False) as file:
                    file.write(data)
    return True


def _own(root: Path) -> bool:
    """Whether the end of a table, where its columns are named, has the name that is this data set's."""
    return any(b"audioId" in _end(shard) for shard in _shards(root)[:1])


def _end(file: Path) -> bytes:
    try:
        with open(file, "rb") as content:
            content.seek(-min(file.stat().st_size, 1 << 16), os.SEEK_END)
            return content.read()
    except OSError:
        return b""  # a folder, or unreadable


SOURCE = Source(
    name="emonet_voice",
    title="EmoNet-Voice Bench",
    homepage="https://huggingface.co/datasets/laion/emonet-voice-bench",
    licence="CC BY 4.0, by its readers; see homepage",
    citation="Christoph Schuhmann, Robert Kaczmarczyk, Gollam Rabby, Felix Friedrich, Maurice Kraus, Kourosh Nadi, Huu Nguyen, "
    "Kristian Kersting, Sören Auer. EmoNet-Voice: A Fine-Grained, Expert-Verified Benchmark for Speech Emotion Detection. "
    "arXiv 2506.09827, 2025.",
    obtain="download the data set from the hub, so that data/train-00000-of-000NN.parquet and its like lie in the root",
    tasks=("voice_intensity", *_TASKS.values()),
    labels={},
    expected={"": 12_600},  # the paper's count of samples
    markers=_SHARDS,
    read=read,
    extract=extract,
    own=_own,
)

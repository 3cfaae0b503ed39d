"""Made-up records, pictures and clips for tests."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import orjson
from PIL import Image

from emobench_data.mini.clips import encode
from emobench_data.schema.records import Medium, Record
from emobench_data.schema.tasks import get_task
from emobench_data.schema.types.number import Number


def record(**changes) -> Record:
    """A valid record, with `changes`; its media may be one path."""
    fields = {
        "source": "made_up",
        "item": "1",
        "task": "sarcasm",
        "media": "pictures/1.jpg",
        "answer": "Yes",
    }
    fields |= changes
    if isinstance(fields["media"], str):
        fields["media"] = one_medium(fields["media"])
    return Record(**fields)


def one_medium(path: str) -> tuple[Medium, ...]:
    """A picture, or a clip where it ends as one; none of an empty path."""
    return (Medium("video" if path.endswith(".mp4") else "image", path),) if path else ()


def with_other_gold(one: Record) -> Record:
    """`one` with all that is ground truth in it changed: answer, accepted labels, annotation."""
    kind, answer = get_task(one.task).type, one.answer
    if isinstance(kind, Number):
        answer = kind.low if answer > kind.low else kind.high
    elif isinstance(answer, tuple):
        answer = tuple(option for option in one.options if option not in answer) or ("another",)
    elif kind.takes_options:
        answer = one.options[(one.options.index(answer) + 1) % len(one.options)]
    else:
        answer = {"Yes": "No", "No": "Yes"}.get(answer, f"not {answer}")
    return replace(one, answer=answer, references=(answer,), attributes=dict.fromkeys(one.attributes, "another"))


def write_picture(path: Path, colour=(200, 30, 30), size=(64, 48)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def write_clip(path: Path, greys=range(0, 250, 25)) -> None:
    """A clip whose frames are plain greys of the given values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode([Image.fromarray(np.full((64, 96, 3), grey, np.uint8)) for grey in greys]))


def write_sound(path: Path) -> None:
    """A file of a moment of silence and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_lines(path: Path, entries) -> Path:
    path.write_bytes(b"".join(orjson.dumps(entry) + b"\n" for entry in entries))
    return path


def read_lines(path: Path) -> list[dict]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]

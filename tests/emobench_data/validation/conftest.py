"""A folder of media, and a check of entries."""

import orjson
import pytest

from emobench_data.validation import validate

from ..make import write_clip, write_picture


def entry(id="1", question="<image>\nWhat is it?", answer="joy", **more):
    turns = [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
    return {"id": id, "image": "good.jpg", "conversations": turns, **more}


@pytest.fixture
def media(tmp_path):
    root = tmp_path / "media"
    write_picture(root / "good.jpg")
    write_clip(root / "good.mp4")
    return root


@pytest.fixture
def check(tmp_path, media):
    """Validate entries; returns `[(kind, record, message)]`."""

    def faults(*entries, **options):
        path = tmp_path / "train.json"
        path.write_bytes(orjson.dumps(entries))
        return [(fault.kind, fault.record, fault.message) for fault in validate(path, media, **options).faults]

    return faults

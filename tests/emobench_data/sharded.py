"""A training file and what shards are made of it."""

import random

import orjson


def records(count=23):
    draw = random.Random(0)
    for number in range(count):
        kind = ("image", "video", "audio", None)[number % 4]
        text = f"<{kind}>\nWhich?" if kind else "Text: schön\nWhich?"
        turns = [{"from": "human", "value": text}, {"from": "gpt", "value": draw.choice(["joy", "anger"])}]
        medium = {kind: f"{number}.x"} if kind else {}
        yield {"id": f"emoset/{number}/emo_c", **medium, "conversations": turns}


def write_source(folder):
    """LLaVA's JSON as `build` writes it, a record a line."""
    lines = b",\n".join(map(orjson.dumps, records()))
    (folder / "train.json").write_bytes(b"[\n" + lines + b"\n]\n")
    return folder / "train.json"


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def name_of(number, count=4):
    return f"train-{number:05d}-of-{count:05d}.jsonl"

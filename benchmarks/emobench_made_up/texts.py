"""Copies of the data sets whose items hold words: memes, tweets and dialogues."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from random import Random
from typing import Any

from emobench_data.sources import get_source

from .files import TWEET, WORDS, folders, numbered, put_csv, put_json, put_jsonl, sentence

_HARM = ("not", "somewhat", "very")


def harmeme(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in numbered(sizes):
        for part in ("Harm-C", "Harm-P"):
            rows = (
                {
                    "id": f"memes_{n}",
                    "image": f"memes_{n}.png",
                    "labels": [f"{random.choice(_HARM)} harmful", "who"],
                    "text": sentence(random, 5, 25),
                }
                for n in numbers[(part == "Harm-P") :: 2]
            )
            put_jsonl(root / "Annotations" / part / f"{split}.jsonl", rows)


def hateful_memes(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in numbered(sizes):
        rows = (
            {"id": f"{n:05}", "img": f"img/{n:05}.png", "label": random.randint(0, 1), "text": sentence(random, 4, 20)}
            for n in numbers
        )
        put_jsonl(root / f"{'dev_seen' if split == 'val' else split}.jsonl", rows)


def meld(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels = get_source("meld").labels["emo_c"]
    head = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
    for split, numbers in numbered(sizes):
        rows = (
            [
                n,
                sentence(random, 3, 20),
                random.choice(WORDS).title(),
                random.choice(labels),
                "neutral",
                n // 10,
                n % 10,
                "8",
                "21",
                '"00:16:16,059"',
                '"00:16:21,731"',
            ]
            for n in numbers
        )
        put_csv(root / f"{'dev' if split == 'val' else split}_sent_emo.csv", head, rows)


def memotion(root: Path, sizes: dict[str, int], random: Random) -> None:
    degrees = (
        ("not_funny", "funny", "very_funny", "hilarious"),
        ("not_sarcastic", "general", "twisted_meaning", "very_twisted"),
        ("not_offensive", "very_offensive", "hateful_offensive"),
    )
    head = ",image_name,text_ocr,text_corrected,humour,sarcasm,offensive,motivational,overall_sentiment"
    rows = (
        [
            n,
            f"image_{n}.jpg",
            sentence(random, 5, 25),
            sentence(random, 5, 25),
            *map(random.choice, degrees),
            "motivational",
            "positive",
        ]
        for n in range(sizes[""])
    )
    put_csv(root / "labels.csv", head, rows)


def mintrec(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels = get_source("mintrec").labels["intent"]
    for split, numbers in numbered(sizes):
        rows = (["S05", f"E{n % 20:02}", n, sentence(random, 3, 15), random.choice(labels).capitalize()] for n in numbers)
        put_csv(root / f"{'dev' if split == 'val' else split}.tsv", "season,episode,clip,text,label", rows, delimiter="\t")


def mmhs150k(root: Path, sizes: dict[str, int], random: Random) -> None:
    tweets: dict[str, Any] = {}
    folders(root, ("img_txt", "splits"))
    for split, numbers in numbered(sizes):
        ids = [str(TWEET + 7 * n) for n in numbers]
        (root / "splits" / f"{split}_ids.txt").write_text("\n".join(ids) + "\n")
        for item in ids:
            votes = random.choices(range(6), (6, 1, 1, 1, 1, 1), k=3)
            tweets[item] = {
                "img_url": "made up",
                "labels": votes,
                "tweet_url": "made up",
                "tweet_text": sentence(random, 5, 25),
                "labels_str": ["NotHate"] * 3,
            }
            if random.random() < 0.4:
                (root / "img_txt" / f"{item}.json").write_text(json.dumps({"img_text": sentence(random, 3, 15)}))
    put_json(root / "MMHS150K_GT.json", tweets)


def mmsd(root: Path, sizes: dict[str, int], random: Random) -> None:
    names = {"train": "train.txt", "val": "valid2.txt", "test": "test2.txt"}
    (root / "text").mkdir()
    for split, numbers in numbered(sizes):
        with open(root / "text" / names[split], "w", encoding="utf-8") as file:
            for n in numbers:
                label = random.randint(0, 1)
                row = [str(TWEET + 11 * n), sentence(random, 5, 25), label, *[label] * (split != "train")]
                file.write(f"{row}\n")


def mmsd2(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in numbered(sizes):
        ids = (TWEET + 11 * n for n in numbers)
        rows = [{"image_id": item, "text": sentence(random, 5, 25), "label": random.randint(0, 1)} for item in ids]
        put_json(root / "text_json_final" / f"{'valid' if split == 'val' else split}.json", rows)


def mustard(root: Path, sizes: dict[str, int], random: Random) -> None:
    items = {
        f"{split[0]}_{n}": {
            "utterance": sentence(random, 4, 20),
            "speaker": "A",
            "context": [sentence(random, 4, 20), sentence(random, 4, 20)],
            "context_speakers": ["B", "A"],
            "sarcasm": random.random() < 0.5,
            "show": "FRIENDS" if split == "test" else "BBT",
        }
        for split, numbers in numbered(sizes)
        for n in numbers
    }
    put_json(root / "sarcasm_data.json", items)


def ur_funny(root: Path, sizes: dict[str, int], random: Random) -> None:
    folds = {"dev" if split == "val" else split: list(numbers) for split, numbers in numbered(sizes)}
    said = {
        item: {
            "punchline_sentence": sentence(random, 5, 20),
            "context_sentences": [sentence(random, 5, 20)] * 3,
            "punchline_features": list(range(20)),
            "context_features": [list(range(20))] * 3,
        }
        for fold in folds.values()
        for item in fold
    }
    content = {"data_folds": folds, "humor_label_sdk": {item: item % 2 for item in said}, "language_sdk": said}
    for name, value in content.items():
        (root / f"{name}.pkl").write_bytes(pickle.dumps(value))

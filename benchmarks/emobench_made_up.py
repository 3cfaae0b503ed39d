"""Made-up copies of all twenty data sets: annotation files in their real formats and proportions, and no media."""

from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from emobench_data.sources import get_source
from emobench_data.sources.intentonomy import INTENTS

# Items of a complete copy by split; "" where there is no official split.
SIZES: dict[str, dict[str, int]] = {
    "caer_s": {"train": 49_000, "test": 21_000},
    "dfew": {"train": 9_356, "test": 2_341},
    "emoset": {"train": 94_481, "val": 5_905, "test": 17_716},
    "emotic": {"train": 23_706, "val": 3_332, "test": 7_280},
    "emotion6": {"": 1_980},
    "hatemm": {"": 1_083},
    "memotion": {"": 6_992},
    "oasis": {"": 900},
    "fer2013": {"train": 28_709, "val": 3_589, "test": 3_589},
    "harmeme": {"train": 5_950, "val": 354, "test": 709},
    "hateful_memes": {"train": 8_500, "val": 540, "test": 3_000},
    "intentonomy": {"train": 12_740, "val": 498, "test": 1_217},
    "meld": {"train": 9_989, "val": 1_109, "test": 2_610},
    "mintrec": {"train": 1_334, "val": 445, "test": 445},
    "mmhs150k": {"train": 134_823, "val": 5_000, "test": 10_000},
    "mmsd": {"train": 19_816, "val": 2_410, "test": 2_409},
    "mmsd2": {"train": 19_816, "val": 2_410, "test": 2_409},
    "mustard": {"train": 334, "test": 356},
    "mafw": {"train": 7_333, "test": 1_839},
    "ur_funny": {"train": 7_614, "val": 980, "test": 994},
}
_FEWEST = 20  # items of a split; with fewer some labels and splits would be empty
_TWEET = 840_006_160_660_983_809  # ids of tweets lie above 2**53
_HARM = ("not", "somewhat", "very")
_random = Random(0)
_WORDS = ["".join(_random.choices("aeioubdfgklmnprstvz", k=_random.randint(2, 9))) for _ in range(3000)]


def full_size() -> int:
    """Records of all complete copies."""
    return sum(len(get_source(name).usual) * sum(sizes.values()) for name, sizes in SIZES.items())


def make(root: Path, records: int) -> None:
    """Write copies under `root` that give about `records` records; the same number gives the same files."""
    factor = records / full_size()
    for name in SIZES:
        sizes = {split: max(_FEWEST if split else 5 * _FEWEST, round(n * factor)) for split, n in SIZES[name].items()}
        (root / name).mkdir(parents=True)
        _MAKERS[name](root / name, sizes, Random(name))


def _said(random: Random, low: int, high: int) -> str:
    return " ".join(random.choices(_WORDS, k=random.randint(low, high)))


def _folders(root: Path, names: Iterable[str | Path]) -> None:
    for name in names:
        (root / name).mkdir(parents=True)


def _json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")


def _jsonl(path: Path, rows: Iterable[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _csv(path: Path, head: str, rows: Iterable[Iterable[Any]], **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, **options)
        writer.writerow(head.split(","))
        writer.writerows(rows)


def _numbers(sizes: dict[str, int]) -> Iterator[tuple[str, range]]:
    """Each split with the numbers of its items, which go on from split to split."""
    start = 1
    for split, n in sizes.items():
        yield split, range(start, start + n)
        start += n


def _caer_s(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in _numbers(sizes):
        anger = "Angry" if split == "train" else "Anger"
        classes = (anger, "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise")
        _folders(root, (f"{split}/{name}" for name in classes))
        for n in numbers:
            (root / split / random.choice(classes) / f"{n:05}.png").touch()


def _dfew(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in _numbers(sizes):
        path = root / "EmoLabel_DataSplit" / f"{split}(single-labeled)" / "set_1.csv"
        _csv(path, "video_name,label", ([n, random.randint(1, 7)] for n in numbers))


def _emoset(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels = get_source("emoset").labels["emo_c"]
    _folders(root, (f"annotation/{label}" for label in labels))
    for split, numbers in _numbers(sizes):
        rows = []
        for n in numbers:
            label = random.choice(labels)
            item = f"{label}_{n:06}"
            paths = [f"image/{label}/{item}.jpg", f"annotation/{label}/{item}.json"]
            rows.append([label, item, *paths])
            note = {
                "image_id": item,
                "emotion": label,
                "brightness": round(random.random(), 1),
                "colorfulness": round(random.random(), 1),
                "scene": _said(random, 1, 2),
                "object": [_said(random, 1, 1) for _ in range(random.randint(0, 4))],
            }
            (root / paths[1]).write_text(json.dumps(note))
        _json(root / f"{split}.json", rows)


def _emotic(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels = [label.capitalize() for label in get_source("emotic").labels["emo_c"] if " " not in label]
    head = "Index,Folder,Filename,Image Size,BBox,Categorical_Labels,Continuous_Labels,Gender,Age"
    for split, numbers in _numbers(sizes):
        rows = (
            [
                n,
                "mscoco/images",
                f"COCO_{split}_{n // 2:012}.jpg",
                [640, 480],
                [n % 300, 20, n % 300 + 90, 400],
                random.sample(labels, random.randint(1, 5)),
                [5.0, 4.0, 6.0],
                "Female",
                "Adult",
            ]
            for n in numbers
        )
        _csv(root / f"{split}.csv", head, rows)


def _emotion6(root: Path, sizes: dict[str, int], random: Random) -> None:
    head = ",".join(("[image]", "[valence]", "[arousal]", *get_source("emotion6").labels["emo_c"]))
    rows = ([f"joy/{n}.jpg", 5.1, 4.2, *(random.randint(1, 5) / 15 for _ in range(7))] for n in range(sizes[""]))
    _csv(root / "ground_truth.txt", head, rows, delimiter="\t")


def _fer2013(root: Path, sizes: dict[str, int], random: Random) -> None:
    usage = {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}
    faces = [" ".join(str(random.randint(0, 255)) for _ in range(48 * 48)) for _ in range(50)]
    rows = ([random.randint(0, 6), random.choice(faces), usage[split]] for split, ns in _numbers(sizes) for _ in ns)
    _csv(root / "fer2013.csv", "emotion,pixels,Usage", rows)


def _harmeme(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in _numbers(sizes):
        for part in ("Harm-C", "Harm-P"):
            rows = (
                {
                    "id": f"memes_{n}",
                    "image": f"memes_{n}.png",
                    "labels": [f"{random.choice(_HARM)} harmful", "who"],
                    "text": _said(random, 5, 25),
                }
                for n in numbers[(part == "Harm-P") :: 2]
            )
            _jsonl(root / "Annotations" / part / f"{split}.jsonl", rows)


def _hateful_memes(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in _numbers(sizes):
        rows = (
            {"id": f"{n:05}", "img": f"img/{n:05}.png", "label": random.randint(0, 1), "text": _said(random, 4, 20)}
            for n in numbers
        )
        _jsonl(root / f"{'dev_seen' if split == 'val' else split}.jsonl", rows)


def _hatemm(root: Path, sizes: dict[str, int], random: Random) -> None:
    rows = (
        [f"hate_video_{n}.mp4", "Hate", "[['00:00:34', '00:01:24']]", "Others"]
        if random.random() < 0.4
        else [f"non_hate_video_{n}.mp4", "Non Hate", "", ""]
        for n in range(sizes[""])
    )
    _csv(root / "HateMM_annotation.csv", "video_file_name,label,hate_snippet,target", rows)


def _intentonomy(root: Path, sizes: dict[str, int], random: Random) -> None:
    categories = [{"id": index, "name": name} for index, name in enumerate(INTENTS)]
    for split, numbers in _numbers(sizes):
        images = [{"id": f"{n:032x}", "filename": f"low/{n:032x}.jpg", "unsplash_url": "made up"} for n in numbers]
        notes = []
        for index, image in enumerate(images):
            ids = random.sample(range(28), random.randint(1, 3))
            soft = [1.0 if index in ids else random.choice((0, 0, 1 / 3)) for index in range(28)]
            given = {"category_ids_softprob": soft} if split == "train" else {"category_ids": ids}
            notes.append({"id": index, "image_id": image["id"], **given})
        _json(root / f"intentonomy_{split}2020.json", {"categories": categories, "images": images, "annotations": notes})


def _mafw(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels, folder = get_source("mafw").labels["emo_c"], root / "single/no_caption/set_1"
    _folders(root, (folder,))
    for split, numbers in _numbers(sizes):
        (folder / f"{split}.txt").write_text("".join(f"{n:05}.mp4 {random.choice(labels)}\n" for n in numbers))


def _meld(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels = get_source("meld").labels["emo_c"]
    head = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
    for split, numbers in _numbers(sizes):
        rows = (
            [
                n,
                _said(random, 3, 20),
                random.choice(_WORDS).title(),
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
        _csv(root / f"{'dev' if split == 'val' else split}_sent_emo.csv", head, rows)


def _memotion(root: Path, sizes: dict[str, int], random: Random) -> None:
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
            _said(random, 5, 25),
            _said(random, 5, 25),
            *map(random.choice, degrees),
            "motivational",
            "positive",
        ]
        for n in range(sizes[""])
    )
    _csv(root / "labels.csv", head, rows)


def _mintrec(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels = get_source("mintrec").labels["intent"]
    for split, numbers in _numbers(sizes):
        rows = (["S05", f"E{n % 20:02}", n, _said(random, 3, 15), random.choice(labels).capitalize()] for n in numbers)
        _csv(root / f"{'dev' if split == 'val' else split}.tsv", "season,episode,clip,text,label", rows, delimiter="\t")


def _mmhs150k(root: Path, sizes: dict[str, int], random: Random) -> None:
    tweets: dict[str, Any] = {}
    _folders(root, ("img_txt", "splits"))
    for split, numbers in _numbers(sizes):
        ids = [str(_TWEET + 7 * n) for n in numbers]
        (root / "splits" / f"{split}_ids.txt").write_text("\n".join(ids) + "\n")
        for item in ids:
            votes = random.choices(range(6), (6, 1, 1, 1, 1, 1), k=3)
            tweets[item] = {
                "img_url": "made up",
                "labels": votes,
                "tweet_url": "made up",
                "tweet_text": _said(random, 5, 25),
                "labels_str": ["NotHate"] * 3,
            }
            if random.random() < 0.4:
                (root / "img_txt" / f"{item}.json").write_text(json.dumps({"img_text": _said(random, 3, 15)}))
    _json(root / "MMHS150K_GT.json", tweets)


def _mmsd(root: Path, sizes: dict[str, int], random: Random) -> None:
    names = {"train": "train.txt", "val": "valid2.txt", "test": "test2.txt"}
    (root / "text").mkdir()
    for split, numbers in _numbers(sizes):
        with open(root / "text" / names[split], "w", encoding="utf-8") as file:
            for n in numbers:
                label = random.randint(0, 1)
                row = [str(_TWEET + 11 * n), _said(random, 5, 25), label, *[label] * (split != "train")]
                file.write(f"{row}\n")


def _mmsd2(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in _numbers(sizes):
        ids = (_TWEET + 11 * n for n in numbers)
        rows = [{"image_id": item, "text": _said(random, 5, 25), "label": random.randint(0, 1)} for item in ids]
        _json(root / "text_json_final" / f"{'valid' if split == 'val' else split}.json", rows)


def _mustard(root: Path, sizes: dict[str, int], random: Random) -> None:
    items = {
        f"{split[0]}_{n}": {
            "utterance": _said(random, 4, 20),
            "speaker": "A",
            "context": [_said(random, 4, 20), _said(random, 4, 20)],
            "context_speakers": ["B", "A"],
            "sarcasm": random.random() < 0.5,
            "show": "FRIENDS" if split == "test" else "BBT",
        }
        for split, numbers in _numbers(sizes)
        for n in numbers
    }
    _json(root / "sarcasm_data.json", items)


def _oasis(root: Path, sizes: dict[str, int], random: Random) -> None:
    rows = (
        [
            f"I{n}",
            f"{_WORDS[n // 5].capitalize()} {n % 5 + 1}",
            random.choice(("Animal", "Person")),
            "made up",
            f"{random.uniform(1.5, 6.5):.3f}",
            "1.1",
            "100",
            f"{random.uniform(2, 6):.3f}",
            "1.2",
            "100",
        ]
        for n in range(sizes[""])
    )
    head = ",Theme,Category,Source,Valence_mean,Valence_SD,Valence_N,Arousal_mean,Arousal_SD,Arousal_N"
    _csv(root / "OASIS.csv", head, rows, lineterminator="\r")


def _ur_funny(root: Path, sizes: dict[str, int], random: Random) -> None:
    folds = {"dev" if split == "val" else split: list(numbers) for split, numbers in _numbers(sizes)}
    said = {
        item: {
            "punchline_sentence": _said(random, 5, 20),
            "context_sentences": [_said(random, 5, 20)] * 3,
            "punchline_features": list(range(20)),
            "context_features": [list(range(20))] * 3,
        }
        for fold in folds.values()
        for item in fold
    }
    content = {"data_folds": folds, "humor_label_sdk": {item: item % 2 for item in said}, "language_sdk": said}
    for name, value in content.items():
        (root / f"{name}.pkl").write_bytes(pickle.dumps(value))


_MAKERS = {name: globals()[f"_{name}"] for name in SIZES}

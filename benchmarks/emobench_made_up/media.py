"""Copies of the data sets whose items are pictures or clips alone."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from emobench_data.sources import get_source
from emobench_data.sources.intentonomy import INTENTS

from .files import WORDS, folders, numbered, put_csv, put_json, sentence


def caer_s(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in numbered(sizes):
        anger = "Angry" if split == "train" else "Anger"
        classes = (anger, "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise")
        folders(root, (f"{split}/{name}" for name in classes))
        for n in numbers:
            (root / split / random.choice(classes) / f"{n:05}.png").touch()


def dfew(root: Path, sizes: dict[str, int], random: Random) -> None:
    for split, numbers in numbered(sizes):
        path = root / "EmoLabel_DataSplit" / f"{split}(single-labeled)" / "set_1.csv"
        put_csv(path, "video_name,label", ([n, random.randint(1, 7)] for n in numbers))


def emoset(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels = get_source("emoset").labels["emo_c"]
    folders(root, (f"annotation/{label}" for label in labels))
    for split, numbers in numbered(sizes):
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
                "scene": sentence(random, 1, 2),
                "object": [sentence(random, 1, 1) for _ in range(random.randint(0, 4))],
            }
            (root / paths[1]).write_text(json.dumps(note))
        put_json(root / f"{split}.json", rows)


def emotic(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels = [label.capitalize() for label in get_source("emotic").labels["emo_c"] if " " not in label]
    head = "Index,Folder,Filename,Image Size,BBox,Categorical_Labels,Continuous_Labels,Gender,Age"
    for split, numbers in numbered(sizes):
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
        put_csv(root / f"{split}.csv", head, rows)


def emotion6(root: Path, sizes: dict[str, int], random: Random) -> None:
    head = ",".join(("[image]", "[valence]", "[arousal]", *get_source("emotion6").labels["emo_c"]))
    rows = ([f"joy/{n}.jpg", 5.1, 4.2, *(random.randint(1, 5) / 15 for _ in range(7))] for n in range(sizes[""]))
    put_csv(root / "ground_truth.txt", head, rows, delimiter="\t")


def fer2013(root: Path, sizes: dict[str, int], random: Random) -> None:
    usage = {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}
    faces = [" ".join(str(random.randint(0, 255)) for _ in range(48 * 48)) for _ in range(50)]
    rows = ([random.randint(0, 6), random.choice(faces), usage[split]] for split, ns in numbered(sizes) for _ in ns)
    put_csv(root / "fer2013.csv", "emotion,pixels,Usage", rows)


def hatemm(root: Path, sizes: dict[str, int], random: Random) -> None:
    rows = (
        [f"hate_video_{n}.mp4", "Hate", "[['00:00:34', '00:01:24']]", "Others"]
        if random.random() < 0.4
        else [f"non_hate_video_{n}.mp4", "Non Hate", "", ""]
        for n in range(sizes[""])
    )
    put_csv(root / "HateMM_annotation.csv", "video_file_name,label,hate_snippet,target", rows)


def intentonomy(root: Path, sizes: dict[str, int], random: Random) -> None:
    categories = [{"id": index, "name": name} for index, name in enumerate(INTENTS)]
    for split, numbers in numbered(sizes):
        images = [{"id": f"{n:032x}", "filename": f"low/{n:032x}.jpg", "unsplash_url": "made up"} for n in numbers]
        notes = []
        for index, image in enumerate(images):
            ids = random.sample(range(28), random.randint(1, 3))
            soft = [1.0 if index in ids else random.choice((0, 0, 1 / 3)) for index in range(28)]
            given = {"category_ids_softprob": soft} if split == "train" else {"category_ids": ids}
            notes.append({"id": index, "image_id": image["id"], **given})
        put_json(root / f"intentonomy_{split}2020.json", {"categories": categories, "images": images, "annotations": notes})


def mafw(root: Path, sizes: dict[str, int], random: Random) -> None:
    labels, folder = get_source("mafw").labels["emo_c"], root / "single/no_caption/set_1"
    folders(root, (folder,))
    for split, numbers in numbered(sizes):
        (folder / f"{split}.txt").write_text("".join(f"{n:05}.mp4 {random.choice(labels)}\n" for n in numbers))


def oasis(root: Path, sizes: dict[str, int], random: Random) -> None:
    rows = (
        [
            f"I{n}",
            f"{WORDS[n // 5].capitalize()} {n % 5 + 1}",
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
    put_csv(root / "OASIS.csv", head, rows, lineterminator="\r")

"""A tiny random language model, and made-up copies of the data sets."""

import json

import pytest
from PIL import Image

from tests.emollm_plugin.conftest import make_llm, make_tokenizer

FACES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """The folder of a tiny language model."""
    folder = tmp_path_factory.mktemp("base")
    make_llm(folder, len(make_tokenizer(folder)))
    return folder


@pytest.fixture(scope="session")
def data_root(tmp_path_factory):
    """Made-up OASIS and FER2013: 30 themes of 4 photographs, 30 faces a class to train on and 10 to validate."""
    root = tmp_path_factory.mktemp("data")
    photographs = root / "oasis_pixabay"
    (photographs / "images").mkdir(parents=True)
    entries = []
    for number in range(120):
        theme, category = number // 4, ("Animal", "Object", "Person", "Scenery")[number // 4 % 4]
        name = f"Thing{chr(ord('a') + theme % 26)}{'x' * (theme // 26)} {number % 4 + 1}"
        Image.new("RGB", (28, 28), (number * 2, 80, 40)).save(photographs / "images" / f"{name}.jpg")
        entries.append(
            {
                "image": f"{name}.jpg",
                "theme": name,
                "category": category,
                "valence": 2 + theme % 3 * 2.0,
                "arousal": 4.0,
                "source": "made up",
            }
        )
    (photographs / "labels.json").write_text(json.dumps(entries))
    for split, count in (("train", 30), ("validation", 10)):
        for shade, face in enumerate(FACES):
            folder = root / "fer2013" / split / face
            folder.mkdir(parents=True)
            for number in range(count):
                Image.new("L", (48, 48), 30 * shade + number).save(folder / f"{split}_{face}_{number}.jpg")
    return root

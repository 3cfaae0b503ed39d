"""EMO-DB: labels and speakers by the names of files alone."""

from collections import Counter

import pytest

from emobench_data.building.splits import Held, assign_splits
from emobench_data.schema.tasks import question

from .helpers import answers, convert, put

LETTERS = {"W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "happiness", "T": "sadness", "N": "neutral"}


def build(root):
    for number, letter in enumerate(LETTERS):
        put(root, f"wav/{('03', '08', '09', '10', '11', '12', '13')[number]}a0{number + 1}{letter}a.wav")


def test_the_german_letters(tmp_path):
    build(tmp_path)
    records, skips = convert("emodb", tmp_path)
    assert {item[5]: label for item, label in answers(records, "emo_c").items()} == LETTERS and not skips.counts
    assert records[0].paths == ("wav/03a01Wa.wav",) and {one.media[0].kind for one in records} == {"audio"}
    asked = question(records[0], training=False)
    assert asked.startswith("Which emotion does the voice express? ") and "wav" not in asked
    assert "one of: anger, boredom, disgust, fear, happiness, sadness, neutral." in asked


@pytest.mark.parametrize("name", ["03a01X.wav", "3a01Fa.wav", "03a01Fab.wav", "readme.wav"])
def test_other_names_are_counted_and_other_files_are_none(tmp_path, name):
    for file in ("03a01Fa.flac", "03a02W.wav", name, "erkennung.txt"):
        put(tmp_path, file)
    records, skips = convert("emodb", tmp_path)
    assert answers(records, "emo_o") == {"03a01Fa": "happiness", "03a02W": "anger"} and skips.counts.total() == 1


def test_real_speech_in_five_folds_of_two_speakers(shared_data):
    """The sizes of the labels are the paper's table."""
    if not (shared_data / "emodb").is_dir():
        pytest.skip("no EMO-DB in the shared data")
    records = [one for one in convert("emodb", shared_data / "emodb")[0] if one.task == "emo_c"]
    sizes = Counter(one.answer for one in records)
    assert [sizes[label] for label in LETTERS.values()] == [127, 81, 46, 69, 71, 62, 79]
    tested = [
        {one.group for one in assign_splits(records, seed=seed, held=Held(fold)) if one.split == "test"}
        for fold, seed in enumerate((0, 1, 2, 0, 1))
    ]
    assert [len(speakers) for speakers in tested] == [2] * 5 and len(set.union(*tested)) == 10

"""What an arm is trained on and asked: nothing stands on both sides, and development meets nothing reported."""

import re

import pytest

from benchmarks.quality.data import make_cell, oasis_test_items, picture_root
from emobench_data.io.errors import InputError
from emobench_data.sources import Skips, oasis

SIZES = {"folds": 3, "train": 70, "test": 35}


def cell(data, data_root, *, seed=0, fold=0, development=False):
    root = picture_root(data, data_root, data_root, seed=seed)
    return make_cell(data, root, seed=seed, fold=fold, development=development, **SIZES)


@pytest.mark.parametrize("data", ["oasis", "oasis_category"])
def test_folds_ask_every_photograph_once_and_no_theme_on_both_sides(data, data_root):
    asked = []
    for fold in range(3):
        own = cell(data, data_root, fold=fold)
        assert not {item.group for item in own.train} & {item.group for item in own.test}
        asked += [item.id for item in own.test]
    assert len(asked) == len(set(asked)) == 120


def test_another_seed_groups_otherwise_and_both_tasks_alike(data_root):
    first, second, control = (
        {item.id for item in cell(data, data_root, seed=seed).test}
        for data, seed in (("oasis", 0), ("oasis", 1), ("oasis_category", 0))
    )
    assert first != second and first == control


def test_the_control_says_nothing_of_emotions(data_root):
    own = cell("oasis_category", data_root)
    assert {item.answer for item in own.train} == {"animal", "object", "person", "scenery"}
    assert not re.search(r"emotion|feel|mood|valence", own.train[0].text)
    assert "Which emotion" in cell("oasis", data_root).train[0].text


def test_development_photographs_are_in_no_test_part_of_the_launcher(data_root):
    own = cell("oasis", data_root, development=True)
    used = {item.id for item in own.train + own.test}
    tested = oasis_test_items(oasis.read(data_root / "oasis_pixabay", Skips()))
    assert used and tested and not used & tested and len(used | tested) == 120


def test_faces_are_balanced_and_development_faces_are_neither_trained_on_nor_reported(data_root):
    trained, reported, developed = set(), set(), set()
    for seed in (0, 1):
        own, choosing = cell("fer2013", data_root, seed=seed), cell("fer2013", data_root, seed=seed, development=True)
        assert own.train == choosing.train
        assert len(own.train) == 70 and len({item.answer for item in own.train}) == 7
        assert {len([item for item in own.test if item.answer == label]) for label in own.test[0].options} == {5}
        trained |= {item.image for item in own.train}
        reported |= {item.image for item in own.test}
        developed |= {item.image for item in choosing.test}
    assert len(trained) > 70  # another draw
    assert not trained & reported and not trained & developed and not reported & developed
    assert all(name.startswith("validation/") for name in reported)
    assert all(name.startswith("train/") for name in developed)


def test_too_many_faces_are_refused(data_root):
    with pytest.raises(InputError, match="there are 10; ask for fewer"):
        make_cell("fer2013", data_root / "fer2013", seed=0, fold=0, folds=1, train=70, test=7 * 11)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="fer2013: no folder .*--data-root"):
        picture_root("fer2013", tmp_path, tmp_path, seed=0)


def test_mini_asks_of_emotion_and_intent_and_renders_others_for_development(tmp_path, monkeypatch):
    pytest.importorskip("av")
    monkeypatch.setattr("benchmarks.quality.data.MINI", (36, 36))
    cells = {}
    for development in (False, True):
        root = picture_root("mini", tmp_path, tmp_path, seed=0, development=development)
        cells[root] = make_cell("mini", root, seed=0, fold=0, development=development, **SIZES)
    assert len(cells) == 2
    for root, own in cells.items():
        assert {item.id.rsplit("/")[-1] for item in own.train + own.test} == {"emo_c", "intent"}
        assert all((root / item.image).is_file() and item.answer in item.options for item in own.train + own.test)
        assert not {item.image for item in own.train} & {item.image for item in own.test}

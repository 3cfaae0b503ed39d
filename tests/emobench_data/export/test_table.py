"""`load_dataset` reads a build as it is, without a network."""

import pytest

from emobench_data.building.benchmark import build
from emobench_data.export import table

from ..compose import composition, data_sets
from ..make import read_lines


@pytest.fixture
def out(tmp_path):
    build(composition(data_sets(tmp_path / "sets")), tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.slow
def test_load_dataset(out, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 120, "validation": 40, "test": 40}
    for split, path in (("train", "train"), ("validation", "val"), ("test", "test")):
        assert list(loaded[split]) == read_lines(out / table.SPLIT_FILES[path])
    assert {"emo_c", "emo_o", "hate", "intent"} == set(loaded["test"]["task"])

"""The data card says what a reader must know."""

import re

import pytest
import yaml

from emobench_data.building.benchmark import build
from emobench_data.building.datacard import _sources
from emobench_data.schema.records import SPLITS
from emobench_data.sources import get_source

from ..compose import composition, data_sets


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    sources = {"emoset": {"cap": {"train": 9}}, "hateful_memes": {}, "intentonomy": {}}
    build(composition(data_sets(folder / "sets"), sources=sources), folder / "out")
    return folder / "out"


@pytest.mark.slow
def test_what_must_be_said(card):
    text = (card / "README.md").read_text()
    assert "which eight they are is unknown, and this is our own" in text
    assert re.search(r"Warning: there is hateful.* in Hateful Memes", text)
    for name in ("emoset", "hateful_memes", "intentonomy"):
        source = get_source(name)
        assert source.citation in text and source.licence in text and source.homepage in text
        assert source.rule in text
    assert "- EmoSet-118K: at most 9 a sub-task in train" in text
    assert "30 x not drawn by the composition" in text
    assert "| [EmoSet-118K](https://github.com/JingyuanYY/EmoSet) | emo_c, emo_o | 9 / 18 | 8 / 16 | 8 / 16 |" in text
    assert "| Hate | `hate` | 24 | 8 | 8 | 2 |" in text and "| awe | 6 | " in text
    for name in re.findall(r"\]\((figures/.*?)\)", text):
        assert (card / name).is_file()


def test_a_source_of_which_nothing_is_asked_or_trained_has_a_row():
    """With `rationale: only`, one whose records have no reasons."""
    none = dict.fromkeys(SPLITS, 0)
    manifest = {"items": {"emodb": none | {"train": 9}}, "sources": {}, "records": none}
    manifest["config"] = {"sources": {"emodb": {"tasks": ["emo_c"]}}}
    assert "9 / 0" in _sources(manifest, {"emodb": get_source("emodb")})


def test_without_hateful_sources_there_is_no_warning(tmp_path):
    build(composition(data_sets(tmp_path / "sets"), sources={"emoset": {}}), tmp_path / "out", figures=False)
    text = (tmp_path / "out/README.md").read_text()
    assert "Warning" not in text and "figures/" not in text and "- none" in text


def test_the_head_is_yaml(card):
    head = yaml.safe_load((card / "README.md").read_text().split("---\n")[1])
    (config,) = head["configs"]
    assert all((card / entry["path"]).is_file() for entry in config["data_files"])

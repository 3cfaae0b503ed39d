"""The page on adding a data set shows one that works."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from emobench_data import sources
from emobench_data.sources import Skips, all_sources

from . import test_contract
from .helpers import put

PAGE = (Path(sources.__file__).parent / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def example(monkeypatch):
    (code,) = re.findall(r"<!-- example -->\n```python\n(.*?)```", PAGE, flags=re.DOTALL)
    module = ModuleType("emobench_data.sources.postcards")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code, "README.md", "exec"), module.__dict__)
    known = {**all_sources(), "postcards": module.SOURCE}
    monkeypatch.setattr(sources, "all_sources", lambda: known)
    return module


def test_the_example_works(tmp_path, example):
    put(
        tmp_path,
        "postcards.csv",
        ('file,mood,message,album\na.jpg,Bored,"Rain, rain.",one\nb.jpg,joy,,one\nc.jpg,nan,x,two\n/etc/d.jpg,joy,x,two\n'),
    )
    skips = Skips()
    records = list(example.SOURCE.records(tmp_path, skips))
    assert [(r.id, r.answer, r.paths[0], r.group) for r in records[::2]] == [
        ("postcards/a/emo_c", "boredom", "scans/a.jpg", "one"),
        ("postcards/b/emo_c", "joy", "scans/b.jpg", "one"),
    ]
    assert records[0].text == 'Written on it: "Rain, rain."' and sum(skips.counts.values()) == 2


def test_the_example_keeps_the_contract(example):
    test_contract.test_facts("postcards")
    test_contract.test_labels_are_words_that_an_answer_can_be_matched_to("postcards")


def test_every_rule_is_on_the_page():
    table = PAGE[PAGE.index("## How several labels") :]
    for source in all_sources().values():
        assert not source.rule or source.title.split()[0] in table, source.name

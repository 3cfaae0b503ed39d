"""GoEmotions: numbers that stand for names in one order, sets of them, and no quoting."""

import pytest

from emobench_data import InputError
from emobench_data.sources.goemotions import EMOTIONS

from .helpers import convert, put


def build(root):
    put(root, "data/train.tsv", "You know the answer, they’re here\t27\tedabc1\nThanks &amp; sorry\t24,15\tedabc2\n")
    put(root, "data/dev.tsv", '"Is it so?\t7\teeabc3\n')
    put(root, "data/test.tsv", "Oh\t26\tefabc4\n")
    put(root, "data/emotions.txt", "\n".join(EMOTIONS))


def test_sets_stand_in_the_order_of_the_names(tmp_path):
    build(tmp_path)
    records, skips = convert("goemotions", tmp_path)
    assert [(one.item, one.answer, one.split) for one in records] == [
        ("edabc1", ("neutral",), "train"),
        ("edabc2", ("gratitude", "remorse"), "train"),
        ("eeabc3", ("curiosity",), "val"),
        ("efabc4", ("surprise",), "test"),
    ]
    assert records[1].options == EMOTIONS and len(EMOTIONS) == 28 and not skips.counts
    assert records[2].text == 'Comment: ""Is it so?"'


def test_a_number_that_is_none_refuses_the_file(tmp_path):
    put(tmp_path, "train.tsv", "Oh\t28\tedabc1\n")
    with pytest.raises(InputError, match="label 28 is none of 0, 1"):
        convert("goemotions", tmp_path)


def test_a_line_beyond_what_csv_reads_is_counted(tmp_path):
    put(tmp_path, "train.tsv", "x" * 200_000 + "\nI like it\t17\tabc\n")
    records, skips = convert("goemotions", tmp_path)
    assert len(records) == 1 and sum(skips.counts.values()) == 1


def test_names_in_another_order_refuse_the_copy(tmp_path):
    build(tmp_path)
    put(tmp_path, "data/emotions.txt", "\n".join(reversed(EMOTIONS)))
    with pytest.raises(InputError, match=r"emotions\.txt: not the 28 names in the authors' order"):
        convert("goemotions", tmp_path)


@pytest.mark.parametrize("bad", ["Oh\t1", "Oh\t\ted1", "Oh\t1,\ted1", "\t1\ted1", "Oh\t1\t", "Oh\t1\ted1\tx"])
def test_rows_of_another_form_are_counted(tmp_path, bad):
    put(tmp_path, "train.tsv", f"Ah\t27\ted9\n{bad}\n")
    records, skips = convert("goemotions", tmp_path)
    assert len(records) == 1 and skips.counts.total() == 1

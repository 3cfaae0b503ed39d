"""VADER's ground truth: four files without a header, a sub-task each; sentences of one text stay together."""

import pytest

from emobench_data.building.splits import assign_splits
from emobench_data.schema.tasks import question
from emobench_data.sources import get_source
from emobench_data.sources.vader import KINDS

from .helpers import convert, put


def build(root):
    for kind in KINDS:
        rows = "1_1\t-0.9\tIt broke &amp; nobody came, really.\r\n1_2\t2.66666666667\t\"It works again!\r\n2\t0\tIt's here.\r\n"
        put(root, f"hutto_ICWSM_2014/{kind}_GroundTruth.txt", rows)


def test_ratings_are_numbers_from_minus_four_to_four(tmp_path):
    build(tmp_path)
    records, skips = convert("vader", tmp_path)
    assert [one.answer for one in records] == [-0.9, 2.66666666667, 0] * 4 and not skips.counts
    assert records[1].text == 'Tweet: ""It works again!"'
    assert "Answer with a number from -4 to 4, with one decimal only.\nTweet: " in question(records[0], training=False)
    assert [one.group for one in records[3:6]] == ["amazonReviewSnippets/1"] * 2 + ["amazonReviewSnippets/2"]


def test_sentences_of_one_text_stay_in_one_split(tmp_path):
    rows = "".join(f"{text}_{n}\t1.5\tA sentence.\n" for text in range(20) for n in range(4))
    put(tmp_path, "tweets_GroundTruth.txt", rows)
    split = {}
    for one in assign_splits(convert("vader", tmp_path)[0], test=0.2):
        split.setdefault(one.group, set()).add(one.split)
    assert len(split) == 20 and all(len(splits) == 1 for splits in split.values()) and {"test"} in split.values()


@pytest.mark.parametrize("row", ["3\t1.5", "3\t4.5\tA", "3\thigh\tA", "\t1\tA", "3\t1\t ", "3\t1\tA\tB"])
def test_a_row_of_another_form_is_counted(tmp_path, row):
    put(tmp_path, "tweets_GroundTruth.txt", f"1\t1\tA\n{row}\n")
    records, skips = convert("vader", tmp_path)
    assert len(records) == 1 and skips.counts.total() == 1


def test_the_counts_of_a_complete_copy():
    assert get_source("vader").expected == {"": 4_200 + 3_708 + 10_605 + 5_190}

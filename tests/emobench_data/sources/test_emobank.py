"""EmoBank: three ratings a sentence, each a sub-task, in the authors' own split."""

from collections import Counter

import pytest

from emobench_data import InputError
from emobench_data.schema.tasks import question
from emobench_data.sources.emobank import NO_RATING

from .helpers import convert, put

HEADER = "id,split,V,A,D,text\n"
ROWS = (
    'a_1,train,3.25,2.9,3.1,"He said: ""the house is theirs, now"", and left."\n'
    "a_2,dev,1.2,4.4,2.0,Bombs fell in the night.\n"
    "b_1,test,4.6,1.8,3.0,What a lovely day!\n"
)


def build(root):
    put(root, "emobank.csv", HEADER + ROWS)


def test_ratings_are_numbers_of_three_sub_tasks(tmp_path):
    build(tmp_path)
    records, skips = convert("emobank", tmp_path)
    assert [(one.item, one.split, one.task.removeprefix("emobank_"), one.answer) for one in records[:4]] == [
        ("a_1", "train", "valence", 3.25),
        ("a_1", "train", "arousal", 2.9),
        ("a_1", "train", "dominance", 3.1),
        ("a_2", "val", "valence", 1.2),
    ]
    assert question(records[0], training=False) == (
        "How pleasant is this text? Answer with a number from 1 to 5, with one decimal only.\n"
        'Text: "He said: "the house is theirs, now", and left."'
    )
    assert not skips.counts


@pytest.mark.parametrize("rating", ["", "nan", "0.9", "5.1", "3,2", "high"])
def test_a_rating_out_of_the_range_leaves_the_sentence_out(tmp_path, rating):
    put(tmp_path, "emobank.csv", HEADER + ROWS + f'b_2,train,3,"{rating}",3,Nothing.\n')
    records, skips = convert("emobank", tmp_path)
    assert len(records) == 9 and skips.counts == {NO_RATING: 1}


def test_the_folder_of_the_repository_is_read_and_an_unknown_split_is_not(tmp_path):
    put(tmp_path, "corpus/emobank.csv", HEADER + ROWS + "b_2,valid,3,3,3,Nothing.\n")
    records, skips = convert("emobank", tmp_path)
    assert len(records) == 9 and skips.counts.total() == 1


def test_a_table_of_another_version_is_refused(tmp_path):
    put(tmp_path, "emobank.csv", "id,V,A,D,text\na,3,3,3,b\n")
    with pytest.raises(InputError, match=r"emobank\.csv: no column split"):
        convert("emobank", tmp_path)


@pytest.mark.slow
def test_the_real_part(shared_data):
    records, skips = convert("emobank", shared_data / "emobank")
    assert Counter(one.split for one in records if one.task == "emobank_valence") == {"train": 8_062, "val": 1_000}
    assert not skips.counts and min(one.answer for one in records if one.task == "emobank_valence") == 1.2

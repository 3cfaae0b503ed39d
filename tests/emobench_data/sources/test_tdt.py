"""TDT: three lines a tweet, of which one that is missing shifts no other's label unseen."""

import pytest

from emobench_data import InputError

from .helpers import convert, put

ROWS = "i agree about $T$ , $T$ is great &amp; fun\narafat\n1\nhow bad is $T$ today ?\nwii\n-1\nit ’s $T$\nhilary swank\n0\n"


def build(root):
    put(root, "train.raw", ROWS)
    put(root, "test.raw", "nice $T$ day\nmadonna\n1\n")


def test_the_target_stands_in_the_tweet_and_beside_it(tmp_path):
    build(tmp_path)
    records, skips = convert("tdt", tmp_path)
    assert [(one.item, one.answer) for one in records] == [
        ("train/1", "positive"),
        ("train/2", "negative"),
        ("train/3", "neutral"),
        ("test/1", "positive"),
    ]
    assert records[0].text == 'Tweet: "i agree about arafat , arafat is great & fun"\nTarget: arafat' and not skips.counts


@pytest.mark.parametrize("bad", ["no sign\nx\n1\n", "$T$ it\n \n1\n", "$T$ it\nx\n2\n", "$T$ it\nx\n"])
def test_lines_of_another_form_are_counted(tmp_path, bad):
    put(tmp_path, "train.raw", ROWS + bad)
    records, skips = convert("tdt", tmp_path)
    assert len(records) == 3 and skips.counts.total() == 1


def test_a_line_too_many_labels_nothing_with_another_tweets_label(tmp_path):
    put(tmp_path, "train.raw", "stray\n" + ROWS)
    with pytest.raises(InputError, match="nothing usable"):
        convert("tdt", tmp_path)

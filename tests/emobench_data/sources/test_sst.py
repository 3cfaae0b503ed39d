"""SST: a sentence finds its phrase and rating over three files, whatever its brackets and accents look like."""

import pytest

from emobench_data import InputError
from emobench_data.sources import get_source, sst

from .helpers import convert, put

FOLDER = "stanfordSentimentTreebank"
SENTENCES = ["A cliché film .", "Good -LRB- very good -RRB- fun .", "It’s a bad | dull one .", "Nothing of note ."]


def build(root):
    def wrong(text):  # as the file has accents
        return text.encode("utf-8").decode("latin-1")

    rows = [f"{n}\t{wrong(one) if n == 1 else one}" for n, one in enumerate(SENTENCES, 1)]
    put(root, f"{FOLDER}/datasetSentences.txt", "\n".join(["sentence_index\tsentence", *rows, ""]))
    put(root, f"{FOLDER}/datasetSplit.txt", "sentence_index,splitset_label\n1,1\n2,2\n3,3\n4,1\n")
    phrases = [one.replace("-LRB-", "(").replace("-RRB-", ")") for one in SENTENCES]
    put(root, f"{FOLDER}/dictionary.txt", "".join(f"{one}|{9 - n}\n" for n, one in enumerate(phrases, 1)))
    put(root, f"{FOLDER}/sentiment_labels.txt", "phrase ids|sentiment values\n8|0.2\n7|0.94444\n6|0.20833\n5|0.5\n")


def test_a_sentence_has_the_rating_of_its_phrase_and_a_class(tmp_path):
    build(tmp_path)
    records, skips = convert("sst", tmp_path)
    assert [(one.item, one.split, one.answer) for one in records] == [
        ("1", "train", 0.2),
        ("1", "train", "very negative"),
        ("2", "test", 0.94444),
        ("2", "test", "very positive"),
        ("3", "val", 0.20833),
        ("3", "val", "negative"),
        ("4", "train", 0.5),
        ("4", "train", "neutral"),
    ]
    assert records[0].text == 'Sentence: "A cliché film ."' and records[2].text == 'Sentence: "Good ( very good ) fun ."'
    assert not skips.counts


@pytest.mark.parametrize(
    ("rating", "label"), [("0", 0), ("0.2", 0), ("0.20001", 1), ("0.4", 1), ("0.6", 2), ("0.8", 3), ("1", 4)]
)
def test_a_cut_off_belongs_to_the_class_below_it(tmp_path, rating, label):
    build(tmp_path)
    put(tmp_path, f"{FOLDER}/sentiment_labels.txt", f"phrase ids|sentiment values\n8|{rating}\n")
    records, skips = convert("sst", tmp_path)
    assert records[1].answer == sst.CLASSES[label] and skips.counts[sst.UNKNOWN] == 3


def test_ratings_that_are_none_refuse_the_copy(tmp_path):
    build(tmp_path)
    put(tmp_path, f"{FOLDER}/sentiment_labels.txt", "phrase ids|sentiment values\n8|2.5\n")
    with pytest.raises(InputError, match=r"sentiment_labels\.txt"):
        convert("sst", tmp_path)


def test_a_split_that_is_none_refuses_the_file(tmp_path):
    build(tmp_path)
    put(tmp_path, f"{FOLDER}/datasetSplit.txt", "sentence_index,splitset_label\n1,4\n2,2\n3,3\n4,1\n")
    with pytest.raises(InputError, match="label 4 is none of 1, 2, 3"):
        convert("sst", tmp_path)


def test_the_counts_of_a_complete_copy():
    assert sum(get_source("sst").expected.values()) == 11_855

"""OASIS: both forms it comes in, and the rule for its labels."""

from collections import Counter

import pytest

from emobench_data import InputError
from emobench_data.sources import oasis

from .helpers import convert, put

HEADER = ",Theme,Category,Source,Valence_mean,Valence_SD,Valence_N,Arousal_mean,Arousal_SD,Arousal_N"
ROWS = [HEADER, "I1,Café 1,Object,Web,5.5,1,100,2.5,1,100", "I2,Scared cat 12 ,Animal,Web,2,1,100,,1,100", ""]


def build(root):
    put(root, "OASIS.csv", "\n".join(ROWS))


@pytest.mark.parametrize(
    ("valence", "expected"),
    [(1, "negative"), (3.49, "negative"), (3.5, "neutral"), (5, "neutral"), (5.01, "positive"), (7, "positive")],
)
def test_label_rule(valence, expected):
    assert oasis.valence_label(valence) == expected


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_official_table(tmp_path, line_end, encoding):
    put(tmp_path, "OASIS.csv", line_end.join(ROWS).encode(encoding))
    (cafe, cat), skips = convert("oasis", tmp_path)
    assert (cafe.item, cafe.paths[0], cafe.group, cafe.answer) == ("Café 1", "images/Café 1.jpg", "Café", "positive")
    assert cafe.attributes == {"theme": "Café", "category": "Object", "arousal": "2.5"} and cafe.split == ""
    assert (cat.item, cat.group, cat.answer) == ("Scared cat 12", "Scared cat", "negative")
    assert cat.attributes == {"theme": "Scared cat", "category": "Animal"}
    assert not skips.counts


def test_rows_that_cannot_be_used_are_counted_with_their_place(tmp_path):
    good = {"image": "Dog_1.jpg", "theme": "Dog", "category": None, "valence": 4}
    changes = [{"image": "../2.jpg"}, {"valence": "NaN"}, {"valence": 70}, {"image": 5}, {"theme": " "}, {}]
    put(tmp_path, "labels.json", [good, *(good | change for change in changes), "Dog"])
    records, skips = convert("oasis", tmp_path)
    assert [(record.item, record.group) for record in records] == [("Dog_1", "Dog")]
    assert sorted(skips.counts.values()) == [1, 1, 1, 2, 2]
    assert skips.counts[oasis.NO_RATING] == skips.counts[oasis.NO_MEDIUM] == 2
    assert skips.examples[oasis.NO_RATING] == ["labels.json, entry 3", "labels.json, entry 4"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("labels.json", b"[", "not valid JSON"),
        ("labels.json", b"{}", "must hold a list"),
        ("OASIS.csv", b"Theme,Category\rDog 1,Animal", "no column Valence_mean, Arousal_mean"),
        ("OASIS.csv", b"", "empty"),
    ],
)
def test_a_broken_file_is_one_clear_error(tmp_path, name, content, words):
    put(tmp_path, name, content)
    with pytest.raises(InputError, match=f"{name}.*{words}"):
        convert("oasis", tmp_path)


def test_absent(tmp_path):
    with pytest.raises(InputError, match=r"none of OASIS\.csv, labels\.json under"):
        convert("oasis", tmp_path)


def test_the_real_part(shared_data):
    root = shared_data / "oasis_pixabay"
    records, skips = convert("oasis", root)
    assert Counter(record.answer for record in records) == {"positive": 232, "negative": 131, "neutral": 252}
    assert len({record.group for record in records}) == 195
    assert all((root / record.paths[0]).is_file() for record in records)
    assert not skips.counts

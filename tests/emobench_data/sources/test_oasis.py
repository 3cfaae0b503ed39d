"""OASIS: both forms it comes in, and the rule for its labels."""

from collections import Counter

import orjson
import pytest

from emobench_data import InputError
from emobench_data.sources import Skips, get_source
from emobench_data.sources.oasis import label

HEADER = ",Theme,Category,Source,Valence_mean,Valence_SD,Valence_N,Arousal_mean,Arousal_SD,Arousal_N"


def read(root):
    skips = Skips()
    return list(get_source("oasis").records(root, skips)), skips


@pytest.mark.parametrize(
    ("valence", "expected"),
    [(1, "negative"), (3.49, "negative"), (3.5, "neutral"), (5, "neutral"), (5.01, "positive"), (7, "positive")],
)
def test_label_rule(valence, expected):
    assert label(valence) == expected


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_official_table(tmp_path, line_end, encoding):
    rows = [HEADER, "I1,Café 1,Object,Web,5.5,1,100,2.5,1,100", "I2,Scared cat 12 ,Animal,Web,2,1,100,,1,100", ""]
    (tmp_path / "OASIS.csv").write_bytes(line_end.join(rows).encode(encoding))
    (cafe, cat), skips = read(tmp_path)
    assert (cafe.item, cafe.media, cafe.group, cafe.answer) == ("Café 1", "images/Café 1.jpg", "Café", "positive")
    assert cafe.attributes == {"category": "Object", "valence": "5.5", "arousal": "2.5"}
    assert (cat.item, cat.group, cat.answer) == ("Scared cat 12", "Scared cat", "negative")
    assert cat.attributes == {"category": "Animal", "valence": "2"}
    assert not skips.counts


def test_rows_that_cannot_be_used_are_counted_with_their_place(tmp_path):
    rows = [
        {"image": "Dog_1.jpg", "theme": "Dog", "category": None, "valence": 4},
        {"image": "Dog_1.jpg", "theme": "Dog", "valence": 4},
        {"image": "../Dog_2.jpg", "theme": "Dog", "valence": 4},
        {"image": "Dog_3.jpg", "theme": "Dog", "valence": "NaN"},
        {"image": "Dog_4.jpg", "theme": "Dog", "valence": 70},
        {"image": 5, "theme": "Dog", "valence": 4},
        "Dog",
    ]
    (tmp_path / "labels.json").write_bytes(orjson.dumps(rows))
    records, skips = read(tmp_path)
    assert [record.item for record in records] == ["Dog_1"]
    assert skips.counts == {
        "the image is listed twice": 1,
        "the image's path leaves the data set's folder": 1,
        "no valence between 1 and 7": 2,
        "no image or no theme": 2,
    }
    assert skips.examples["the image is listed twice"] == ["labels.json, entry 2"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("labels.json", b"[", "not valid JSON"),
        ("labels.json", b"{}", "must hold a list"),
        ("OASIS.csv", b"Theme,Category\rDog 1,Animal", "no column valence_mean, arousal_mean"),
        ("OASIS.csv", b"", "no column theme"),
    ],
)
def test_a_broken_file_is_one_clear_error(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path)
    assert name in str(caught.value)


def test_absent(tmp_path):
    with pytest.raises(InputError, match="none of OASIS.csv, labels.json .*osf.io"):
        read(tmp_path)


def test_the_real_part(shared_data):
    root = shared_data / "oasis_pixabay"
    records, skips = read(root)
    assert Counter(record.answer for record in records) == {"positive": 232, "negative": 131, "neutral": 252}
    assert len({record.group for record in records}) == 195
    assert all((root / record.media).is_file() for record in records)
    assert not skips.counts

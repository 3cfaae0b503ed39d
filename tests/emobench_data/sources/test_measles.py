"""The measles videos: columns found by their words, or the table refused; labels are those of programs."""

import pytest

from emobench_data import InputError
from emobench_data.sources import get_source

from .helpers import convert, put

KINDS = ("Sentiment", "Subjectivity", "Fine-Grain Sentiment")
HEADER = "Video URL,Title,Description,Date," + ",".join(
    f"{kind} ({part})" for part in ("Title", "Description") for kind in ("Polarity sentiment", "Subjectivity", "Emotion")
)
TITLE, TEXT = "negative,Highly Opinionated,fear", "neutral,least opinionated,sadness"


def build(root):
    rows = (
        f"https://a/1,Measles is back,See your doctor now,2024-01-01,{TITLE},{TEXT}",
        f"https://a/2,MEASLES is back,,2024-01-02,{TITLE},,,",
        f"https://a/3,Une rougeole,Rien,2024-01-03,positive,neutral,joy,{TEXT}",
    )
    put(root, "measles.csv", "\n".join((HEADER, *rows, "")))


def test_titles_and_descriptions_are_asked_about_apart(tmp_path):
    build(tmp_path)
    records, skips = convert("measles", tmp_path)
    assert [(one.item, one.task, one.answer) for one in records[:7]] == [
        ("https://a/1/title", "sentiment", "negative"),
        ("https://a/1/title", "opinion", "highly opinionated"),
        ("https://a/1/title", "text_emotion", "fear"),
        ("https://a/1/description", "sentiment", "neutral"),
        ("https://a/1/description", "opinion", "least opinionated"),
        ("https://a/1/description", "text_emotion", "sadness"),
        ("https://a/2/title", "sentiment", "negative"),
    ]
    assert len(records) == 15 and not skips.counts, "an empty description asks nothing"
    assert {one.group for one in records} == {"measles is back", "une rougeole"}


def test_the_labels_are_said_to_be_machine_made():
    assert "machine made" in get_source("measles").rule


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Subjectivity (Title)", "Judgement", "0 columns for title subjectivity/opinion"),
        ("Date", "Sentiment of the title", "2 columns for title sentiment"),
        ("Video URL", "Video", "0 columns for url/link"),
        ("Date", "Long title", "2 columns for title,"),
    ],
)
def test_a_header_that_can_be_read_in_two_ways_is_refused(tmp_path, old, new, said):
    build(tmp_path)
    text = (tmp_path / "measles.csv").read_text().replace(old, new, 1)
    put(tmp_path, "measles.csv", text)
    with pytest.raises(InputError, match=said):
        convert("measles", tmp_path)

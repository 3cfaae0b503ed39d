import pytest

from emobench_data.schema.tasks import question
from emobench_data.sources import Skips, get_source
from emobench_data.sources.meld import CONTEXT_LINES, EMOTION, NO_LABEL

from .helpers import convert, put

HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"


def line(talk, turn, said="Hello, you.", speaker="Ana", emotion="joy"):
    return f'1,"{said}",{speaker},{emotion},positive,{talk},{turn},1,1,"00:00:01,000","00:00:02,000"\n'


def build(root):
    rows = line(0, 0, "It’s me.") + line(0, 1, "Oh.", "Ben", "surprise") + line(1, 0)
    put(root, "train_sent_emo.csv", HEADER + rows)
    put(root, "dev_sent_emo.csv", HEADER + line(0, 0, emotion="neutral"))
    put(root, "test_sent_emo.csv", HEADER + line(0, 0, "Né?", emotion="anger"))


def emotions(root):
    """What `convert` gives, without the sentiments."""
    records, skips = convert("meld", root)
    return [one for one in records if one.task in EMOTION], skips


def test_sentiment_is_a_question_of_its_own(tmp_path):
    put(tmp_path, "train_sent_emo.csv", HEADER + line(0, 0) + line(0, 1).replace("positive", "mixed"))
    records, skips = convert("meld", tmp_path)
    assert [one.answer for one in records if one.task == "sentiment"] == ["positive"] and skips.counts == {NO_LABEL: 1}
    unasked = Skips()
    assert {one.task for one in get_source("meld").records(tmp_path, unasked, EMOTION)} == {*EMOTION} and not unasked.counts
    without = "".join(",".join(row.split(",")[:4] + row.split(",")[5:]) for row in (HEADER, line(0, 0).replace("Hello, ", "")))
    put(tmp_path, "train_sent_emo.csv", without)
    records, skips = convert("meld", tmp_path)
    assert [one.task for one in records] == list(EMOTION) and not skips.counts


def test_dialogue_before_an_utterance_is_in_the_question(tmp_path):
    build(tmp_path)
    records, skips = emotions(tmp_path)
    assert [(r.item, r.split, r.answer, r.paths[0]) for r in records[::2]] == [
        ("train/dia0_utt0", "train", "joy", "train_splits/dia0_utt0.mp4"),
        ("train/dia0_utt1", "train", "surprise", "train_splits/dia0_utt1.mp4"),
        ("train/dia1_utt0", "train", "joy", "train_splits/dia1_utt0.mp4"),
        ("val/dia0_utt0", "val", "neutral", "dev_splits_complete/dia0_utt0.mp4"),
        ("test/dia0_utt0", "test", "anger", "output_repeated_splits_test/dia0_utt0.mp4"),
    ] and not skips.counts
    assert records[2].text == 'Dialogue:\nAna: It’s me.\nAsked about, said by Ben: "Oh."'
    assert records[4].text == 'Asked about, said by Ana: "Hello, you."'
    assert records[0].group == records[2].group != records[4].group
    assert records[2].text in question(records[2], training=False)


def test_context_is_bounded_and_keeps_lines_without_a_usable_label(tmp_path):
    turns = [line(0, n, f"line {n}", emotion="nan" if n == 19 else "joy") for n in range(21)]
    put(tmp_path, "train_sent_emo.csv", HEADER + "".join(turns))
    records, skips = emotions(tmp_path)
    assert sum(skips.counts.values()) == 1
    assert records[-1].text.count("\n") == CONTEXT_LINES + 1 and "Ana: line 19\n" in records[-1].text


def test_windows_1252_punctuation_is_repaired(tmp_path):
    put(tmp_path, "train_sent_emo.csv", (HEADER + line(0, 0, "It\x92s \U0001f600")).encode("utf-8"))
    assert convert("meld", tmp_path)[0][0].text == 'Asked about, said by Ana: "It’s \U0001f600"'


def test_nested_unpacking(tmp_path):
    put(tmp_path, "train/train_sent_emo.csv", HEADER + line(3, 4))
    (tmp_path / "train/train_splits").mkdir()
    assert convert("meld", tmp_path)[0][0].paths[0] == "train/train_splits/dia3_utt4.mp4"


@pytest.mark.parametrize(
    "bad",
    [
        line("../0", 0),
        line("/0", 0),
        line("nan", 0),
        line("1.0", 0),
        line("", 0),
        line(0, "x"),
        line(0, 9, emotion=""),
        "1,cut off",
    ],
)
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    with open(tmp_path / "test_sent_emo.csv", "a") as file:
        file.write(bad if bad.endswith("\n") else bad + "\n")
    records, skips = emotions(tmp_path)
    assert len(records) == 10 and sum(skips.counts.values()) == 1

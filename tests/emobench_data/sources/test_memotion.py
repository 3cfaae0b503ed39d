import pytest

from emobench_data.building.splits import assign_splits

from .helpers import answers, convert, put

HEADER = ",image_name,text_ocr,text_corrected,humour,sarcasm,offensive,motivational,overall_sentiment\n"


def line(name, humour="funny", sarcasm="general", offensive="not_offensive", text="hello, café"):
    return f'0,{name},OCR,"{text}",{humour},{sarcasm},{offensive},motivational,positive\n'


def build(root):
    put(
        root,
        "labels.csv",
        HEADER
        + line("image_1.jpg")
        + line("image_2.png", "not_funny", "not_sarcastic", "hateful_offensive")
        + line("image_3.jpeg", "hilarious", "very_twisted", "very_offensive", ""),
    )


def test_three_sub_tasks_at_once(tmp_path):
    build(tmp_path)
    records, skips = convert("memotion", tmp_path)
    assert answers(records, "humor") == {"image_1": "Yes", "image_2": "No", "image_3": "Yes"}
    assert answers(records, "sarcasm") == {"image_1": "Yes", "image_2": "No", "image_3": "Yes"}
    assert answers(records, "hate") == {"image_1": "No", "image_2": "Yes", "image_3": "Yes"} and not skips.counts
    assert records[0].paths[0] == "images/image_1.jpg" and records[0].text == 'Meme text: "hello, café"'
    assert records[-1].text == 'Meme text: "OCR"' and {record.split for record in records} == {""}


def test_missing_labels_leave_out_one_sub_task(tmp_path):
    rows = line("a.jpg", "nan") + line("b.jpg", sarcasm="") + line("c.jpg", offensive="slight")
    put(tmp_path, "labels.csv", HEADER + rows)
    records, skips = convert("memotion", tmp_path)
    assert answers(records, "humor") == {"b": "Yes", "c": "Yes"} and answers(records, "hate") == {"a": "No", "b": "No"}
    assert dict(skips.counts) == {
        "no label for humor": 1,
        "no label for sarcasm": 1,
        "slightly offensive is neither hateful nor not": 1,
    }


def test_nan_texts(tmp_path):
    put(tmp_path, "labels.csv", HEADER + line("a.jpg", text="NaN").replace("OCR", "nan"))
    assert convert("memotion", tmp_path)[0][0].text == ""


def test_names_that_differ_in_their_ending_are_two_memes(tmp_path):
    put(tmp_path, "labels.csv", HEADER + line("x.png") + line("x.jpg", "not_funny") + line("x.png"))
    records, skips = convert("memotion", tmp_path)
    assert answers(records, "humor") == {"x": "Yes", "x.jpg": "No"} and sum(skips.counts.values()) == 3


def test_memes_of_one_text_stay_in_one_split(tmp_path):
    """Without their own split, a text that was trained on would be asked about with another picture."""
    rows = [line(f"{n}.jpg", "funny" if n % 2 else "not_funny", text=f"so it goes, {n % 40}") for n in range(120)]
    put(tmp_path, "labels.csv", HEADER + "".join(rows) + line("a.jpg", text="nan").replace("OCR", "nan"))
    records = convert("memotion", tmp_path)[0]
    sides = {}
    for one in assign_splits(records, test=0.3):
        sides.setdefault(one.text, set()).add(one.split)
    assert all(len(side) == 1 for text, side in sides.items() if text) and set().union(*sides.values()) == {"train", "test"}
    assert not any("goes" in one.group for one in records)  # slurs stay out of the split manifest
    assert {one.group for one in records if not one.text} == {""}


@pytest.mark.parametrize("name", ["", "/etc/a.jpg", "../a.jpg"])
def test_bad_names_are_left_out_and_counted(tmp_path, name):
    build(tmp_path)
    with open(tmp_path / "labels.csv", "a") as file:
        file.write(line(name))
    records, skips = convert("memotion", tmp_path)
    assert len(records) == 9 and len(skips.counts) == 1

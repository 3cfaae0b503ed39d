"""BAH: a line cut at two commas, a question number that stays out of the prompt, words that no error repeats."""

import pytest

from emobench_data import InputError
from emobench_data.schema.tasks import FORMS, question

from .helpers import convert, put

FOLDER = "dataset-splits/video-level/BAH_DB/split-0"
SECRET = "Well, my mother thinks so, I guess"


def line(person=82725, asked=4, label=1, said=SECRET, sign="_"):
    return f"Videos/{person}/Visite_1/{person}_Question_{asked}_2024-11-19{sign}15-12-23_Video.mp4,{label},{said}\n"


def build(root):
    put(root, f"{FOLDER}/train.txt", line() + line(82726, 7, 0, "No.", " "))
    put(root, f"{FOLDER}/val.txt", line(82800, said='"Yes", and "no'))
    put(root, f"{FOLDER}/test.txt", line(82801, 2, 0, ""))


def test_lines_are_cut_at_two_commas_and_nothing_is_quoting(tmp_path):
    build(tmp_path)
    records, skips = convert("bah", tmp_path)
    assert [(one.split, one.answer, one.group) for one in records] == [
        ("train", "Yes", "82725"),
        ("train", "No", "82726"),
        ("val", "Yes", "82800"),
        ("test", "No", "82801"),
    ]
    assert [one.text for one in records] == [f'Said: "{SECRET}"', 'Said: "No."', 'Said: ""Yes", and "no"', ""]
    assert records[1].paths[0] == "Videos/82726/Visite_1/82726_Question_7_2024-11-19 15-12-23_Video.mp4"
    assert not skips.counts


def test_the_number_of_the_question_reaches_no_prompt(tmp_path):
    build(tmp_path)
    for one in convert("bah", tmp_path)[0]:
        for form in FORMS:
            for training in (True, False):
                asked = question(one, training=training, form=form)
                assert "Question_" not in asked and "Visite" not in asked and not one.attributes


@pytest.mark.parametrize("bad", [SECRET, f"{SECRET},1,{SECRET}", line(label=""), line().partition(",")[0]])
def test_what_is_left_out_repeats_no_word_of_a_transcript(tmp_path, bad):
    build(tmp_path)
    put(tmp_path, f"{FOLDER}/test.txt", line(82801, 2, 0) + bad.rstrip() + "\n")
    records, skips = convert("bah", tmp_path)
    assert len(records) == 4 and skips.counts.total() == 1
    assert "mother" not in str(skips.summary())


def test_a_label_number_that_is_none_refuses_the_file_without_a_word_of_it(tmp_path):
    put(tmp_path, "train.txt", line(label=2))
    with pytest.raises(InputError, match="label 2 is none of 0, 1") as error:
        convert("bah", tmp_path)
    assert "mother" not in str(error.value)

import pytest

from .helpers import convert, put

HEADER = "[image_filename]\t[valence]\t[arousal]\tanger\tdisgust\tfear\tjoy\tsadness\tsurprise\tneutral\n"


def build(root):
    put(
        root,
        "ground_truth.txt",
        HEADER
        + (
            "anger/1.jpg\t2.5\t6.1\t0.6\t0.2\t0.2\t0\t0\t0\t0\n"
            "joy/é 2.jpg\t7\t5\t0\t0\t0\t0.5\t0\t0.5\t0\n"
            "fear/3.jpg\t4\t5\t0.3\t0.1\t0.4\t0\t0.1\t0.1\t0\n"
        ),
    )


def test_the_answer_is_what_most_annotators_felt(tmp_path):
    build(tmp_path)
    records, skips = convert("emotion6", tmp_path)
    first, second, third = records[::2]
    assert (first.answer, first.references, first.paths[0]) == ("anger", ("anger",), "images/anger/1.jpg")
    assert first.attributes == {"valence": "2.5", "arousal": "6.1"} and first.split == ""
    assert second.references == ("joy", "surprise") and second.answer in second.references
    assert (third.answer, third.references) == ("fear", ("fear",)) and not skips.counts


def test_names_that_have_the_folder_already(tmp_path):
    put(tmp_path, "ground_truth.txt", HEADER + "images/joy/2.jpg\t7\tnan\t0\t0\t0\t1\t0\t0\t0\n")
    record = convert("emotion6", tmp_path)[0][0]
    assert (record.paths[0], record.attributes) == ("images/joy/2.jpg", {"valence": "7"})


@pytest.mark.parametrize(
    "bad",
    [
        "a/1.jpg\t1\t1\tnan\t0\t0\t1\t0\t0\t0",
        "a/1.jpg\t1\t1\t0\t0\t0\t0\t0\t0\t0",
        "a/1.jpg\t1\t1\t-1\t0\t0\t1\t0\t0\t0",
        "a/1.jpg\t1\t1\t0\t0",
        "\t1\t1\t0\t0\t0\t1\t0\t0\t0",
        "/etc/1.jpg\t1\t1\t0\t0\t0\t1\t0\t0\t0",
        "../1.jpg\t1\t1\t0\t0\t0\t1\t0\t0\t0",
    ],
)
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    with open(tmp_path / "ground_truth.txt", "a") as file:
        file.write(bad + "\n")
    records, skips = convert("emotion6", tmp_path)
    assert len(records) == 6 and sum(skips.counts.values()) == 1

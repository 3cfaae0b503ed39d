import pytest

from .helpers import answers, convert, put

HEADER = "video_file_name,label,hate_snippet,target\n"


def build(root):
    put(
        root,
        "HateMM_annotation.csv",
        HEADER
        + (
            "hate_video_1.mp4,Hate,\"[['00:00:10', '00:01:10'], ['00:02:00', '00:02:05']]\",Québec\n"
            "non_hate_video_1.mp4,Non Hate,,\n"
        ),
    )


def test_labels_snippets_and_folders(tmp_path):
    build(tmp_path)
    records, skips = convert("hatemm", tmp_path)
    assert answers(records, "hate") == {"hate_video_1": "Yes", "non_hate_video_1": "No"} and not skips.counts
    assert records[0].attributes == {"target": "Québec", "hate_snippet": "00:00:10-00:01:10, 00:02:00-00:02:05"}
    assert [record.paths[0] for record in records] == [
        "hate_videos/hate_video_1.mp4",
        "non_hate_videos/non_hate_video_1.mp4",
    ]
    assert {record.split for record in records} == {""} and records[1].attributes == {}


def test_folder_within_a_folder(tmp_path):
    build(tmp_path)
    (tmp_path / "hate_videos/hate_videos").mkdir(parents=True)
    assert [r.paths[0].count("/") for r in convert("hatemm", tmp_path)[0]] == [2, 1]


@pytest.mark.parametrize("snippet", ["nan", "[[", "5", "__import__('os').getcwd()", "[" * 5000, "[[1, 2], ['a']]"])
def test_a_snippet_that_is_no_list_of_spans(tmp_path, snippet):
    put(tmp_path, "HateMM_annotation.csv", HEADER + f'a.mp4,Hate,"{snippet}",x\n')
    records, skips = convert("hatemm", tmp_path)
    assert records[0].attributes == {"target": "x"} and not skips.counts


@pytest.mark.parametrize(
    "bad",
    [
        "x.mp4,hateful,,",
        "x.mp4,nan,,",
        ",Hate,,",
        "/x.mp4,Hate,,",
        "../x.mp4,Hate,,",
        "x.mp4",
    ],
)
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    with open(tmp_path / "HateMM_annotation.csv", "a") as file:
        file.write(bad + "\n")
    records, skips = convert("hatemm", tmp_path)
    assert len(records) == 2 and sum(skips.counts.values()) == 1

import os
import pickle

import numpy as np
import pytest

from emobench_data.io.errors import InputError

from .helpers import answers, convert, jsonl, put


def said(punchline="and that was my café", *context):
    return {
        "punchline_sentence": punchline,
        "context_sentences": list(context),
        "punchline_features": [[1], [2]],
        "context_features": np.zeros((1, 2)),
    }


def test_html_in_the_authors_pickles(tmp_path):
    build(tmp_path)
    put(tmp_path, "language_sdk.pkl", pickle.dumps({24: said("<i>R&amp;B</i>", ["so", "I &lt;3"])}))
    assert convert("ur_funny", tmp_path)[0][0].text == 'Said before: "so I <3"\nSaid last: "R&B"'


def build(root, protocol=2):
    content = {
        "data_folds": {"train": [24, 25], "dev": [26], "test": [27]},
        "humor_label_sdk": {24: 1, 25: 0, 26: np.int64(1), 27: 0},
        "language_sdk": {
            24: said("and that was my café", "so I went", ["to", "town"]),
            25: said(),
            26: said(),
            27: said(),
        },
    }
    for name, value in content.items():
        put(root, f"{name}.pkl", pickle.dumps(value, protocol=protocol))


@pytest.mark.parametrize("protocol", [2, 4])
def test_the_authors_pickles(tmp_path, protocol):
    build(tmp_path, protocol)
    records, skips = convert("ur_funny", tmp_path)
    assert answers(records, "humor") == {"24": "Yes", "25": "No", "26": "Yes", "27": "No"} and not skips.counts
    assert [record.split for record in records] == ["train", "train", "val", "test"]
    assert records[0].text == 'Said before: "so I went to town"\nSaid last: "and that was my café"'
    assert records[1].text == 'Said last: "and that was my café"'
    assert records[0].paths[0] == "urfunny2_videos/24.mp4"


class Runs:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("name", ["data_folds", "humor_label_sdk", "language_sdk"])
def test_a_pickle_that_runs_code_does_not(tmp_path, name):
    build(tmp_path)
    put(tmp_path, f"{name}.pkl", pickle.dumps(Runs(tmp_path / "ran")))
    with pytest.raises(InputError, match=f"{name}.pkl: not a pickle of plain data .*mkdir"):
        convert("ur_funny", tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("folds", [{"train": 5}, [1, 2], {"train": {"a": 1}}])
def test_folds_of_another_form(tmp_path, folds):
    build(tmp_path)
    put(tmp_path, "data_folds.pkl", pickle.dumps(folds))
    with pytest.raises(InputError, match="data_folds.pkl"):
        convert("ur_funny", tmp_path)


def test_bad_items_are_left_out_and_counted(tmp_path):
    build(tmp_path)
    put(tmp_path, "data_folds.pkl", pickle.dumps({"test": [24, 28, None, 2.5, [1], "../24", "/24"]}))
    put(tmp_path, "humor_label_sdk.pkl", pickle.dumps({24: 1, 28: float("nan"), "../24": 1, "/24": 1}))
    put(tmp_path, "language_sdk.pkl", pickle.dumps({24: said(), 28: said(), "../24": said(), "/24": said()}))
    records, skips = convert("ur_funny", tmp_path)
    assert [record.item for record in records] == ["24"] and sum(skips.counts.values()) == 6


def row(n, response="speaking_style: humorous", punchline="and Based on that I left", video=None):
    query = f"<video> Judge the style; humorous or not. The speaker says: {punchline} Based on the video, decide."
    return {"query": query, "response": response, "videos": [video or f"/home/someone/data/UR-FUNNY_{n}.mp4"]}


def test_the_export_gives_the_punchline_only(tmp_path):
    put(tmp_path, "train.jsonl", jsonl(row(24), row(25, "speaking_style: non-humorous")))
    records, skips = convert("ur_funny", tmp_path)
    assert answers(records, "humor") == {"UR-FUNNY_24": "Yes", "UR-FUNNY_25": "No"} and not skips.counts
    assert records[0].text == 'Said last: "and Based on that I left"'
    assert records[0].paths[0] == "videos/UR-FUNNY_24.mp4" and records[0].split == "train"


def test_the_export_calls_the_others_serious(tmp_path):
    put(tmp_path, "test.jsonl", jsonl(row(24), row(25, "speaking_style: serious")))
    records, skips = convert("ur_funny", tmp_path)
    assert answers(records, "humor") == {"UR-FUNNY_24": "Yes", "UR-FUNNY_25": "No"} and not skips.counts


@pytest.mark.parametrize(
    "bad",
    [
        row(9, "humorous? maybe"),
        row(9, ""),
        row(9, None),
        row(9, punchline=""),
        {**row(9), "query": "what?"},
        {**row(9), "videos": []},
        row(9, video="/"),
        row(9, video="x/.."),
        [],
    ],
)
def test_bad_rows_of_the_export_are_left_out_and_counted(tmp_path, bad):
    put(tmp_path, "all.jsonl", jsonl(row(24), bad))
    records, skips = convert("ur_funny", tmp_path)
    assert len(records) == 1 and records[0].split == "" and sum(skips.counts.values()) == 1

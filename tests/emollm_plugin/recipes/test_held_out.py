"""The validation part of a data set, as training would read it."""

import json

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.recipes.held_out import held_out_records


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_questions_and_their_answers_are_records(tmp_path):
    with pytest.raises(InputError, match="this copy of fer2013 has no validation part; name EVAL_DATA"):
        held_out_records(tmp_path, "fer2013")
    asked = [
        {"question_id": "1", "image": "a.png", "text": "Which?"},
        {"question_id": 2, "video": "b.mp4", "text": "Why?", "form": "guided"},
        {"question_id": "3", "text": "How much?"},
        {"question_id": "4", "text": "Which of them?"},
    ]
    gold = ("emo_o", "a"), ("humor", "Yes"), ("v_reg", 0.5), ("e_c", ["joy", "love"])
    written(tmp_path / "val_questions.jsonl", asked)
    written(
        tmp_path / "val_gold.jsonl",
        [{"question_id": str(n), "task": task, "answer": said} for n, (task, said) in enumerate(gold, 1)],
    )
    records = json.loads(held_out_records(tmp_path, "fer2013"))
    assert [(one["id"], one.get("image") or one.get("video")) for one in records] == [
        ("1", "a.png"),
        ("2", "b.mp4"),
        ("3", None),
        ("4", None),
    ]
    turns = [[turn["value"] for turn in one["conversations"]] for one in records]
    assert turns[:2] == [["<image>\nWhich?", "a"], ["<video>\nWhy?", "Answer: Yes"]]
    assert turns[2:] == [["How much?", "0.50"], ["Which of them?", "joy, love"]]

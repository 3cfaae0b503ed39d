"""ESConv: the authors' split from their own file, files of one split, turns of one speaker in a row, and the failed ones."""

from collections import Counter
from itertools import pairwise

import pytest

from emobench_data.rationale.steps import steps_of
from emobench_data.schema.tasks import question
from emobench_data.sources import get_source
from emobench_data.sources.esconv import HISTORY, STRATEGIES

from .helpers import convert, jsonl, put

TURNS = [
    ("supporter", "Hello,\nwhat brings you here?", "Question"),
    ("seeker", "My job.", None),
    ("seeker", "I   lost it.", None),
    ("supporter", "That is hard.", "Reflection of feelings"),
    ("supporter", "I know it well.", "Self-disclosure"),
]


def whole(number, turns=TURNS):
    """A dialogue as the authors' file has it."""
    dialog = [
        {"speaker": who, "annotation": {"strategy": strategy} if strategy else {}, "content": said}
        for who, said, strategy in turns
    ]
    return {"emotion_type": "Anxiety", "problem_type": "job crisis", "situation": f"I am number {number}.", "dialog": dialog}


def part(number, turns=TURNS):
    """The same as a line of a file of one split."""
    names = {"supporter": "sys", "seeker": "usr"}
    dialog = [
        {"text": said, "speaker": names[who]} | ({"strategy": strategy} if strategy else {}) for who, said, strategy in turns
    ]
    return {"emotion_type": "anxiety", "problem_type": "job crisis", "situation": f"I am number {number}.", "dialog": dialog}


def build(root):
    put(root, "ESConv.json", [whole(number) for number in range(20)])


def by_task(records, task):
    return [one for one in records if one.task == task]


def test_every_turn_of_a_supporter_asks_for_its_strategy_and_for_itself(tmp_path):
    build(tmp_path)
    records, skips = convert("esconv", tmp_path)
    own = [one for one in records if one.group == "ESConv.json[0]"]
    assert [one.answer for one in by_task(own, "strategy")] == ["question", "reflection of feelings", "self-disclosure"]
    assert [one.answer for one in by_task(own, "reply")][:2] == ["Hello, what brings you here?", "That is hard."]
    assert by_task(own, "strategy")[1].options == STRATEGIES and not skips.counts
    first, second, third = (one.text for one in by_task(own, "reply"))
    assert first == "Situation: I am number 0.\nDialogue:\nListener: (begins)"
    assert second.endswith("Listener: Hello, what brings you here?\nSpeaker: My job. I lost it.")
    assert third.endswith("Speaker: My job. I lost it.\nListener: That is hard.")


def test_the_split_is_the_authors(tmp_path):
    """Theirs is random.seed(13), shuffle in the file's order, 15 % validation, 15 % test."""
    import random

    build(tmp_path)
    random.seed(13)
    order = list(range(20))
    random.shuffle(order)
    split = {one.group: one.split for one in convert("esconv", tmp_path)[0]}
    wanted = {f"ESConv.json[{n}]": "val" if place < 3 else "test" if place < 6 else "train" for place, n in enumerate(order)}
    assert split == wanted


def test_the_history_is_bounded_by_turns_that_alternate(tmp_path):
    turns = [("seeker" if n % 4 < 2 else "supporter", f"line {n}", "Others" if n % 4 > 1 else None) for n in range(40)]
    put(tmp_path, "esc-train.txt", jsonl(part(0, turns)))
    lines = convert("esconv", tmp_path)[0][-1].text.split("\nDialogue:\n")[1].split("\n")
    assert len(lines) == HISTORY and lines[-1] == "Listener: line 38"
    who = [line.partition(":")[0] for line in lines]
    assert all(one != other for one, other in pairwise(who))


@pytest.mark.parametrize(
    ("files", "splits"),
    [
        (("train", "valid", "test"), {"train", "val", "test"}),
        (("valid", "test"), {"train", "test"}),
        (("valid",), {""}),
    ],
)
def test_validation_trains_where_no_training_part_is_there(tmp_path, files, splits):
    for file in files:
        put(tmp_path, f"esc-{file}.txt", jsonl(part(file), part(f"{file} too")))
    assert {one.split for one in convert("esconv", tmp_path)[0]} == splits


def test_failed_dialogues_are_never_read(tmp_path):
    put(tmp_path, "FailedESConv.json", [whole(0)])
    assert not get_source("esconv").found(tmp_path)
    build(tmp_path)
    assert len({one.group for one in convert("esconv", tmp_path)[0]}) == 20


@pytest.mark.parametrize("label", ["Direct Guidance", "Questions", None, 3])
def test_a_label_that_is_none_of_the_eight_leaves_its_turn_out_and_in_the_history(tmp_path, label):
    turns = [*TURNS[:3], ("supporter", "Just do it.", label), TURNS[4]]
    put(tmp_path, "esc-train.txt", jsonl(part(0, turns)))
    records, skips = convert("esconv", tmp_path)
    assert len(by_task(records, "strategy")) == 2 and skips.counts.total() == 1
    assert records[-1].text.endswith("Listener: Just do it.")


def test_a_reply_is_led_to_by_feeling_and_strategy_and_shows_neither(tmp_path):
    build(tmp_path)
    reply = by_task(convert("esconv", tmp_path)[0], "reply")[1]
    assert steps_of(reply) == (("Feeling", "anxiety"), ("Strategy", "reflection of feelings"))
    asked = question(reply, training=False, form="steps")
    assert "anxiety" not in asked and "reflection" not in asked.lower()
    assert "how the speaker feels and what would help, a line each" in asked


def test_the_real_part(shared_data):
    records, skips = convert("esconv", shared_data / "esconv")
    counts = Counter(one.answer for one in by_task(records, "strategy"))
    assert counts["question"] == 360 and counts["restatement or paraphrasing"] == 93 and counts.total() == 1_772
    assert len({one.group for one in records}) == 130 and not skips.counts

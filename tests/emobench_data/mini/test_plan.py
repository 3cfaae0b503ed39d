"""EmoBench-mini is balanced, and picture and caption must be read together."""

from collections import Counter, defaultdict

import pytest

from emobench_data.mini import captions
from emobench_data.mini.changes import make_changes
from emobench_data.mini.plan import CLIP_RULE, make_plan
from emobench_data.schema.tasks import TASKS, question

CROSSED = ("sarcasm", "humor", "hate")


@pytest.fixture(scope="module")
def plan():
    return make_plan(train=1008, test=216, seed=0)


def test_counts_and_balance(plan):
    assert Counter(record.split for record in plan.records) == {"train": 1008, "test": 216}
    for task in TASKS:
        for split, n in (("train", 168), ("test", 36)):
            answers = Counter(r.answer for r in plan.records if (r.task, r.split) == (task, split))
            assert answers.total() == n
            assert len(set(answers.values())) == 1


def test_uneven_counts_differ_by_one_at_most():
    counts = Counter((r.split, r.task) for r in make_plan(train=20, test=7, seed=0).records)
    assert {counts["train", task] for task in TASKS} == {3, 4}
    assert {counts["test", task] for task in TASKS} == {1, 2}


def test_same_arguments_same_records_other_seed_other_records():
    first, again, other = (make_plan(train=60, test=60, seed=seed).records for seed in (4, 4, 5))
    assert first == again != other


@pytest.mark.parametrize("make", [make_plan, make_changes])
def test_renders_of_other_seeds_share_no_id(make):
    """Else answers to one would pass for answers to another, whose pictures are others."""
    ids = [{one.id for one in make(train=36, test=36, seed=seed).records} for seed in (0, 1, 2, 10)]
    assert len(set().union(*ids)) == sum(map(len, ids)) > 0
    groups = [{one.group for one in make(train=36, test=36, seed=seed).records} - {""} for seed in (0, 1)]
    assert groups[0] and groups[0].isdisjoint(groups[1])
    assert "mini/test-emo_c-00000/emo_c" in ids[0] or make is make_changes  # as in every result of the default seed


def test_ids_and_media_of_train_and_test_are_disjoint(plan):
    assert len({record.id for record in plan.records}) == len(plan.records)
    media = {split: {path for r in plan.records if r.split == split for path in r.paths} for split in ("train", "test")}
    assert not media["train"] & media["test"]


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("task", CROSSED)
@pytest.mark.parametrize("part", ["text", "media"])
def test_caption_alone_and_picture_alone_are_at_chance(plan, task, split, part):
    answers = defaultdict(Counter)
    for record in plan.records:
        if (record.task, record.split) == (task, split):
            answers[getattr(record, part)][record.answer] += 1
    assert len(answers) > 10
    assert all(counts["Yes"] == counts["No"] for counts in answers.values())


@pytest.mark.parametrize("task", CROSSED)
def test_captions_are_many_and_some_are_only_in_test(plan, task):
    texts = {split: {r.text for r in plan.records if (r.task, r.split) == (task, split)} for split in ("train", "test")}
    assert len(texts["train"]) > 60
    assert len(texts["test"] - texts["train"]) > 5


@pytest.mark.parametrize("wordings", [captions._SARCASM, captions._HUMOR, captions._HATE])
def test_no_wording_stands_on_both_sides(wordings):
    sides = [set(side) for side in zip(*wordings)]
    assert len(sides[0]) == len(sides[1]) == len(wordings)
    assert not sides[0] & sides[1]


def test_spoken_words_do_not_tell_the_intent(plan):
    intents = defaultdict(set)
    for record in plan.records:
        if record.task == "intent" and record.text:
            intents[record.text].add(record.answer)
    assert len(intents) == len(captions.SPOKEN)
    assert all(len(answers) > 2 for answers in intents.values())


def test_clips_say_what_is_asked_about(plan):
    clips = [record for record in plan.records if record.media[0].kind == "video"]
    assert {record.answer for record in clips} == {record.answer for record in plan.records if record.task == "emo_c"}
    assert all(record.text == CLIP_RULE for record in clips)


def test_no_prompt_of_an_open_question_names_its_answer(plan):
    for record in plan.records:
        if record.task == "emo_o":
            words = question(record, training=True).lower().split()
            assert not set(record.references) & set(words)

"""What a part's limits leave: drawn by seed, alike for all sub-tasks of an item."""

from collections import Counter

import pytest

from emobench_data.building.composition import Part
from emobench_data.building.sampling import repeated, sample
from emobench_data.io.errors import InputError
from emobench_data.sources import get_source

from ..make import record

LABELS = ("joy", "fear")


def records(split="train"):
    return [
        record(
            item=str(n + 100 * (split == "test")),
            task=task,
            options=LABELS if task == "emo_c" else (),
            answer=LABELS[n % 4 == 0],
            split=split,
        )
        for n in range(40)
        for task in ("emo_c", "emo_o")
    ]


def part(**changes):
    fields = {"source": get_source("emoset"), "folder": "x", "tasks": ("emo_c", "emo_o"), "cap": {}}
    return Part(**(fields | changes))


def test_without_limits_nothing_is_drawn():
    assert sample(records(), part(), 0) == records()
    assert {one.task for one in sample(records(), part(tasks=("emo_o",)), 0)} == {"emo_o"}


def test_caps_count_by_split_and_sub_task_and_keep_items_together():
    kept = sample(records() + records("test"), part(cap={"train": 7}), 0)
    assert Counter((one.split, one.task) for one in kept) == {
        ("train", "emo_c"): 7,
        ("train", "emo_o"): 7,
        ("test", "emo_c"): 40,
        ("test", "emo_o"): 40,
    }
    items = {task: [one.item for one in kept if one.task == task and one.split == "train"] for task in part().tasks}
    assert items["emo_c"] == items["emo_o"] == sorted(items["emo_c"], key=int)


@pytest.mark.parametrize(("cap", "each"), [({}, 10), ({"train": 9}, 4), ({"train": 2}, 1), ({"train": 0}, 0)])
def test_balance(cap, each):
    kept = sample(records(), part(tasks=("emo_c",), balance=("train",), cap=cap), 0)
    assert Counter(one.answer for one in kept) == (dict.fromkeys(LABELS, each) if each else {})
    assert len(sample(records("test"), part(balance=("train",)), 0)) == 80


def test_a_balance_that_a_cap_leaves_nothing_of_is_refused():
    with pytest.raises(InputError, match="made_up: train emo_c: at most 1 records, balanced over 2 labels, are none"):
        sample(records(), part(tasks=("emo_c",), balance=("train",), cap={"train": 1}), 0)


def test_copies_take_no_id_that_an_item_has():
    """An item may be called `a~2`, and no copy of `a` may be taken for it, nor it for a copy."""
    items = [record(item=item, task="emo_o", answer="joy") for item in ("a", "a~2", "a~~2")]
    copies = repeated(items, part(weight=3), 0)
    assert {original.item for _, original in copies} == {"a", "a~2", "a~~2"} and len(copies) == 6
    assert len({one.id for one in items} | {copy.id for copy, _ in copies}) == 9
    assert all(copy.item.startswith(original.item) for copy, original in copies)


def test_the_seed_draws_and_the_order_does_not():
    limits = part(cap={"train": 10})
    assert sample(records(), limits, 0) != sample(records(), limits, 1)
    backwards = sample(records()[::-1], limits, 0)
    assert backwards[::-1] == sample(records(), limits, 0)


@pytest.mark.parametrize(("weight", "kept", "added"), [(0, 0, 0), (0.5, 40, 0), (1, 80, 0), (1.25, 80, 20), (3, 80, 160)])
def test_weight(weight, kept, added):
    one = part(weight=weight)
    train = sample(records(), one, 0)
    again = repeated(train, one, 0)
    assert (len(train), len(again)) == (kept, added)
    assert len({one.id for one in train} | {copy.id for copy, _ in again}) == kept + added
    assert len(sample(records("test"), one, 0)) == 80

"""Splits keep groups whole and shares even, and come out the same every time."""

from collections import Counter, defaultdict
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emobench_data import InputError
from emobench_data.building.splits import Held, assign_splits

from ..make import record


def splits_by_group(records):
    groups = defaultdict(set)
    for one in records:
        groups[one.source, one.group or one.item].add(one.split)
    return groups


rows = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "c", "d"]), st.sampled_from(["Yes", "No"]), st.sampled_from(["hate", "humor"])),
    max_size=60,
)


@given(rows, st.integers(0, 3))
@settings(deadline=None)
def test_properties(rows, seed):
    records = [record(item=str(i), group=group, answer=answer, task=task) for i, (group, answer, task) in enumerate(rows)]
    done = assign_splits(records, test=0.25, val=0.25, seed=seed)
    assert [one.id for one in done] == [one.id for one in records]
    assert all(one.split for one in done)
    assert all(len(splits) == 1 for splits in splits_by_group(done).values())
    shuffled = Random(0).sample(records, len(records))
    again = assign_splits(shuffled, test=0.25, val=0.25, seed=seed)
    assert {one.id: one.split for one in again} == {one.id: one.split for one in done}


def test_single_items_keep_the_shares_of_every_answer_exactly():
    records = [record(item=str(i), answer="Yes" if i % 4 else "No") for i in range(400)]
    counts = Counter((one.answer, one.split) for one in assign_splits(records, test=0.2, val=0.1))
    yes = {("Yes", "train"): 210, ("Yes", "val"): 30, ("Yes", "test"): 60}
    assert counts == yes | {("No", "train"): 70, ("No", "val"): 10, ("No", "test"): 20}


def test_groups_of_uneven_size_come_close_to_the_shares():
    random = Random(1)
    records = [record(item=str(i), group=f"g{int(random.paretovariate(0.5))}") for i in range(2000)]
    largest = Counter(one.group for one in records).most_common(1)[0][1]
    assert largest > 200
    test = sum(one.split == "test" for one in assign_splits(records))
    assert test == pytest.approx(400, abs=20)


@pytest.mark.parametrize("seed", range(5))
def test_a_large_group_is_balanced_by_the_small_ones(seed):
    records = [record(item=str(i), group="large" if i < 50 else "") for i in range(100)]
    assert sum(one.split == "test" for one in assign_splits(records, seed=seed)) == 20


def test_a_group_that_is_too_large_for_test_goes_to_train():
    records = [record(item=str(i), group="a" if i < 50 else "b" if i < 95 else "") for i in range(100)]
    assert sum(one.split == "test" for one in assign_splits(records)) == 5


def test_another_seed_is_another_split():
    records = [record(item=str(i)) for i in range(50)]
    first, second = (assign_splits(records, seed=seed) for seed in (0, 1))
    assert first != second


def test_questions_about_one_item_stay_together():
    records = [record(item=str(i), task=task) for i in range(40) for task in ("hate", "humor", "sarcasm")]
    assert all(len(splits) == 1 for splits in splits_by_group(assign_splits(records)).values())


def test_an_official_split_is_kept_and_its_group_follows():
    official = [record(item=str(i), split="test", group="g") for i in range(30)]
    done = assign_splits([record(item="x", group="g"), *official])
    assert {one.split for one in done} == {"test"}


@pytest.mark.parametrize("shares", [{"test": 1.0}, {"test": -0.1}, {"test": 0.5, "val": 0.5}, {"test": float("nan")}])
def test_impossible_shares(shares):
    with pytest.raises(InputError, match="split shares"):
        assign_splits([record()], **shares)


def test_no_test_share_means_no_test():
    assert {one.split for one in assign_splits([record(item=str(i)) for i in range(9)], test=0)} == {"train"}


def speakers():
    return [record(item=f"{who}{i}", group=who, answer=("Yes", "No")[i % 2]) for who in "abcdefghij" for i in range(20)]


def held_out(held, **how):
    return {one.group for one in assign_splits(speakers(), held=held, **how) if one.split == "test"}


def test_folds_are_the_same_for_every_seed_and_test_everybody_once():
    folds = [held_out(Held(fold), seed=fold) for fold in range(5)]
    assert sorted(who for fold in folds for who in fold) == list("abcdefghij") and {len(fold) for fold in folds} == {2}
    assert folds == [held_out(Held(fold), seed=7, val=0.25) for fold in range(5)]


def test_the_groups_that_are_named_are_tested_and_the_rest_may_be_validated():
    done = assign_splits(speakers(), held=Held(groups=("b", "j")), val=0.25, test=0)
    sizes = Counter(one.split for one in done)
    assert {one.group for one in done if one.split == "test"} == {"b", "j"} and sizes == {"test": 40, "val": 40, "train": 120}


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (Held(5), "there is no fold 5: 10 groups and test=0.2 make 5 folds, from 0"),
        (Held(groups=("a", "k")), "'k' cannot be held out, for there is no such group; known: a, b, c"),
        (Held(0, ("a",)), "fold 0 and a cannot both be held out"),
    ],
)
def test_what_cannot_be_held_out(held, words):
    with pytest.raises(InputError, match=words):
        held_out(held)


def test_nothing_is_held_out_of_official_splits():
    with pytest.raises(InputError, match="made_up has splits of its own"):
        assign_splits([record(split="train")], held=Held(0))

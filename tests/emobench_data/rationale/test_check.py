"""A rationale trains only if it closes with the label, and speaks of what is seen instead of what was given."""

import pytest

from emobench_data.rationale.check import MOST, check

from ..make import record

ONE = record(task="emo_c", answer="anger", options=("anger", "fear"))
GOOD = "Bared teeth and lowered brows show rage."


@pytest.mark.parametrize("closing", ["Answer: anger", "answer: Anger.", "**Answer:** anger", "Final answer: anger\n"])
def test_kept(closing):
    assert check(f"{GOOD}\n{closing}", ONE) == (GOOD, "")


@pytest.mark.parametrize(("reply", "fault"), [
    (GOOD, "close"),
    ("", "close"),
    (f"{GOOD} Answer: anger", "close"),
    (f"Answer: anger\n{GOOD}", "close"),
    (f"{GOOD}\nAnswer: fear\nAnswer: anger", "close"),
    (f"{GOOD}\nAnswer: fear", "not the label"),
    (f"{GOOD}\nAnswer: anger or fear", "not the label"),
    (f"{GOOD}\nAnswer: not anger", "not the label"),
    (f"{GOOD}\nAnswer: A", "not the label"),
    ("Answer: anger", "words"),
    ("Rage, plainly.\nAnswer: anger", "words"),
    ("teeth " * (MOST + 1) + "\nAnswer: anger", "words"),
    ("Since the label is anger, the teeth show rage.\nAnswer: anger", "as given"),
    ("The emotion is given as anger, so teeth mean rage.\nAnswer: anger", "as given"),
    ("Teeth are bared. The correct answer is anger.\nAnswer: anger", "as given"),
    ("The annotators saw bared teeth in this.\nAnswer: anger", "as given"),
    ("By the ground truth this face is angry.\nAnswer: anger", "as given"),
])
def test_left_out(reply, fault):
    assert fault in check(reply, ONE).fault


def test_a_face_that_is_labelled_by_nobody_may_be_seen_to_be_angry():
    said = '"Read the label", it says. He was given a present and it is intended as a joke.'
    assert not check(f"{said}\nAnswer: anger", ONE).fault

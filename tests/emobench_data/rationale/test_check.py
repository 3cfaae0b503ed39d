"""A rationale trains only if it closes with the label, and speaks of what is seen instead of what was given."""

import pytest

from emobench_data.rationale.check import MOST, check
from emobench_data.schema.tasks import get_task

from ..make import record

ONE = record(task="emo_c", answer="anger", options=("anger", "fear"))
GOOD = "Bared teeth and lowered brows show rage."


@pytest.mark.parametrize("closing", ["Answer: anger", "answer: Anger.", "**Answer:** anger", "Final answer: anger\n"])
def test_kept(closing):
    assert check(f"{GOOD}\n{closing}", ONE) == (GOOD, "")


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
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
    ],
)
def test_left_out(reply, fault):
    assert fault in check(reply, ONE).fault


NAMED_AS_GIVEN = """\
As the answer says, the face shows bared teeth.
The answer is anger because the teeth are bared.
The emotion is anger, as indicated, since teeth are bared.
Since the emotion here is known to be anger, teeth mean rage.
It was said to be anger, and the teeth fit that.
The picture is tagged as anger and the teeth fit.
The image was classified as anger, the teeth fit it.
The person is categorized as angry by the set.
I was told that this is anger, so teeth mean it.
We know that the emotion is anger, thus teeth.
Knowing that it is anger, one sees bared teeth.
Given anger as the emotion, the bared teeth fit well.
Given that the emotion is anger, the teeth show rage.
The option anger is marked as right, teeth fit it.
According to the information provided, the emotion is anger.
The stated emotion is anger, which the teeth show.
The assigned emotion, anger, fits the bared teeth here.
The category anger was assigned to this picture of teeth.
The metadata says anger, and the teeth are bared.
The caption provided says that the man is angry.
As specified, the face expresses anger through bared teeth.
To justify the answer anger, look at the teeth.
The required answer is anger, and the teeth fit.
The solution is anger, because of the bared teeth.
Consistent with the answer, the teeth are bared in rage.
The hint says anger, and the teeth fit that.
The gold emotion is anger as the teeth are bared.
It is already established that he is angry, so teeth."""
SEEN = """\
The man is known to be a singer, and bares his teeth.
He has been told bad news and his brows are lowered in anger.
She gives the answer with a laugh and raised brows.
A sign tells people what is right, and the man shouts.
The teacher marked the page as wrong, and anger fills his face.
A price tag hangs from the coat that he tears in anger.
The crowd was given flags, their anger shows in raised fists.
The expected guest did not come, and his teeth are bared.
His teeth are bared, which is why the emotion is anger.
He is stated to be late by the sign, and he shouts.
A hint of a smile is gone, and his fists are raised.
As indicated by his raised fist, the man shouts in anger.
People would call this rage: teeth are bared, fists raised.
This points to anger, the strongest feeling in the scene."""


@pytest.mark.parametrize("said", NAMED_AS_GIVEN.splitlines())
def test_reasons_that_know_the_label_beforehand(said):
    assert check(f"{said}\nAnswer: anger", ONE).fault == "it names the label as given"


@pytest.mark.parametrize("said", SEEN.splitlines())
def test_reasons_that_speak_of_what_is_seen(said):
    assert not check(f"{said}\nAnswer: anger", ONE).fault


@pytest.mark.parametrize(
    ("task", "answer", "options"),
    [("emobank_valence", 3.25, ()), ("goemotions", ("joy", "love"), ("joy", "love", "fear"))],
)
def test_answers_that_are_no_word(task, answer, options):
    one = record(task=task, media="", text="made up", answer=answer, references=(answer,), options=options)
    said = get_task(task).type.written(answer)
    assert check(f"{GOOD}\nAnswer: {said}", one) == (GOOD, "")
    assert check(f"{GOOD}\nAnswer: {said}", one, "steps").fault == "it is not in steps"
    assert "not the label" in check(f"{GOOD}\nAnswer: 9", one).fault


@pytest.mark.parametrize(("task", "called"), [("hate", "hateful"), ("humor", "humorous"), ("sarcasm", "sarcastic")])
def test_what_the_label_of_a_yes_no_question_is_called(task, called):
    one = record(task=task, answer="Yes")
    assert check(f"It is classified as {called}, and the words fit it.\nAnswer: Yes", one).fault
    assert not check(f"The words turn on the people shown, which is {called}.\nAnswer: Yes", one).fault


def test_a_face_that_is_labelled_by_nobody_may_be_seen_to_be_angry():
    said = '"Read the label", it says. He was given a present and it is intended as a joke.'
    assert not check(f"{said}\nAnswer: anger", ONE).fault

"""Prompts hold what belongs to the item, and no answer."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench_data.schema.tasks import FORMS, TASKS, dialogue, get_task, question, quoted

from ..make import record


def test_evaluation_has_one_wording_and_training_several():
    for text in ("So it goes.", ""):
        records = [record(item=str(i), text=text) for i in range(60)]
        assert len({question(one, training=False) for one in records}) == 1
        assert len({question(one, training=True) for one in records}) == len(TASKS["sarcasm"].wording.training)


def test_the_question_stands_first_before_a_text_and_last_behind_the_words_of_a_medium():
    hint = get_task("sarcasm").hint
    alone, seen = (question(record(text="So it goes.", media=media), training=False) for media in ("", "a.jpg"))
    assert alone.endswith(f"{hint}\nSo it goes.") and seen.startswith("So it goes.\n") and seen.endswith(hint)
    texts = [question(record(text=text, media=""), training=False) for text in ("So it goes.", "Well done.")]
    assert len({text.split("\n")[0] for text in texts}) == 1, "what all items share is what they begin with"


def test_options_are_in_the_label_sets_order():
    text = question(record(task="emo_c", answer="a", options=("b", "a", "c")), training=False)
    assert "Choose one of: b, a, c." in text


@given(st.sampled_from(["Yes", "No"]), st.text(max_size=20), st.booleans())
def test_the_prompt_does_not_depend_on_the_answer(answer, text, training):
    assert question(record(text=text, answer=answer), training=training) == question(
        record(text=text, answer="Yes"), training=training
    )


def test_quoted_is_one_line():
    assert quoted("Tweet", "so\n  much \r\n fun") == 'Tweet: "so much fun"'
    assert quoted("Tweet", "  \n") == ""


def test_dialogue_ends_with_what_is_asked_about():
    lines = dialogue([("A", "hi\nthere"), ("B", "oh")], "A", "great").split("\n")
    assert lines == ["Dialogue:", "A: hi there", "B: oh", 'Asked about, said by A: "great"']


@pytest.mark.parametrize("task", TASKS)
def test_the_guided_form_says_what_to_look_at_and_how_to_close(task):
    kind = {"task": task, "answer": "Yes", "options": ("Yes", "b") if TASKS[task].type.name == "closed" else ()}
    direct, guided = (question(record(**kind), training=False, form=form) for form in ("direct", "guided"))
    common = TASKS[task].silent.training[0].format(medium="image")
    assert direct.startswith(common) and guided.startswith(common)
    assert "Answer with" not in guided and guided.count('then close with the line "Answer:"') == 1
    assert ("Choose one of: Yes, b. Give" in guided) == (TASKS[task].type.name == "closed")
    assert len({one.wording.look for one in TASKS.values() if one.type.name == "yes_no"}) == 3


WAYS = [{"training": training, "form": form} for training in (False, True) for form in FORMS]


def asked(task, **fields):
    """Every question that a record of these fields may get, over many ids."""
    kind = {"task": task, "answer": "Yes", "options": ("Yes", "b") if TASKS[task].type.name == "closed" else ()}
    return {question(record(item=str(i), **kind, **fields), **form) for form in WAYS for i in range(40)}


@pytest.mark.parametrize("task", TASKS)
def test_nobody_is_asked_about_what_is_not_there(task):
    """A clip without a text has none to be taken together with, and a text by itself no picture."""
    silent = asked(task, media="1.mp4", text="")
    assert not [one for one in silent if re.search(r"\b(text|together|the words)\b", one)]
    alone = asked(task, media="", text="So it goes.")
    for one in alone:
        wording = one.removeprefix("So it goes.\n")
        assert not re.search(r"picture|image|video|scene|faces|gesture|colors|together|its text", wording)
        assert "this text" in wording or "the text" in wording
    both = asked(task, text="So it goes.")
    assert TASKS[task].type.name != "yes_no" or all("its text" in one or "picture and words" in one for one in both)


def test_the_direct_form_is_what_models_were_trained_with():
    asked = record(task="emo_c", answer="a", options=("b", "a"))
    assert question(asked, training=False) == (
        "Which emotion does this image show or evoke? Choose one of: b, a. Answer with that word or phrase only."
    )

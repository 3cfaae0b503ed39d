"""Prompts hold what belongs to the item, and no answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench_data.tasks import TASKS, dialogue, question, quoted

from .make import record


def test_evaluation_has_one_wording_and_training_several():
    records = [record(item=str(i)) for i in range(60)]
    assert len({question(one, training=False) for one in records}) == 1
    assert len({question(one, training=True) for one in records}) == len(TASKS["sarcasm"].training)


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
    kind = {"task": task, "answer": "Yes", "options": ("Yes", "b") if TASKS[task].kind == "closed" else ()}
    direct, guided = (question(record(**kind), training=False, guided=form) for form in (False, True))
    common = TASKS[task].evaluation.format(medium="image")
    assert direct.startswith(common) and guided.startswith(common)
    assert "Answer with" not in guided and guided.count('then close with the line "Answer:"') == 1
    assert ("Choose one of: Yes, b. Give" in guided) == (TASKS[task].kind == "closed")
    assert len({one.guidance for one in TASKS.values() if one.kind == "yes_no"}) == 3


def test_the_direct_form_is_what_models_were_trained_with():
    asked = record(task="emo_c", answer="a", options=("b", "a"))
    assert question(asked, training=False) == (
        "Which emotion does this image show or evoke? Choose one of: b, a. Answer with that word or phrase only."
    )

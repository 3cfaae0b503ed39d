"""Prompts hold what belongs to the item, and no answer."""

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

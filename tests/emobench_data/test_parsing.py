"""From words to a label: each bug that changed published numbers elsewhere has its test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench_data.parsing import LabelSet, closed, closing, conclusion, normal, reasons

EMOTIONS = ("Happy", "Sad", "Fear", "Doubt/Confusion", "Ask for help", "Help", "Care", "Care for others")


def parse(answer, labels=EMOTIONS, letters=True):
    return LabelSet(labels, letters=letters).parse(answer)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("Happy", {"happy"}),
        ("  HAPPY.\n", {"happy"}),
        ("**Happy**", {"happy"}),
        ("The person looks happy to me.", {"happy"}),
        ("doubt / confusion", {"doubt confusion"}),
        ("Doubt/Confusion", {"doubt confusion"}),
        ("ＨＡＰＰＹ", {"happy"}),
        ("happy, very happy", {"happy"}),
        ("Ask for help", {"ask for help"}),
        ("They ask for help", {"ask for help"}),
        ("some help", {"help"}),
        ("they care for others", {"care for others"}),
        ("they need help and ask for help", {"help", "ask for help"}),
        # the option's letter, alone
        ("B", {"sad"}),
        ("(b)", {"sad"}),
        ("B.", {"sad"}),
        ("Option B", {"sad"}),
        ("Answer: C", {"fear"}),
        ("Z", set()),
        ("I see a person", set()),
        ("a", {"happy"}),
        # a label inside another word is no label
        ("unhappy", set()),
        ("fearless", set()),
        ("sad_face", {"sad"}),
        # nothing becomes a default
        ("", set()),
        ("   ", set()),
        ("neutral", set()),
        ("joy", set()),
        # listing labels names them all
        ("Happy, Sad, Fear", {"happy", "sad", "fear"}),
        ("either happy or sad", {"happy", "sad"}),
        ("sad, not happy", {"happy", "sad"}),
        # the last answer line counts, and only it
        ("She is sad, I first thought.\nAnswer: Happy", {"happy"}),
        ("Answer: Sad\nNo, wait.\nanswer: Happy.", {"happy"}),
        ("Sad eyes.\n**Final answer:** Happy", {"happy"}),
        ("Happy\nAnswer: unsure", set()),
        ("Answer:\nHappy", {"happy"}),
        ("The answer: sad is wrong", {"sad"}),
    ],
)
def test_parse(answer, found):
    assert parse(answer) == found


def test_letters_only_where_there_are_options():
    assert parse("B", letters=False) == frozenset()


def test_a_label_that_is_a_letter_is_the_label():
    assert parse("B", labels=("B", "A")) == {"b"}


def test_labels_with_signs_of_a_pattern():
    assert parse("it is .* here", labels=(".*", "x")) == frozenset()
    assert parse("😀", labels=("😀", "😢")) == {"😀"}


@given(st.text(max_size=40))
def test_normal_is_stable(text):
    assert normal(normal(text)) == normal(text)


@given(st.text(max_size=60))
def test_no_text_gives_a_label_outside_the_set(text):
    assert parse(text) <= {normal(label) for label in EMOTIONS}


@given(st.sampled_from(EMOTIONS), st.text(max_size=30))
def test_a_label_on_the_answer_line_is_found_after_any_reasoning(label, reasoning):
    assert parse(f"{reasoning}\nAnswer: {label}") == {normal(label)}


def test_conclusion_is_quick_on_long_text():
    assert conclusion("*" * 100_000) == "*" * 100_000


@pytest.mark.parametrize(
    ("answer", "closes_with"),
    [
        ("Wide eyes.\nAnswer: Fear", "Fear"),
        ("Wide eyes.\n\n**Final answer:** Fear \n", "Fear"),
        ("Wide eyes.\nanswer： Fear", "Fear"),
        ("Answer: Fear\nAnswer: fear.", "fear."),
        ("Answer: Happy\nWide eyes.\nAnswer: Fear", ""),
        ("Answer: Fear\nAnswer: Happy", ""),
        ("Wide eyes show Fear.", ""),
        ("Fear", ""),
        ("", ""),
        ("Answer: Fear\nWide eyes.", ""),
        ("Wide eyes. Answer: Fear", ""),
        ("Answer:\nFear", ""),
        ("Fear\nAnswer:", ""),
        ("Fear\nMy answer: it is Fear", ""),
        ("Wide eyes.\x0bAnswer: Fear", ""),
    ],
)
def test_only_one_closing_line_at_the_end_closes(answer, closes_with):
    assert closing(answer) == closes_with


@given(st.text(max_size=60), st.sampled_from(EMOTIONS))
def test_what_training_closes_is_read_again(text, label):
    answer = closed(text, label)
    assert closing(answer) in (label, "") and (closing(answer) == label or "nswer" in text.casefold())
    assert "Answer: " not in reasons(closed("Wide eyes.", label))


def test_closing_is_quick_on_long_text():
    assert closing("*" * 100_000) == ""

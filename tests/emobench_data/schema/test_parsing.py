"""From words to a label: each bug that changed published numbers elsewhere has its test."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench_data.schema.parsing import LabelSet, closed, closing, conclusion, is_letter, normal, reasons, yes_or_no

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
        # a letter that marks a label must be that label's
        ("B) Happy", {"happy", "sad"}),
        ("(b) Sad", {"sad"}),
        ("**C.** Happy", {"happy", "fear"}),
        ("Option A: Sad", {"happy", "sad"}),
        ("A happy face", {"happy"}),
        ("A. Happy", {"happy"}),
        ("Z) Happy", {"happy"}),
        # a label inside another word is no label
        ("un-happy", set()),
        ("half\u2010happy", set()),
        ("un\u00adhappy", set()),
        ("happy - very", {"happy"}),
        ("happy\u2014sad", {"happy", "sad"}),
        ("the happy child's smile", {"happy"}),
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
        # and what follows it
        ("Answer: Happy\nShe smiles.", {"happy"}),
        ("Answer: Happy\nActually, Answer: Sad", {"happy", "sad"}),
        ("Answer: Happy\nActually, it is fear.", {"happy", "fear"}),
        ("Sad eyes.\n**Final answer:** Happy", {"happy"}),
        ("Happy\nAnswer: unsure", set()),
        ("Answer:\nHappy", {"happy"}),
        ("The answer: sad is wrong", {"sad"}),
    ],
)
def test_parse(answer, found):
    assert parse(answer) == found


@pytest.mark.parametrize("answer", ["Answer:\nYes", "**Answer:**\n\nYes", "Answer: Yes", "Answer\nYes."])
def test_yes_behind_a_bare_answer(answer):
    assert yes_or_no(answer) == {"yes"}


def test_letters_only_where_there_are_options():
    assert parse("B", letters=False) == frozenset()


def test_a_label_that_is_a_letter_is_the_label():
    assert parse("B", labels=("B", "A")) == {"b"}


def test_labels_with_signs_of_a_pattern():
    assert parse("it is .* here", labels=(".*", "x")) == frozenset()
    assert parse("😀", labels=("😀", "😢")) == {"😀"}


@pytest.mark.parametrize(
    ("labels", "answer", "found"),
    [
        (("高兴", "愤怒", "怒"), "图中的人很高兴。", {"高兴"}),
        (("高兴", "愤怒", "怒"), "他感到愤怒", {"愤怒"}),
        (("高兴", "愤怒", "怒"), "答案:高兴还是愤怒?", {"高兴", "愤怒"}),
        (("高兴", "愤怒", "怒"), "他不高兴", set()),
        (("高兴", "不高兴"), "他不高兴", {"不高兴"}),
        (("うれしい", "怒り", "ハッピー"), "この人はうれしいようです。", {"うれしい"}),
        (("うれしい", "怒り", "ハッピー"), "ハッピーな顔", {"ハッピー"}),
        (("うれしい", "怒り", "ハッピー"), "アンハッピーな顔", set()),
        (("うれしい", "怒り", "ハッピー"), "ﾊｯﾋﾟｰ", {"ハッピー"}),
        (("มีความสุข", "เศร้า"), "คนในภาพดูมีความสุขมาก", {"มีความสุข"}),
        (("มีความสุข", "เศร้า"), "เขาดูเศร้า", {"เศร้า"}),
        (("ख़ुशी", "दुख"), "यह ख़ुशी है", {"ख़ुशी"}),
        (("दुख", "ख़ुशी"), "यह दुखी नहीं", set()),
        (("happy", "sad"), "他很happy。", {"happy"}),
        (("Glück", "Wut"), "Er zeigt UNGLÜCK und Wut", {"wut"}),
    ],
)
def test_words_end_where_their_script_ends_them(labels, answer, found):
    """Sentences without blanks were unparsed, and a vowel mark of Thai or Hindi ended a word."""
    assert parse(answer, labels) == {normal(label) for label in found}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("<think>Perhaps sad, or fear.</think>happy", {"happy"}),
        ("<think>\nsad\n</think>\n\nAnswer: happy", {"happy"}),
        ("<think>Answer: sad</think>", set()),
        ("<think>It is happy", set()),  # cut off
        ("happy <think>or sad", set()),
        ("<thinking>sad</thinking><answer>happy</answer>", {"happy"}),
        ("It may be sad.</think>happy", {"happy"}),  # the prompt began it
        ("<THINK>sad <think>fear</think></THINK>happy", {"happy"}),
        ("<思考>sad</思考>happy", {"happy"}),
        ("[THINK]sad[/THINK]happy", {"happy"}),
        ("◁think▷sad◁/think▷happy", {"happy"}),
        ("<think></think>happy<think>sad</think>", {"happy"}),
        ("I think of happy days", {"happy"}),
    ],
)
def test_thoughts_are_no_answers(answer, found):
    assert parse(answer, labels=("Happy", "Sad", "Fear")) == found
    assert closing(answer) in ("", "happy")


@given(st.text(max_size=40))
def test_normal_is_stable(text):
    assert normal(normal(text)) == normal(text)


@given(st.text(max_size=60))
def test_no_text_gives_a_label_outside_the_set(text):
    assert parse(text) <= {normal(label) for label in EMOTIONS}


@given(st.sampled_from(EMOTIONS), st.text(max_size=30))
def test_a_label_on_the_answer_line_is_found_after_any_reasoning(label, reasoning):
    assert parse(f"{reasoning}\nAnswer: {label}") == {normal(label)}


@pytest.mark.parametrize("text", ["*" * 100_000, "<think>" * 20_000, "</think>" * 20_000, "a-" * 50_000, "不" * 100_000])
def test_long_text_is_read_quickly(text):
    start = time.monotonic()
    conclusion(text), parse(text), closing(text), yes_or_no(text), is_letter(text)
    assert time.monotonic() - start < 3


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

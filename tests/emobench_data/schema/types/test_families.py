"""Answers that are no single label: read strictly, by hand; each family in a table of its own."""

import pytest

from emobench_data import InputError
from emobench_data.schema.items import AMBIGUOUS, UNPARSED
from emobench_data.schema.records import Record
from emobench_data.schema.types import get_type
from emobench_data.schema.types._own_table import OUTSIDE

from . import test_types as every

LOVE = ("anger", "joy", "self-love")
INTENSITY = ("-1: slightly sad", "0: neither", "1: slightly glad", "2: very glad")
STARS = ("very bad", "bad", "good", "very good")


def read(name, answer, options, said, question="?"):
    kind = get_type(name)
    return kind.read(every.gold_of(kind, answer, options), question, said)[1]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("joy, anger", ("anger", "joy")),
        ("Joy and anger.", ("anger", "joy")),
        ("- joy\n- self-love", ("joy", "self-love")),
        ("1. joy\n2. anger", ("anger", "joy")),
        ("Answer: **joy**", ("joy",)),
        ("joy; joy", ("joy",)),
        ("none", ()),
        ("None.", ()),
        ("none, joy", AMBIGUOUS),
        ("joy, delight", OUTSIDE),
        ("joy, 3", OUTSIDE),
        ("joy, love", OUTSIDE),
        ("delight", UNPARSED),
        ("The text is full of joy.", UNPARSED),
        ("", UNPARSED),
        ("<think>joy", UNPARSED),
        ("no", UNPARSED),
    ],
)
def test_sets_from_a_list(said, value):
    assert read("multi", ("joy",), LOVE, said) == value


def test_the_empty_set_is_said_in_a_word_that_may_be_chosen():
    kind = get_type("multi:none=neutral or none")
    assert kind.written(()) == "neutral or none" and '"neutral or none"' in kind.hint
    assert kind.checker(every.asked(kind, LOVE))("neutral or none") == ""
    gold = every.gold_of(kind, (), LOVE)
    assert kind.read(gold, "?", "Neutral or none") == ((), ()) and kind.read(gold, "?", "none")[1] == UNPARSED
    assert kind.credit((), ()) == 1 and kind.credit((), UNPARSED) == 0 and kind.credit((), ("joy",)) == 0
    for wrong in ("none=a, b", "none=", "empty=none"):
        with pytest.raises(InputError, match="task type 'multi"):
            get_type(f"multi:{wrong}")


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("-1: slightly sad", -1),
        ("-1", -1),
        ("\u22121", -1),
        ("It is 1.", 1),
        ("slightly glad", 1),
        ("2: very glad", 2),
        ("2, that is very glad", 2),
        ("neither", 0),
        ("Answer: 0", 0),
        ("1: very glad", AMBIGUOUS),
        ("1 or 2", AMBIGUOUS),
        ("slightly sad or very glad", AMBIGUOUS),
        ("3", OUTSIDE),
        ("0.5", OUTSIDE),
        ("2 of 5", OUTSIDE),
        ("glad", UNPARSED),
        ("", UNPARSED),
    ],
)
def test_numbered_classes(said, value):
    assert read("ordinal", "0: neither", INTENSITY, said) == value


@pytest.mark.parametrize(
    ("said", "value"), [("very good", 3), ("Good!", 2), ("good, very good", AMBIGUOUS), ("3", UNPARSED), ("fine", UNPARSED)]
)
def test_named_classes(said, value):
    assert read("ordinal", "bad", STARS, said) == value
    assert read("ordinal", "2", ("1", "2", "3"), "2") == 2


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("happy, quietly proud", ("happy", "quietly proud")),
        ("Happy and  HAPPY", ("happy",)),
        ("1. angry\n2. sad", ("angry", "sad")),
        ("It is hard to say what they feel", UNPARSED),
        ("", UNPARSED),
        ("...", UNPARSED),
    ],
)
def test_free_words(said, value):
    assert read("open_set", ("happy",), (), said) == value


def test_replies_and_closed_sets():
    assert read("response", "Oh no.", (), "Answer: I am sorry.") == "I am sorry."
    assert read("response", "Oh.", (), " ") == UNPARSED
    assert read("strategy", "Others", ("Question", "Others"), "Question or others") == AMBIGUOUS
    assert read("detection", "Yes", (), "Yes.") == "Yes" and read("detection", "Yes", (), "maybe") == UNPARSED


@pytest.mark.parametrize(
    ("kind", "answer", "options", "fault"),
    [
        ("multi", ("joy",), (), "options must be different"),
        ("multi", ("joy",), ("joy", "Joy"), "options must be different"),
        ("multi", ("joy",), ("joy", "none"), "says the empty set"),
        ("multi", ("joy",), ("joy", "a, b"), "holds a comma"),
        ("multi", ("joy", "anger"), LOVE, "in their order"),
        ("multi", ("delight",), LOVE, "must be options"),
        ("multi", "joy", LOVE, "is no list of options"),
        ("ordinal", "0: neither", (), "needs options"),
        ("ordinal", "neither", INTENSITY, "not among the options"),
        ("ordinal", 0, INTENSITY, "not among the options"),
        ("ordinal", "1", ("1", "0"), "not in order"),
        ("ordinal", "1", ("0", "1", "two"), "some of its options have a number"),
        ("ordinal", "1: a", ("0: a", "1: a"), "two of its options are the same"),
        ("open_set", (), (), "is no list of words"),
        ("open_set", ("a", "A"), (), "must differ"),
        ("open_set", ("a, b", "c"), (), "hold no comma"),
        ("open_set", ("a b c d e",), (), "at most 4 words"),
        ("open_set", ("a",), ("a",), "neither options"),
        ("response", " ", (), "empty"),
        ("response", "a", ("a",), "no options"),
        ("strategy", "Why", ("Question",), "not in the label set"),
    ],
)
def test_what_is_no_answer(kind, answer, options, fault):
    assert fault in get_type(kind).answer_fault(answer, (answer,), options)
    assert isinstance(get_type(kind).key(answer, (answer,), options), str) or kind in ("multi", "strategy")


def test_gold_lines_of_sets_may_be_in_any_order():
    kind = get_type("multi")
    keys = [kind.key(answer, (answer,), LOVE) for answer in (("joy", "anger"), ("anger", "joy"))]
    assert keys[0].answer == keys[1].answer == ("anger", "joy")
    assert isinstance(kind.key("joy", ("joy",), LOVE), str) and isinstance(kind.key(("joy",), (("joy",),), None), str)
    assert isinstance(get_type("ordinal").key("1", ("1",), None), str)


def test_a_record_has_the_answer_of_its_task():
    """Types of the six stay as they are: a set is no answer to a closed question."""
    with pytest.raises(InputError, match="the answer is empty"):
        Record("s", "1", "emo_c", (), ("joy",), options=LOVE, text="So.")

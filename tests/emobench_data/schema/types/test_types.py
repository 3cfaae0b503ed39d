"""What holds for every task type: the registry, and that asking, reading and measuring fit together."""

import subprocess
import sys

import numpy as np
import pytest

from emobench_data import InputError
from emobench_data.schema.items import MISSING, Answer, Gold, Item
from emobench_data.schema.types import TYPES, family_type, get_type

# Type -> an answer, another one, and the options of a record.
CASES = {
    "closed": ("joy", "fear", ("joy", "fear")),
    "detection": ("Yes", "No", ()),
    "multi": (("joy", "trust"), ("fear",), ("joy", "fear", "trust")),
    "open": ("joy", "fear", ()),
    "open_set": (("joy", "quiet pride"), ("fear",), ()),
    "ordinal": ("-1: somewhat sad", "0: neither", ("-1: somewhat sad", "0: neither", "1: glad")),
    "response": ("I am sorry to hear that.", "Why?", ()),
    "strategy": ("Question", "Others", ("Question", "Others")),
    "yes_no": ("Yes", "No", ()),
}
every_type = pytest.mark.parametrize("name", CASES)


def gold_of(kind, answer, options):
    key = kind.key(answer, (answer,), options)
    assert not isinstance(key, str), key
    return Gold("s", "t", kind, *key, "/t")


def asked(kind, options):
    return f"What is it? {kind.hint.format(options=', '.join(options))}"


def test_every_type_has_a_case():
    assert {*TYPES} >= {*CASES}
    assert all(TYPES.get(name).name == name and family_type(TYPES.get(name).family) for name in TYPES)


@every_type
def test_what_is_trained_is_read_as_right_and_the_other_answer_as_wrong(name):
    kind, (answer, other, options) = get_type(name), CASES[name]
    gold = gold_of(kind, answer, options)
    for question in (asked(kind, options), f"Look. {kind.close.format(options=', '.join(options))}"):
        for said in (kind.written(answer), f"Answer: {kind.written(answer)}"):
            truth, guess = kind.read(gold, question, said)
            assert truth == guess and kind.credit(truth, guess) == 1
        truth, guess = kind.read(gold, question, kind.written(other))
        assert truth != guess and kind.credit(truth, guess) < 1
    assert kind.answer_fault(answer, (answer,), options) is None
    assert kind.credit(*kind.read(gold, "?", "")) == 0


@every_type
def test_the_checker_knows_its_own_question_and_what_may_be_answered(name):
    kind, (answer, _, options) = get_type(name), CASES[name]
    check = kind.checker(asked(kind, options))
    if check is None:
        assert not kind.choices(options)
        return
    assert check(kind.written(answer)) == "" and check("green ideas")
    assert kind.checker("What is it?") is None


@every_type
def test_the_figures_have_the_columns_of_their_table(name):
    kind, (answer, other, options) = get_type(name), CASES[name]
    pytest.importorskip("sacrebleu") if name == "response" else None
    items = []
    for number, said in enumerate((answer, other, answer, None)):
        gold = gold_of(kind, other if number == 2 else answer, options)
        text = None if said is None else kind.written(said)
        pair = (gold.answer, MISSING) if text is None else kind.read(gold, asked(kind, options), text)
        items.append(Item(str(number), gold, text and Answer(text, None, text), *pair, str(number)))
    figures, credits = kind.measure(items, np.arange(4))
    assert {*kind.columns} <= figures.keys() and kind.main in figures and figures["missing"] == 1
    assert np.asarray(credits, float).tolist() == [item.credit for item in items]
    assert all(isinstance(kind.cell(figures[key]), str) for key in kind.columns) and "sources" in figures
    assert kind.aggregate([(item.truth, item.guess) for item in items]).keys() == kind.aggregates.keys()


def test_unknown_types_and_options():
    with pytest.raises(InputError, match=r"unknown task type 'ranks'; known: closed, .*open, .*yes_no"):
        get_type("ranks")
    with pytest.raises(InputError, match="task type 'closed' takes no options, and not low"):
        get_type("closed:low=1")
    with pytest.raises(InputError, match=r"task type 'closed:low': expected closed:key=value"):
        get_type("closed:low")


def test_types_load_without_scipy():
    """Only scoring needs it; the other commands begin at once."""
    code = "import sys, emobench_data.schema.types, emobench_data.cli.commands; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

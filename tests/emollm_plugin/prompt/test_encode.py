"""Labels are the answers and nothing else, and the ids before them are those that inference feeds the model."""

import pytest

from emobench_data import InputError
from emobench_data.export.llava import question_entry, show, training_entry
from emobench_data.schema.parsing import closing
from emobench_data.schema.records import Medium, Record
from emobench_data.schema.tasks import question
from emollm_plugin.evaluation.prompts import Prompter
from emollm_plugin.prompt.encode import IGNORE_INDEX, encode, split_turns
from emollm_plugin.prompt.templates import CHAT_TEMPLATE, GUIDANCE, end_of_answer, is_ours

pytestmark = pytest.mark.host

ONE = [{"from": "human", "value": "<image>\nWhich emotion?"}, {"from": "gpt", "value": "joy"}]
TWO = [*ONE, {"from": "human", "value": "Yes or No?"}, {"from": "gpt", "value": "Yes"}]


@pytest.fixture(scope="module")
def templates():
    import emollm_plugin

    emollm_plugin.register()
    from llava.conversation import conv_templates

    return {name: conv for name, conv in conv_templates.items() if is_ours(conv) and name != CHAT_TEMPLATE}


def query(templates, name, text):
    """The prompt as LLaVA's eval script builds it."""
    conv = templates[name].copy()
    conv.append_message(conv.roles[0], text)
    conv.append_message(conv.roles[1], None)
    return conv.get_prompt()


def tokenize(tiny):
    from llava.mm_utils import tokenizer_image_token

    return lambda text: tokenizer_image_token(text, tiny.tokenizer)


def test_what_trains_the_model_is_what_queries_it(templates, tiny):
    assert len(templates) >= 8
    for name, conv in templates.items():
        ids, labels = encode(conv, ONE, tiny.tokenizer, tokenize(tiny))
        prefix = tokenize(tiny)(query(templates, name, ONE[0]["value"]))
        assert ids[: len(prefix)] == prefix, name
        assert labels == [IGNORE_INDEX] * len(prefix) + ids[len(prefix) :], name
        answer = tiny.tokenizer.decode([label for label in labels if label != IGNORE_INDEX])
        separator = conv.sep2 if conv.sep2 else conv.sep
        assert answer.strip() == f"joy{separator}".strip() or answer.strip() == f"joy {separator}".strip(), name


def test_with_a_rationale_the_guided_question_is_the_one_that_inference_asks(templates, tiny):
    """From the record on: training's own file, inference's own file, and its own prompter."""
    one = asked_alike()
    shown = show(one, one.media, training=True, form="guided")
    turns = training_entry(shown, "A smile and open arms.")["conversations"]
    text = question_entry(show(one, one.media, training=False, form="guided"))["text"]
    for name, conv in templates.items():
        ids, labels = encode(conv, turns, tiny.tokenizer, tokenize(tiny))
        prefix = Prompter(conv, tiny.tokenizer).question_ids(text, image=True)
        assert ids[: len(prefix)] == prefix and labels == [IGNORE_INDEX] * len(prefix) + ids[len(prefix) :], name
        answer = tiny.tokenizer.decode(ids[len(prefix) :]).replace(end_of_answer(conv), "")
        assert (answer.strip(), closing(answer)) == ("A smile and open arms.\nAnswer: joy", "joy"), name


def asked_alike():
    """A record for which training draws the wording of evaluation."""
    fields = {"task": "emo_c", "media": (Medium("image", "1.jpg"),), "answer": "joy", "options": ("joy", "fear")}
    records = (Record(source="made_up", item=str(number), **fields) for number in range(100))
    return next(one for one in records if question(one, training=True) == question(one, training=False))


def test_every_answer_of_a_dialogue_is_trained_and_every_question_masked(templates, tiny):
    ids, labels = encode(templates["emoprompt_chatml"], TWO, tiny.tokenizer, tokenize(tiny))
    runs, inside = [], False
    for token, label in zip(ids, labels):
        assert label in (IGNORE_INDEX, token)
        if label != IGNORE_INDEX:
            runs = [*runs, [token]] if not inside else [*runs[:-1], [*runs[-1], token]]
        inside = label != IGNORE_INDEX
    assert [tiny.tokenizer.decode(run) for run in runs] == ["joy<|im_end|>", "Yes<|im_end|>"]


def test_turns_add_up_to_the_hosts_own_prompt(templates):
    for name, base in templates.items():
        conv = base.copy()
        for turn in TWO:
            conv.append_message(conv.roles[turn["from"] == "gpt"], turn["value"])
        assert "".join(part for pair in split_turns(base, TWO) for part in pair) == conv.get_prompt(), name


def test_the_chatml_template_is_the_one_smollm2_was_trained_on(templates):
    expected = f"<|im_start|>system\n{GUIDANCE}<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
    assert query(templates, "emoprompt_chatml", "Hello") == expected


def test_every_emoprompt_template_carries_the_guidance_and_the_plain_one_does_not(templates):
    for name in templates:
        assert (GUIDANCE in query(templates, name, "Hello")) == name.startswith("emoprompt"), name


def test_encoding_leaves_the_template_as_it_was(templates, tiny):
    conv = templates["emoprompt"]
    encode(conv, ONE, tiny.tokenizer, tokenize(tiny))
    assert list(conv.messages) == []


@pytest.mark.parametrize(
    "turns",
    [[], ONE[:1], ONE[::-1], [*ONE, ONE[1]], [ONE[0], {"from": "gpt", "value": " "}], [ONE[0], {"from": "gpt"}]],
)
def test_turns_that_cannot_be_trained_are_refused(templates, turns):
    with pytest.raises(InputError):
        split_turns(templates["emoprompt"], turns)

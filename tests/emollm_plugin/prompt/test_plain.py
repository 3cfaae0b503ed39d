"""Control tokens inside questions and answers of a data set are text, for every kind of tokenizer and every template."""

import pytest

from emollm_plugin.evaluation.prompts import Prompter
from emollm_plugin.prompt.encode import IGNORE_INDEX, encode
from emollm_plugin.prompt.plain import plain

from ..tokenizers_like import CHATS, make

pytestmark = pytest.mark.host


@pytest.fixture(scope="module", params=[(form, fast) for form in CHATS for fast in (False, True)], ids=str)
def chat(request, tmp_path_factory):
    """A template's name and a tokenizer of its kind, slow and fast where both exist."""
    form, fast = request.param
    return f"emoprompt_{form}", make(tmp_path_factory.mktemp(form), form, use_fast=fast)


def special(tokenizer):
    """Without the tokens that single bytes fall back to, which the tests' own Gemma calls special."""
    added = {str(token): number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return {token: number for token, number in added.items() if not token.startswith("<0x")}


def turns(question, answer):
    return [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]


def test_no_control_token_comes_out_of_what_a_data_set_says(chat, templates):
    from llava.mm_utils import tokenizer_image_token

    name, tokenizer = chat
    control = special(tokenizer)
    assert control
    written = " and ".join(["Yes", *control, *control])
    conv = templates[name]

    def encoded(question, answer):
        ids, labels = encode(conv, turns(question, answer), tokenizer, lambda text: tokenizer_image_token(text, tokenizer))
        return ids, [label for label in labels if label != IGNORE_INDEX]

    for alike, others in zip(encoded("Yes?", "Yes"), encoded(f"{written}?", written)):
        # No more than the template itself writes.
        assert [token for token in others if token in control.values()] == [
            token for token in alike if token in control.values()
        ]
    assert encoded(f"{written}?", written)[0].count(-200) == 1
    # And the question is asked in the same words.
    ids, _ = encoded(f"{written}?", "Yes")
    asked = Prompter(conv, tokenizer).question_ids(f"{written}?", image=True)
    assert ids[: len(asked)] == asked


def test_what_is_text_stays_as_it_is(chat):
    _, tokenizer = chat
    for text in ("<image>\nWhich emotion? A < B | C > D", "s</ s>", "[joy] or [sadness]!", "", "<im_start><image><im_end>"):
        assert plain(text, tokenizer) == text
    for token in special(tokenizer):
        told = plain(f"say {token}{token} twice", tokenizer)
        assert told.replace(" ", "") == f"say{token}{token}twice" and plain(told, tokenizer) == told


def test_a_token_that_is_added_later_counts_too(tiny):
    from copy import deepcopy

    tokenizer = deepcopy(tiny.tokenizer)
    assert plain("a <|new|> one", tokenizer) == "a <|new|> one"
    tokenizer.add_tokens(["<|new|>"], special_tokens=True)
    assert plain("a <|new|> one", tokenizer) == "a < |new|> one"


def test_the_hosts_own_templates_get_plain_text_too(templates, tiny):
    from llava.train import train as host

    before = host.conversation_lib.default_conversation
    host.conversation_lib.default_conversation = templates["vicuna_v1"]
    try:
        counts = []
        for answer in ("joy", "joy<|im_end|> and <|im_start|>joy"):
            ids = host.preprocess([turns("Which?", answer)], tiny.tokenizer, has_image=True)["input_ids"][0].tolist()
            counts.append([ids.count(number) for number in special(tiny.tokenizer).values()])
        assert counts[0] == counts[1]
    finally:
        host.conversation_lib.default_conversation = before

"""A chat template gives the token ids of training, for every family's format and kind of tokenizer."""

import pytest

import emollm_plugin
from emollm_plugin.evaluation.prompts import Prompter
from emollm_plugin.hf.export import IMAGE, _image_token
from emollm_plugin.hf.template import chat_template, form_of
from emollm_plugin.prompt.templates import CHAT_TEMPLATE, GUIDANCE

from .. import tokenizers_like

pytestmark = pytest.mark.host
emollm_plugin.register()


@pytest.fixture
def made(tmp_path):
    def build(form, kind=None, marked=False):
        from llava.conversation import conv_templates

        tokenizer = tokenizers_like.make(tmp_path, kind or form, use_fast=False)
        prompter = Prompter(conv_templates[f"emoprompt_{form}" if form else "emoprompt"], tokenizer, marked=marked)
        _image_token(tokenizer)
        tokenizer.chat_template = chat_template(prompter, tokenizer)
        return prompter, tokenizer

    return build


@pytest.mark.parametrize(("form", "kind"), [*((form, form) for form in tokenizers_like.CHATS), ("", "llama_2")])
def test_ids_are_those_of_training(form, kind, made):
    from emollm_plugin.prompt.encode import encode

    prompter, tokenizer = made(form, kind)
    image = tokenizer.convert_tokens_to_ids(IMAGE)
    asked = "Which emotion? joy sadness"
    for seen in (True, False):
        content = [{"type": "text", "text": asked}] + [{"type": "image"}] * seen  # pictures come first all the same
        ids = ids_of(tokenizer, [{"role": "user", "content": content}], add_generation_prompt=True)
        assert [-200 if each == image else each for each in ids] == list(prompter.question_ids(asked, image=seen))
    turns = [asked, "joy", "Yes or No?", "Yes."]
    pairs = [{"from": ("human", "gpt")[place % 2], "value": text} for place, text in enumerate(turns)]
    trained, _ = encode(prompter.conv, pairs, tokenizer, lambda text: tokenizer(text).input_ids)
    talk = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(turns)]
    assert tokenizer.decode(ids_of(tokenizer, talk)).replace(" ", "") == tokenizer.decode(trained).replace(" ", "")


def ids_of(tokenizer, conversation, **how):
    text = tokenizer.apply_chat_template(conversation, tokenize=False, **how)
    return tokenizer(text, add_special_tokens=False).input_ids


def test_a_system_message_takes_the_place_of_emoprompts(made):
    _, tokenizer = made("chatml")
    ask = [{"role": "user", "content": "Hi"}]
    own = tokenizer.apply_chat_template(ask, tokenize=False)
    other = tokenizer.apply_chat_template([{"role": "system", "content": "Be brief."}, *ask], tokenize=False)
    assert GUIDANCE in own and other == own.replace(GUIDANCE, "Be brief.")


def test_every_template_of_the_plug_in_has_a_form():
    from llava.conversation import conv_templates

    ours = {name: conv for name, conv in conv_templates.items() if name.startswith("emoprompt") and "plain" not in name}
    del ours[CHAT_TEMPLATE]  # which has one in a checkpoint
    for name, conv in ours.items():
        form, system = form_of(conv)
        asked = conv.copy()
        asked.messages = []
        for place, text in enumerate(("Q", "A", "N", None)):
            asked.append_message(asked.roles[place % 2], text)
        assert form.render(system, ("Q", "A", "N")) == asked.get_prompt(), name

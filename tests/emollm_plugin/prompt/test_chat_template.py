"""A base model whose family has no name here is asked as the chat template of its tokenizer writes, from training to export."""

import json
from types import SimpleNamespace

import pytest

from emobench_data import InputError
from emollm_plugin.prompt.chat_template import (
    FORMAT_KEY,
    bind,
    note_format,
    own_format,
    taken_apart,
    template_for,
)
from emollm_plugin.prompt.encode import IGNORE_INDEX, encode
from emollm_plugin.prompt.formats import FORMATS, format_of
from emollm_plugin.prompt.stop import stopping_load
from emollm_plugin.prompt.templates import CHAT_TEMPLATE, end_of_answer

from ..tokenizers_like import CHATS, DATED, NO_SYSTEM, make
from .conftest import TURNS

pytestmark = pytest.mark.host

# Written for no family that is known here: marks of the tokenizer's own, and spaces where others have none.
FOREIGN = (
    "{% for m in messages %}{{ '<|im_start|>(' + m.role + ') ' + m.content + '<|im_end|>\\n\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>(assistant) ' }}{% endif %}"
)
TODAY = "{{ 'Today is ' + strftime_now('%d %B %Y') + '\\n' if strftime_now is defined else '' }}"
THINKING = FOREIGN.replace("(assistant) '", "(assistant) ' + ('<think></think>' if enable_thinking is false else '<think>')")


@pytest.fixture
def foreign(tmp_path):
    """A function: a tokenizer whose chat template is that."""

    def build(template=FOREIGN, form="chatml"):
        tokenizer = make(tmp_path, form, use_fast=True)
        tokenizer.chat_template = template
        return tokenizer

    return build


def encoded(conv, tokenizer):
    from llava.mm_utils import tokenizer_image_token

    return encode(conv, TURNS, tokenizer, lambda text: tokenizer_image_token(text, tokenizer))


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_taken_apart_into_itself(name):
    assert taken_apart(FORMATS[name].render) == FORMATS[name]


@pytest.mark.parametrize("name", CHATS)
def test_written_formats_give_the_ids_of_the_families_own_templates(name, tmp_path, templates):
    tokenizer = make(tmp_path, name, use_fast=True)
    conv = templates[CHAT_TEMPLATE].copy()
    bind(conv, own_format(tokenizer))
    assert encoded(conv, tokenizer) == encoded(templates[f"emoprompt_{name}"], tokenizer)
    assert end_of_answer(conv) == end_of_answer(templates[f"emoprompt_{name}"])


@pytest.mark.parametrize("template", [FOREIGN, TODAY + FOREIGN, NO_SYSTEM + FOREIGN], ids=["role", "date", "no role"])
def test_what_an_unknown_template_writes_is_what_is_trained_and_asked(template, foreign, templates):
    tokenizer = foreign(template)
    assert format_of(tokenizer) is None
    conv = templates[CHAT_TEMPLATE].copy()
    bind(conv, own_format(tokenizer))
    texts = [turn["value"] for turn in TURNS]
    for count in (1, 2, 3):
        ours = conv.form.render("Guidance", texts[:count])
        refuses = template.startswith(NO_SYSTEM)
        first = [] if refuses else [{"role": "system", "content": "Guidance"}]
        texts_of = [f"Guidance\n\n{texts[0]}", *texts[1:]] if refuses else texts
        turns = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts_of[:count])]
        how = {"tokenize": False, "add_generation_prompt": count % 2 == 1}
        theirs = tokenizer.apply_chat_template(first + turns, **how)
        # Its last space and newlines are left to the answer, or to nobody; its date is another every day.
        assert ours[ours.index("Guidance") :] == theirs[theirs.index("Guidance") :].rstrip(" \n")
    ids, labels = encoded(conv, tokenizer)
    learned = tokenizer.decode([token for token in labels if token != IGNORE_INDEX])
    assert learned.replace(" ", "") == "joy<|im_end|>Yes<|im_end|>" and len(ids) == len(labels)


def test_a_date_is_the_same_on_every_day_and_thinking_is_closed(foreign):
    assert own_format(foreign(TODAY + FOREIGN)).begin.startswith("Today is 01 Jan 2025\n<|im_start|>")
    assert own_format(foreign(DATED, "llama_3")).begin.startswith("<|start_header_id|>system")
    assert own_format(foreign(THINKING)).answer.count("<think>") == 1


@pytest.mark.parametrize(
    "template",
    [
        "{{ messages[0].content }}",
        "{{ broken",
        "{{ 1 + messages }}",
        "{{ raise_exception('no') }}",
        FOREIGN.replace("m.content", "(m.content if loop.last else '')"),
    ],
)
def test_a_template_that_cannot_carry_emoprompt_is_one_line(template, foreign, tmp_path):
    tokenizer = foreign(template)
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "chat_template.jinja").write_text(template)
    with pytest.raises(InputError, match=r"cannot carry EmoPrompt.*emoprompt_gemma"):
        template_for(str(tmp_path))


def test_the_launcher_takes_the_tokenizers_own_template_where_it_is_unknown(foreign, tmp_path):
    foreign().save_pretrained(tmp_path)
    assert template_for(str(tmp_path)) == CHAT_TEMPLATE


def test_before_a_model_is_at_hand_it_writes_nothing(templates):
    conv = templates[CHAT_TEMPLATE].copy()
    conv.form = None
    conv.append_message(conv.roles[0], "?")
    with pytest.raises(InputError, match="notes none"):
        conv.get_prompt()


def test_a_checkpoint_brings_its_format_along(foreign, templates, monkeypatch):
    """Whatever its tokenizer says by then; and a copy keeps what it was bound to."""
    tokenizer, config = foreign(), SimpleNamespace(emollm_template=CHAT_TEMPLATE)
    trained = templates[CHAT_TEMPLATE].copy()
    bind(trained, own_format(tokenizer))
    note_format(config, trained)
    assert json.loads(json.dumps(getattr(config, FORMAT_KEY))) == vars(trained.form)
    table = {CHAT_TEMPLATE: templates[CHAT_TEMPLATE].copy()}
    model = SimpleNamespace(config=config, generation_config=SimpleNamespace(eos_token_id=0))
    tokenizer.chat_template = CHATS["chatml"][1]
    stopping_load(lambda path: (tokenizer, model, "processor", 2048), table)("folder")
    assert table[CHAT_TEMPLATE].form == trained.form
    assert model.generation_config.eos_token_id == [0, tokenizer.convert_tokens_to_ids("<|im_end|>")]
    kept = table[CHAT_TEMPLATE].copy()
    bind(table[CHAT_TEMPLATE], FORMATS["gemma"])
    assert kept.form == trained.form
    setattr(config, FORMAT_KEY, {"begin": "x"})
    with pytest.raises(InputError, match="no chat format"):
        stopping_load(lambda path: (tokenizer, model, "processor", 2048), table)("folder")

"""Each family's prompt is what its own chat template writes, and its labels are the answers, token by token."""

import pytest

from emobench_data import InputError
from emollm_plugin.prompt.chat_template import template_for
from emollm_plugin.prompt.encode import IGNORE_INDEX, encode
from emollm_plugin.prompt.formats import FORMATS, format_of, load_tokenizer
from emollm_plugin.prompt.templates import GUIDANCE, end_of_answer

from ..tokenizers_like import CHATS, DATED, make
from .conftest import TURNS

pytestmark = pytest.mark.host


@pytest.fixture(scope="module", params=[(form, fast) for form in CHATS for fast in (False, True)], ids=str)
def chat(request, tmp_path_factory):
    """A format's name and a tokenizer of its kind, slow and fast where both exist."""
    form, fast = request.param
    return form, make(tmp_path_factory.mktemp(form), form, use_fast=fast)


def prompt(conv, turns, *, open_answer=False):
    conv = conv.copy()
    conv.messages = []
    for turn in turns:
        conv.append_message(conv.roles[turn["from"] == "gpt"], turn["value"])
    if open_answer:
        conv.append_message(conv.roles[1], None)
    return conv.get_prompt()


def rendered(tokenizer, turns):
    """What the tokenizer's own chat template writes, the guidance in a system message if it takes one."""
    import jinja2

    names = {"human": "user", "gpt": "assistant"}
    messages = [{"role": names[turn["from"]], "content": turn["value"]} for turn in turns]
    options = {"tokenize": False, "add_generation_prompt": True}
    try:
        return tokenizer.apply_chat_template([{"role": "system", "content": GUIDANCE}, *messages], **options)
    except jinja2.TemplateError:
        messages[0] = {"role": "user", "content": f"{GUIDANCE}\n\n{messages[0]['content']}"}
        return tokenizer.apply_chat_template(messages, **options)


def test_every_format_is_tried():
    assert set(CHATS) == set(FORMATS)


def test_the_prompt_is_what_the_chat_template_writes(chat, templates):
    form, tokenizer = chat
    assert format_of(tokenizer) == form
    for turns in (TURNS[:1], TURNS[:3]):
        # Whether a beginning of sequence stands there is the tokenizer's to say: LLaVA lets it add its own.
        begins = tokenizer("").input_ids
        theirs = rendered(tokenizer, turns).removeprefix(tokenizer.bos_token or "")
        ours = prompt(templates[f"emoprompt_{form}"], turns, open_answer=True)
        assert theirs == ours
        begun = (tokenizer.bos_token if begins else "") + theirs
        assert tokenizer(begun, add_special_tokens=False).input_ids == tokenizer(ours).input_ids


def test_labels_are_the_answers_and_their_ends_token_by_token(chat, templates):
    from llava.mm_utils import tokenizer_image_token

    form, tokenizer = chat
    conv = templates[f"emoprompt_{form}"]
    ids, labels = encode(conv, TURNS, tokenizer, lambda text: tokenizer_image_token(text, tokenizer))
    assert ids == tokenizer_image_token(prompt(conv, TURNS), tokenizer), "as inference reads the whole dialogue"
    end = tokenizer.convert_tokens_to_ids(end_of_answer(conv))
    at = 0
    for turn, answer in ((1, "joy"), (3, "Yes")):
        query = tokenizer_image_token(prompt(conv, TURNS[:turn], open_answer=True), tokenizer)
        assert ids[: len(query)] == query, "as inference asks"
        assert set(labels[at : len(query)]) == {IGNORE_INDEX}
        at = next(index for index in range(len(query), len(ids) + 1) if index == len(ids) or labels[index] == -100)
        assert labels[len(query) : at] == ids[len(query) : at]
        assert labels[at - 1] == end, "the end of an answer is one token, and learned"
        assert tokenizer.decode(labels[len(query) : at - 1]).strip() == answer
    assert set(labels[at:]) <= {IGNORE_INDEX}


def test_dates_before_the_system_text_do_not_matter(tmp_path):
    tokenizer = make(tmp_path, "llama_3", use_fast=True)
    tokenizer.chat_template = DATED
    assert format_of(tokenizer) == "llama_3"


@pytest.mark.parametrize("reply", ["m.content + eos_token", "m.content + eos_token + ' '"])
def test_spaces_around_earlier_answers_do_not_matter(tmp_path, reply):
    """Mistral 7B v0.1 and v0.2 differ so."""
    tokenizer = make(tmp_path, "mistral", use_fast=True)
    tokenizer.chat_template = tokenizer.chat_template.replace("' ' + m.content + eos_token", reply)
    assert format_of(tokenizer) == "mistral"


def test_the_template_is_chosen_from_the_model_folder(tmp_path):
    tokenizer = make(tmp_path, "gemma", use_fast=True)
    tokenizer.save_pretrained(tmp_path)
    assert template_for(str(tmp_path)) == "emoprompt_gemma"
    tokenizer.chat_template = None
    (tmp_path / "chat_template.jinja").unlink(missing_ok=True)
    tokenizer.save_pretrained(tmp_path)
    assert template_for(str(tmp_path)) == "emoprompt"


def test_the_command_prints_the_template_and_nothing_else(tmp_path):
    from click.testing import CliRunner

    from emollm_plugin.cli.commands import main

    assert "no config.json" in CliRunner().invoke(main, ["template", str(tmp_path)]).stderr
    (tmp_path / "config.json").write_text("{}")
    assert "no tokenizer" in CliRunner().invoke(main, ["template", str(tmp_path)]).stderr
    make(tmp_path, "phi3", use_fast=True).save_pretrained(tmp_path)
    done = CliRunner().invoke(main, ["template", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (0, "emoprompt_phi3\n")


def test_a_template_in_a_file_of_its_own_is_read_on_every_version(tmp_path):
    tokenizer = make(tmp_path, "chatml", use_fast=True)
    (tmp_path / "chat_template.jinja").write_text(tokenizer.chat_template)
    assert load_tokenizer(str(tmp_path)).chat_template == tokenizer.chat_template


@pytest.mark.parametrize(
    "template", ["{{ messages[0].content }}", "{{ broken", "{{ 1 + messages }}", "{{ raise_exception('no') }}"]
)
def test_a_chat_template_that_is_not_known_has_no_name(tmp_path, template):
    tokenizer = make(tmp_path, "chatml", use_fast=True)
    tokenizer.chat_template = template
    assert format_of(tokenizer) is None


def test_a_folder_without_a_tokenizer(tmp_path):
    with pytest.raises(InputError, match="cannot be loaded"):
        template_for(str(tmp_path))


def test_training_in_another_format_than_the_models_own_is_said(tmp_path, caplog):
    from emollm_plugin.training.samples import compare_template

    tokenizer = make(tmp_path, "gemma", use_fast=True)
    compare_template(tokenizer, "emoprompt_gemma")
    assert "own chat template" not in caplog.text
    compare_template(tokenizer, "emoprompt")
    assert "that of emoprompt_gemma, not of --version emoprompt" in caplog.text
    compare_template(tokenizer, "emoprompt_chat_template")
    tokenizer.chat_template = "{{ messages }}"
    compare_template(tokenizer, "emoprompt_gemma")
    assert caplog.text.count("own chat template") == 2 and "that of emoprompt_chat_template" in caplog.text

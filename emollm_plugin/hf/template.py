"""A conversation template of training as the Jinja text that Hugging Face tokenizers and inference engines render."""

from __future__ import annotations

import json

from emobench_data.io.errors import InputError

from ..prompt.formats import ChatFormat

# Stand in for texts while a template is taken apart.
_QUESTION, _ANSWER, _NEXT, _SYSTEM = "\u0001q\u0001", "\u0001a\u0001", "\u0001n\u0001", "\u0001s\u0001"

_ASKED = "Which emotion does this image show? Answer with one word."
# What may stand between a picture and a question in a chat template, `{}` being the mark behind a picture if there is one.
LINES = ("{}\n", "\n", "", "{} \n", " \n", " ")

# Pictures come first, as in training, side by side; what is asked follows in a line of its own.
_JINJA = """\
{{%- if messages[0]['role'] == 'system' -%}}
  {{%- set system = messages[0]['content'] if messages[0]['content'] is string else messages[0]['content'][0]['text'] -%}}
  {{%- set turns = messages[1:] -%}}
{{%- else -%}}
  {{%- set system = {system} -%}}
  {{%- set turns = messages -%}}
{{%- endif -%}}
{{{{- {begin_before} + system + {begin_after} -}}}}
{{%- for turn in turns -%}}
  {{%- if turn['role'] == 'user' -%}}
    {{%- if not loop.first -%}}{{{{- {ask} -}}}}{{%- endif -%}}
    {{%- if turn['content'] is string -%}}{{{{- turn['content'] -}}}}
    {{%- else -%}}
      {{%- set seen = namespace(pictures=false) -%}}
      {{%- for part in turn['content'] -%}}
        {{%- if part['type'] == 'image' -%}}
          {{%- if not seen.pictures -%}}{{{{- {open} -}}}}{{%- endif -%}}
          {{{{- {image} -}}}}
          {{%- set seen.pictures = true -%}}
        {{%- endif -%}}
      {{%- endfor -%}}
      {{%- if seen.pictures -%}}{{{{- {close} -}}}}{{%- endif -%}}
      {{%- for part in turn['content'] -%}}
        {{%- if part['type'] == 'text' -%}}{{{{- part['text'] -}}}}{{%- endif -%}}
      {{%- endfor -%}}
    {{%- endif -%}}
  {{%- else -%}}
    {{{{- {answer} -}}}}
    {{%- if turn['content'] is string -%}}{{{{- turn['content'] -}}}}
    {{%- else -%}}
      {{%- for part in turn['content'] -%}}{{{{- part['text'] -}}}}{{%- endfor -%}}
    {{%- endif -%}}
    {{{{- {end} -}}}}
  {{%- endif -%}}
{{%- endfor -%}}
{{%- if add_generation_prompt -%}}{{{{- {prompt} -}}}}{{%- endif -%}}
"""


def form_of(conv) -> tuple[ChatFormat, str]:
    """What a host `Conversation` writes around texts, and its system text.

    Raises:
        InputError: it does more than put texts between fixed ones.
    """
    form, system = getattr(conv, "form", None), conv.system
    if form is not None:
        return form, system
    from ..prompt.templates import GUIDANCE

    guidance = GUIDANCE if GUIDANCE in system else system
    asked = _written(conv, _QUESTION, None).replace(guidance, _SYSTEM, 1)
    talked = _written(conv, _QUESTION, _ANSWER, _NEXT, None).replace(guidance, _SYSTEM, 1)
    begin, prompt = asked.split(_QUESTION)
    answer, rest = talked.split(_QUESTION)[1].split(_ANSWER)
    ask_at = rest.split(_NEXT)[0]
    whole = _written(conv, _QUESTION, _ANSWER).replace(guidance, _SYSTEM, 1)
    end = whole.split(_ANSWER)[1]
    form = ChatFormat(begin.replace(_SYSTEM, "{}"), answer, end, ask_at.removeprefix(end))
    again = form.render(guidance, (_QUESTION, _ANSWER, _NEXT))
    if not ask_at.startswith(end) or again != _written(conv, _QUESTION, _ANSWER, _NEXT, None) or prompt != answer.rstrip(" "):
        raise InputError(f"template {conv.version!r} cannot be written as a chat template; train with another --version")
    return form, guidance


def _written(conv, *texts: str | None) -> str:
    conv = conv.copy()
    conv.messages = []
    for place, text in enumerate(texts):
        conv.append_message(conv.roles[place % 2], text)
    return conv.get_prompt()


def chat_template(prompter, tokenizer) -> str:
    """The Jinja text that writes what training wrote, with EmoPrompt's text where a conversation has no system message.

    LLaVA cuts a prompt at its pictures and tokenizes the parts alone; where a tokenizer begins texts with a token, or a
    prompt begins with it, the part behind a picture loses or gains one. So the line between picture and question is the
    one whose token ids are those of training.

    Args:
        prompter: writes questions as training did (`evaluation.prompts.Prompter`).
        tokenizer: the exported one, which knows the placeholder as one token.

    Raises:
        InputError: no such text gives the token ids of training.
    """
    form, system = form_of(prompter.conv)
    begins = tokenizer.bos_token_id is not None and tokenizer("").input_ids[:1] == [tokenizer.bos_token_id]
    opened, closed = prompter.around
    for line in LINES:
        template = jinja(
            form,
            system,
            opened=opened,
            image=prompter.placeholder,
            close=line.format(closed),
            bos=tokenizer.bos_token if begins else "",
        )
        if asks_alike(template, prompter, tokenizer):
            return template
    raise InputError(
        f"template {prompter.conv.version!r}: this tokenizer gives other token ids for a chat template than training saw;"
        " the checkpoint cannot be exported"
    )


def jinja(form: ChatFormat, system: str, *, opened: str, image: str, close: str, bos: str) -> str:
    """The Jinja text of a format.

    Args:
        system: where a conversation has no system message.
        opened: before the first picture, `close` behind the last, `image` for each.
        bos: what a tokenizer puts before every text.
    """
    before, _, after = form.begin.partition("{}")
    pieces = {
        "system": system,
        "begin_before": bos + before,
        "begin_after": after,
        "ask": form.ask,
        "open": opened,
        "image": image,
        "close": close,
        "answer": form.answer,
        "end": form.end,
        "prompt": form.answer.rstrip(" "),
    }
    return _JINJA.format(**{name: json.dumps(text, ensure_ascii=False) for name, text in pieces.items()})


def asks_alike(template: str, prompter, tokenizer) -> bool:
    """Whether a chat template gives a question the token ids that training gave it, with a picture and without."""
    from transformers.utils.chat_template_utils import render_jinja_template

    for seen in (True, False):
        content = [{"type": "image"}] * seen + [{"type": "text", "text": _ASKED}]
        texts, _ = render_jinja_template(
            conversations=[[{"role": "user", "content": content}]], chat_template=template, add_generation_prompt=True
        )
        ids = tokenizer(texts[0], add_special_tokens=False).input_ids
        image = tokenizer.convert_tokens_to_ids(prompter.placeholder)
        ids = [prompter.image_token if each == image else each for each in ids]
        if ids != list(prompter.question_ids(_ASKED, image=seen)):
            return False
    return True

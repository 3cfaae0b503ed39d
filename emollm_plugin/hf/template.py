"""A conversation template of training as the Jinja text that Hugging Face tokenizers and inference engines render."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from emobench_data.io.errors import InputError

from ..prompt.chat_template import ANSWER, NEXT, QUESTION, taken_apart
from ..prompt.formats import ChatFormat
from ..prompt.templates import GUIDANCE

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


def form_of(conv: Any) -> tuple[ChatFormat, str]:
    """What a host `Conversation` writes around texts, and its system text.

    Raises:
        InputError: it does more than put texts between fixed ones.
    """
    form, system = getattr(conv, "form", None), conv.system
    if form is not None:
        return form, system
    guidance = GUIDANCE if GUIDANCE in system else system
    refused = InputError(f"template {conv.version!r} cannot be written as a chat template; train with another --version")
    try:
        form = taken_apart(lambda system, texts: _written(conv, texts).replace(guidance, system, 1))
    except ValueError:
        raise refused from None
    dialogue = (QUESTION, ANSWER, NEXT)
    if any(form.render(guidance, dialogue[:count]) != _written(conv, dialogue[:count]) for count in (1, 2, 3)):
        raise refused
    return form, guidance


def _written(conv: Any, texts: Sequence[str]) -> str:
    """The prompt, open for an answer after a question, as of `ChatFormat.render`."""
    conv = conv.copy()
    conv.messages = []
    for place, text in enumerate((*texts, *[None] * (len(texts) % 2))):
        conv.append_message(conv.roles[place % 2], text)
    return conv.get_prompt()


def chat_template(prompter: Any, tokenizer: Any) -> str:
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


def asks_alike(template: str, prompter: Any, tokenizer: Any) -> bool:
    """Whether a chat template gives a question the token ids that training gave it, with a picture and without."""
    from transformers.utils.chat_template_utils import render_jinja_template

    for seen in (True, False):
        content = [{"type": "image"}] * seen + [{"type": "text", "text": _ASKED}]
        rendered: Any = render_jinja_template(
            conversations=[[{"role": "user", "content": content}]], chat_template=template, add_generation_prompt=True
        )
        ids = tokenizer(rendered[0][0], add_special_tokens=False).input_ids
        image = tokenizer.convert_tokens_to_ids(prompter.placeholder)
        ids = [prompter.image_token if each == image else each for each in ids]
        if ids != list(prompter.question_ids(_ASKED, image=seen)):
            return False
    return True

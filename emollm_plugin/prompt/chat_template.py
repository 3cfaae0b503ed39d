"""The format that a tokenizer's own chat template writes, for families that `formats.FORMATS` does not name.

The template is taken apart once, when training begins, and its pieces are noted in the checkpoint's config.json: evaluation,
serving and export write what training wrote, whatever becomes of the base model's template, or of the date in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from emobench_data.io.errors import InputError

from .formats import FORMATS, ChatFormat, format_of, load_tokenizer
from .templates import CHAT_TEMPLATE

FORMAT_KEY = "emollm_chat_format"  # in config.json

# Stand in for texts while a format is taken apart: no template trims, splits or knows them.
SYSTEM, QUESTION, ANSWER, NEXT = "\u0001s\u0001", "\u0001q\u0001", "\u0001a\u0001", "\u0001n\u0001"
# Before a template: a date that stays the same, where it asks for today's.
DATE = "{% macro strftime_now(form) %}01 Jan 2025{% endmacro %}"


def template_for(model: str) -> str:
    """The `--version` that follows the chat template of a model folder or hub name.

    `emoprompt_<family>` for a family that is known, else `emoprompt_chat_template`; a model without a chat template gets
    `emoprompt`, LLaVA's own format for such models.

    Raises:
        InputError: the tokenizer cannot be loaded, or no EmoPrompt can be put into what its template writes.
    """
    tokenizer = load_tokenizer(model)
    if tokenizer.chat_template is None:
        return "emoprompt"
    name = format_of(tokenizer)
    if name is None:
        own_format(tokenizer)
    return f"emoprompt_{name}" if name else CHAT_TEMPLATE


def own_format(tokenizer: Any) -> ChatFormat:
    """What the tokenizer's chat template writes around texts.

    Where the family has no system role, EmoPrompt's text stands in front of the first question. An answer begins where the
    generation prompt ends; a space at the end of that belongs to the answer. It ends with the token that the template puts
    there, else with the tokenizer's end of text.

    Raises:
        InputError: there is no chat template, or it does more than put texts between fixed ones.
    """
    why = "there is none"
    for in_role in (True, False) if tokenizer.chat_template else ():
        try:
            form = taken_apart(_writer(tokenizer, in_role=in_role))
        except Exception as error:  # whatever a template raises that was written for other messages
            why = next(iter(str(error).splitlines()), type(error).__name__)
            continue
        return _for_training(form, tokenizer)
    raise InputError(
        f"the chat template of {tokenizer.name_or_path} cannot carry EmoPrompt ({why}); choose the nearest with --version: "
        + ", ".join(f"emoprompt_{name}" for name in FORMATS)
    )


def taken_apart(write: Callable[[str, Sequence[str]], str]) -> ChatFormat:
    """The pieces between the texts, to the letter, of whatever writes prompts as `ChatFormat.render` does.

    Raises:
        ValueError: what it writes is more than pieces between texts.
    """
    asked, whole = write(SYSTEM, (QUESTION,)), write(SYSTEM, (QUESTION, ANSWER))
    talked = write(SYSTEM, (QUESTION, ANSWER, NEXT))
    begin, prompt = _cut(asked, QUESTION)
    before, _ = _cut(begin, SYSTEM)
    answer, rest = _cut(_cut(talked, QUESTION)[1], ANSWER)
    end, ask = _cut(whole, ANSWER)[1], _cut(rest, NEXT)[0]
    if not talked.startswith(begin) or "{}" in begin:
        raise ValueError("an earlier turn changes what stands before it")
    # What is asked behind is what is trained behind, be it more than the template writes before earlier answers.
    answer = answer if answer.startswith(prompt) else prompt
    return ChatFormat(before + "{}" + begin[len(before) + len(SYSTEM) :], answer, end, ask.removeprefix(end))


def _cut(text: str, mark: str) -> tuple[str, str]:
    if text.count(mark) != 1:
        raise ValueError("a text is left out, or written more than once")
    before, _, after = text.partition(mark)
    return before, after


def _writer(tokenizer: Any, *, in_role: bool) -> Callable[[str, Sequence[str]], str]:
    """What the template writes for `system` and `texts`, as `ChatFormat.render`; without a role it is in the first text."""

    template = tokenizer.chat_template
    template = DATE + (template["default"] if isinstance(template, dict) else template)  # several, by their names

    def write(system: str, texts: Sequence[str]) -> str:
        first = [{"role": "system", "content": system}] if in_role else []
        contents = texts if in_role else (f"{system}\n\n{texts[0]}", *texts[1:])
        turns = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(contents)]
        # Sandboxed by transformers; a family without a system role refuses one.
        return tokenizer.apply_chat_template(
            first + turns,
            chat_template=template,
            tokenize=False,
            add_generation_prompt=bool(len(texts) % 2),
            enable_thinking=False,
        )

    return write


def _for_training(form: ChatFormat, tokenizer: Any) -> ChatFormat:
    """As `FORMATS` has it: what the tokenizer begins texts with is left out, and an answer ends with its token alone."""
    begun = tokenizer.bos_token if tokenizer("").input_ids[:1] == [tokenizer.bos_token_id] else None
    end = form.end.strip() or tokenizer.eos_token
    # Nothing that the model need not learn to write stands behind its token.
    ask = form.end.partition(end)[2] + form.ask
    return replace(form, begin=form.begin.removeprefix(begun or ""), end=_leading(form.end) + end, ask=ask)


def _leading(end: str) -> str:
    return end[: len(end) - len(end.lstrip())]


def bind(conv: Any, form: ChatFormat) -> None:
    """Let the host `Conversation` of `emoprompt_chat_template` write `form` from here on."""
    conv.form, conv.sep = form, form.end.strip()


def note_format(config: Any, conv: Any) -> None:
    """Write the format of `emoprompt_chat_template` into a model's configuration; other templates are known by name.

    Args:
        conv: the host `Conversation` that is trained in, or None for one that has no name.
    """
    if getattr(conv, "version", None) == CHAT_TEMPLATE:
        setattr(config, FORMAT_KEY, asdict(conv.form))


def bind_noted(config: Any, templates: Any) -> None:
    """Bind the format that a checkpoint notes, if it notes one.

    Raises:
        InputError: what stands there is no format.
    """
    noted = getattr(config, FORMAT_KEY, None)
    if noted is None:
        return
    try:
        form = ChatFormat(**noted)
    except TypeError as error:
        raise InputError(f"config.json: {FORMAT_KEY} is no chat format ({error}); take the checkpoint's own file") from error
    bind(templates[CHAT_TEMPLATE], form)

"""How families of language models write a conversation, as data: one line of text pieces per family.

A family's own chat template (jinja, in its tokenizer) tells which of these it is; it is rendered once, to choose, and
never afterwards, so that training and inference read the same pieces whatever the template does with dates or tools. What
is none of them is taken apart by `chat_template`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError


@dataclass(frozen=True)
class ChatFormat:
    """The text around questions and answers; a beginning-of-sequence token that the tokenizer adds is left out.

    Args:
        begin: what stands before the first question; `{}` is the system text, in front of the first question where
            the family has no system role.
        answer: between a question and its answer. Spaces at its end belong to the answer, which they are trained with.
        end: closes an answer; the model learns to write it, and generation ends there.
        ask: between the end of an answer and the next question.
    """

    begin: str
    answer: str
    end: str
    ask: str

    def render(self, system: str, texts: Sequence[str]) -> str:
        """The prompt for `texts`, which take turns and begin with a question; open for an answer after a question."""
        prompt = self.begin.replace("{}", system)
        for index, text in enumerate(texts):
            if index % 2:
                prompt += self.answer + text + self.end
            else:
                prompt += (self.ask if index else "") + text
        return prompt + self.answer.rstrip(" ") if len(texts) % 2 else prompt


def _tagged(tag: str, close: str) -> ChatFormat:
    """A header before and one token after every turn, the system's too."""
    system, user, assistant = (tag.format(role) for role in ("system", "user", "assistant"))
    newline = "\n" if close.endswith("\n") else ""
    return ChatFormat(
        begin=system + "{}" + close + user, answer=close + assistant, end=close.removesuffix("\n"), ask=newline + user
    )


# Names end up in `--version emoprompt_<name>`.
FORMATS = {
    # Qwen 1.5 to 3, SmolLM2, Yi, ...
    "chatml": _tagged("<|im_start|>{}\n", "<|im_end|>\n"),
    # Llama 3 to 3.3; from 3.1 on the template puts dates before the system text, which are left out here.
    "llama_3": _tagged("<|start_header_id|>{}<|end_header_id|>\n\n", "<|eot_id|>"),
    "phi3": _tagged("<|{}|>\n", "<|end|>\n"),
    "zephyr": _tagged("<|{}|>\n", "</s>\n"),
    # Gemma 1 to 3.
    "gemma": ChatFormat(
        begin="<start_of_turn>user\n{}\n\n",
        answer="<end_of_turn>\n<start_of_turn>model\n",
        end="<end_of_turn>",
        ask="\n<start_of_turn>user\n",
    ),
    "llama_2": ChatFormat("[INST] <<SYS>>\n{}\n<</SYS>>\n\n", " [/INST] ", " </s>", "<s>[INST] "),
    # Mistral wrote its spaces in several ways: 7B v0.1 and v0.2, 7B v0.3 and 8x22B, Nemo and later.
    "mistral": ChatFormat("[INST] {}\n\n", " [/INST] ", "</s>", "[INST] "),
    "mistral_spaced": ChatFormat(" [INST] {}\n\n", " [/INST] ", "</s>", " [INST] "),
    "mistral_v3": ChatFormat("[INST] {}\n\n", "[/INST] ", "</s>", "[INST] "),
    "mistral_tekken": ChatFormat("[INST]{}\n\n", "[/INST]", "</s>", "[INST]"),
    # OLMo 2; its tokenizer adds no beginning of sequence, its template does.
    "olmo": ChatFormat("<|endoftext|><|system|>\n{}\n<|user|>\n", "\n<|assistant|>\n", "<|endoftext|>", "\n<|user|>\n"),
}

# Stand in for texts when a chat template is tried out; one word each, so that no template trims or splits them.
_SYSTEM, _TURNS = "Guidance", ("Question", "Reply", "Next")


def format_of(tokenizer: Any) -> str | None:
    """The name in `FORMATS` of what the tokenizer's own chat template writes, or None if it has none or writes another."""
    if tokenizer.chat_template is None:
        return None
    written = list(_written(tokenizer))
    # A question must be written alike to the letter; around earlier answers some templates leave out spaces.
    for alike in (lambda text: text, lambda text: text.replace(" ", "")):
        for name, form in FORMATS.items():
            # What stands before the system text may differ: a date, or the beginning-of-sequence token.
            dialogue, question = (_from_system(form.render(_SYSTEM, part)) for part in (_TURNS, _TURNS[:1]))
            if any(question == asked and alike(dialogue) == alike(talked) for talked, asked in written):
                return name
    return None


def _written(tokenizer: Any) -> Iterator[tuple[str, str]]:
    """What the chat template writes for two questions and for one, with a system role and without."""
    import jinja2

    roles = ("user", "assistant", "user")
    for system in ([{"role": "system", "content": _SYSTEM}], []):
        first = _TURNS[0] if system else f"{_SYSTEM}\n\n{_TURNS[0]}"
        turns = [{"role": role, "content": text} for role, text in zip(roles, (first, *_TURNS[1:]))]
        try:
            # Sandboxed by transformers; a family without a system role refuses one.
            texts = [
                tokenizer.apply_chat_template(system + part, tokenize=False, add_generation_prompt=True)
                for part in (turns, turns[:1])
            ]
        except (jinja2.TemplateError, TypeError, ValueError):
            continue
        yield _from_system(texts[0]), _from_system(texts[1])


def _from_system(text: str) -> str:
    return text[text.find(_SYSTEM) :] if _SYSTEM in text else ""


def load_tokenizer(model: str, **options: Any) -> Any:
    """The tokenizer as LLaVA's training loads it (`use_fast=False`, and `options`), with its chat template.

    Raises:
        InputError: it cannot be loaded.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(model, use_fast=False, **options)
    except Exception as error:  # for a broken file the library tokenizers raises no narrower one
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"the tokenizer of {model} cannot be loaded: {why}") from error
    beside = Path(model).expanduser() / "chat_template.jinja"
    if tokenizer.chat_template is None and beside.is_file():
        # transformers before 4.50 does not read the file that newer ones write.
        tokenizer.chat_template = beside.read_text(encoding="utf-8")
    return tokenizer

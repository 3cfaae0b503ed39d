"""Conversation templates `emoprompt...`: a family's own format with EmoPrompt's guidance as the system message.

The paper says that EmoPrompt "guides MLLMs to reason about emotions in the correct direction" and gives no wording;
this one is our own.
"""

from __future__ import annotations

from typing import Any

from emobench_data.io.errors import InputError

from .formats import FORMATS, ChatFormat

PREFIX = "emoprompt"

GUIDANCE = "Look at scene, faces, gestures and light, read words against the picture, then judge."

# `--version emoprompt_chat_template`: as the chat template of the base model's tokenizer writes, see `chat_template`.
CHAT_TEMPLATE = f"{PREFIX}_chat_template"

# `--version emoprompt` is for the Vicuna family.
VICUNA = "vicuna_v1"

CHATML_DEFAULT = "You are a helpful assistant."


def build_templates(conversation: Any) -> dict[str, object]:
    """Every plug-in template by name, made from the host's module `llava.conversation`.

    `emoprompt` (Vicuna), `emoprompt_<name>` for every family in `FORMATS` and for every template of the host that
    holds no example turns, `chatml` (plain), and `emoprompt_chat_template`, which writes nothing before a model is at hand.
    """
    host = {name: conv for name, conv in conversation.conv_templates.items() if not is_ours(conv)}
    templates = {}
    for name, base in host.items():
        if not base.messages and base.sep_style != conversation.SeparatorStyle.PLAIN:
            templates[f"{PREFIX}_{name}"] = _guided(base, f"{PREFIX}_{name}")
    templates[PREFIX] = _guided(host[VICUNA], PREFIX)
    template = _template_class(conversation)
    for name, form in FORMATS.items():
        templates[f"{PREFIX}_{name}"] = template(form, GUIDANCE, f"{PREFIX}_{name}")
    templates[CHAT_TEMPLATE] = template(None, GUIDANCE, CHAT_TEMPLATE)
    templates["chatml"] = template(FORMATS["chatml"], CHATML_DEFAULT, "chatml")
    return templates


def is_ours(conv: Any) -> bool:
    """Whether a host `Conversation` is one of the plug-in's, whose labels are built turn by turn."""
    return conv.version == "chatml" or conv.version.startswith(PREFIX)


def end_of_answer(conv: Any) -> str:
    """The text that closes an answer in a host `Conversation`."""
    return (conv.sep2 or conv.sep).strip()


def _template_class(conversation: Any) -> type:
    class ChatTemplate(conversation.Conversation):
        """A host `Conversation` that writes its prompt as a `ChatFormat` says, or as one that is bound to it later."""

        def __init__(self, form: ChatFormat | None, system: str, version: str) -> None:
            # The host's scripts stop at `sep` for every style but TWO.
            super().__init__(
                system=system,
                roles=("user", "assistant"),
                messages=[],
                offset=0,
                version=version,
                sep_style=conversation.SeparatorStyle.MPT,
                sep=form.end.strip() if form else "",
            )
            self.form = form

        def get_prompt(self) -> str:
            if self.form is None:
                raise InputError(
                    f"template {self.version!r} is read off a model's tokenizer in training and noted in its config.json; this"
                    " model notes none: name another with --conv-mode"
                )
            # The host's web interface puts a tuple (text, image, mode) where a text stands.
            texts = [text[0] if isinstance(text, tuple) else text for _, text in self.messages]
            return self.form.render(self.system, [text for text in texts if text is not None])

        def copy(self) -> ChatTemplate:
            twin = ChatTemplate(self.form, self.system, self.version)
            twin.messages = [list(message) for message in self.messages]
            return twin

    return ChatTemplate


def _guided(base: Any, version: str) -> Any:
    guided = base.copy()
    guided.messages = ()
    # Some of the host's templates carry their system role inside the system text.
    head, sep, _ = base.system.partition("system\n")
    guided.system = head + sep + GUIDANCE if sep else GUIDANCE
    # The host's mmtag formats are recognised by this word in the version.
    guided.version = version if "mmtag" in version or "mmtag" not in base.version else f"{version}_mmtag"
    return guided

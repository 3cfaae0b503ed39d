"""Conversation templates `emoprompt...`: the host's own formats with EmoPrompt's guidance as the system message.

The paper says that EmoPrompt "guides MLLMs to reason about emotions in the correct direction" and gives no wording;
this one is our own.
"""

from __future__ import annotations

PREFIX = "emoprompt"

GUIDANCE = (
    "Look first at what is visible: scene, people, faces, gestures, light and color. Read any words against the "
    "picture. Then judge the emotion or intention, and answer exactly as asked."
)

# `--version emoprompt` is for the Vicuna family.
VICUNA = "vicuna_v1"

# ChatML as SmolLM2, Qwen and others were trained on it: a line break stands before every role but the first. LLaVA's
# own ChatML-like templates (mpt, chatml_direct) leave it out.
CHATML = {"roles": ("\n<|im_start|>user\n", "\n<|im_start|>assistant\n"), "sep": "<|im_end|>"}
CHATML_SYSTEM = "<|im_start|>system\n"
CHATML_DEFAULT = "You are a helpful assistant."


def build_templates(conversation) -> dict[str, object]:
    """Every plug-in template by name, made from the host's module `llava.conversation`.

    `emoprompt` (Vicuna), `chatml` (plain) and `emoprompt_chatml`, and `emoprompt_<name>` for every template of the
    host that holds no example turns.
    """
    host = {name: conv for name, conv in conversation.conv_templates.items() if not is_ours(conv)}
    templates = {"chatml": _chatml(conversation, CHATML_DEFAULT, version="chatml")}
    templates[f"{PREFIX}_chatml"] = _chatml(conversation, GUIDANCE, version=f"{PREFIX}_chatml")
    for name, base in host.items():
        if not base.messages and base.sep_style != conversation.SeparatorStyle.PLAIN:
            templates[f"{PREFIX}_{name}"] = _guided(base, f"{PREFIX}_{name}")
    templates[PREFIX] = _guided(host[VICUNA], PREFIX)
    return templates


def is_ours(conv) -> bool:
    """Whether a host `Conversation` is one of the plug-in's, whose labels are built turn by turn."""
    return conv.version == "chatml" or conv.version.startswith(PREFIX)


def _chatml(conversation, system: str, *, version: str):
    return conversation.Conversation(
        system=CHATML_SYSTEM + system, messages=(), offset=0, version=version,
        sep_style=conversation.SeparatorStyle.MPT, **CHATML,
    )  # fmt: skip


def _guided(base, version: str):
    guided = base.copy()
    guided.messages = ()
    # Some of the host's templates carry their system role inside the system text.
    head, sep, _ = base.system.partition("system\n")
    guided.system = head + sep + GUIDANCE if sep else GUIDANCE
    # The host's mmtag formats are recognised by this word in the version.
    guided.version = version if "mmtag" in version or "mmtag" not in base.version else f"{version}_mmtag"
    return guided

"""A request of OpenAI's chat completions: read, answered, and said in the form that its clients read.

The form is that of OpenAI's API reference (`POST /v1/chat/completions`), with vLLM's `video_url` for clips. Nothing is
fetched and no file of this machine is read: media are in the request.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import orjson

from emobench_data.io.errors import InputError
from emobench_data.media.kinds import KINDS

from ...evaluation.decode import Said
from ...evaluation.eyes import Seen
from ..ask import TOKENS
from .guard import LIMIT

MOST_TOKENS = 1024  # of an answer; others wait for it
LONGEST = 32_000  # characters of a conversation
TOO_LONG = "context_length_exceeded"
ROLES = ("user", "assistant")
SEEN = ("image_url", "video_url")
HEARD = "input_audio"
_DATA = re.compile(r"data:[\w.+-]+/[\w.+-]+(;[\w.+=-]+)*;base64", re.IGNORECASE)
# What would change the answer and is not followed -> the values that change nothing.
PLAIN: Mapping[str, tuple[Any, ...]] = {
    "temperature": (0,),
    "n": (1,),
    "stop": ([],),
    "tools": ([],),
    "functions": ([],),
    "logprobs": (False,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
}


class ChatFault(InputError):
    """A request that is refused: `param` names what is at fault in it; `status` is HTTP's, `code` OpenAI's."""

    def __init__(self, message: str, param: str | None = None, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.param, self.status, self.code = param, status, code


class Chat(NamedTuple):
    """What is asked.

    Args:
        turns: of the user, the assistant, the user and so on.
        media: of the first turn, type of the part -> content and how the name of such a file ends.
        max_tokens: of the answer.
        stream: whether the answer is sent as events.
    """

    turns: tuple[str, ...]
    media: dict[str, tuple[bytes, str]]
    max_tokens: int
    stream: bool


def read_chat(body: bytes, model: str) -> Chat:
    """The request in `body`; raises `ChatFault` where it is none, asks another model, or asks for what is not done here."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ChatFault(f"the body is no JSON ({error}); send a chat completion request") from error
    if not isinstance(asked, dict):
        raise ChatFault("the body is no JSON object; send a chat completion request")
    if asked.get("model") != model:
        raise ChatFault(f"model {asked.get('model')!r:.80} is not served here; ask {model!r}", "model", 404, "model_not_found")
    for name, values in PLAIN.items():
        if asked.get(name) is not None and asked[name] not in values:
            raise ChatFault(f"{name}: answers here are greedy text; leave it out or give {values[0]!r}", name)
    turns, media = _read_messages(asked.get("messages"))
    return Chat(turns, media, _tokens(asked), bool(asked.get("stream")))


def _tokens(asked: Mapping[str, Any]) -> int:
    name = "max_completion_tokens" if asked.get("max_completion_tokens") is not None else "max_tokens"
    given = TOKENS if asked.get(name) is None else asked[name]
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_TOKENS:
        raise ChatFault(f"{name}: {given!r:.40}; give a number from 1 to {MOST_TOKENS}", name)
    return given


def _read_messages(messages: Any) -> tuple[tuple[str, ...], dict[str, tuple[bytes, str]]]:
    if not isinstance(messages, list) or not messages:
        raise ChatFault("messages: none; send one of the role user at least", "messages")
    turns: list[str] = []
    media: dict[str, tuple[bytes, str]] = {}
    for place, message in enumerate(messages):
        where, wanted = f"messages[{place}]", ROLES[place % 2]
        role = message.get("role") if isinstance(message, dict) else None
        if role in ("system", "developer"):
            held = "the model is asked with the system message that it was trained with"
            raise ChatFault(f"{where}: {held}; put what you want to say into a user message", where)
        if role != wanted:
            raise ChatFault(f"{where}: role {role!r:.40}; user and assistant take turns, so give {wanted}", where)
        text, found = _read_content(message.get("content"), f"{where}.content")
        if found and place:
            raise ChatFault(f"{where}: media belong into the first message; put them there, or begin anew", where)
        turns.append(text)
        media |= found
    if len(turns) % 2 == 0:
        raise ChatFault("messages: the last one is the assistant's; end with one of the role user", "messages")
    if sum(map(len, turns)) > LONGEST:
        raise ChatFault(f"messages: longer than {LONGEST} characters; send less", "messages", 400, TOO_LONG)
    return tuple(turns), media


def _read_content(content: Any, where: str) -> tuple[str, dict[str, tuple[bytes, str]]]:
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list) or not parts:
        raise ChatFault(f"{where}: neither a text nor a list of parts; give one of these", where)
    texts: list[str] = []
    media: dict[str, tuple[bytes, str]] = {}
    for place, part in enumerate(parts):
        at = f"{where}[{place}]"
        kind = part.get("type") if isinstance(part, dict) else None
        held = part.get(kind) if isinstance(kind, str) else None
        if kind == "text" and isinstance(held, str):
            texts.append(held)
        elif (kind in SEEN or kind == HEARD) and isinstance(held, dict):
            if kind in media or (kind in SEEN and any(one in media for one in SEEN)):
                raise ChatFault(f"{at}: one picture or clip and one sound at most are asked about; send one", at)
            media[kind] = _heard(held, at) if kind == HEARD else (_from_data(held.get("url"), at), "")
        else:
            known = ", ".join(("text", *SEEN, HEARD))
            raise ChatFault(f"{at}: no part of a known type; known: {known}, each with a value under that name", at)
    return "\n".join(texts), media


def _from_data(url: Any, at: str) -> bytes:
    head, comma, content = url.partition(",") if isinstance(url, str) else ("", "", "")
    if not comma or not _DATA.fullmatch(head):
        refused = "web addresses are not fetched and files of this machine are not read"
        raise ChatFault(f"{at}: {refused}; send the content itself as data:image/png;base64,...", at)
    return _decoded(content, at)


def _heard(held: Mapping[str, Any], at: str) -> tuple[bytes, str]:
    suffix, data = f".{held.get('format')}", held.get("data")
    known = KINDS.get("audio").suffixes
    if suffix not in known:
        names = ", ".join(each[1:] for each in known)
        raise ChatFault(f"{at}: format {held.get('format')!r:.20} of a sound; known: {names}", at)
    if not isinstance(data, str):
        raise ChatFault(f"{at}: no data; give the sound's file in base64 under data", at)
    return _decoded(data, at), suffix


def _decoded(content: str, at: str) -> bytes:
    try:
        made = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ChatFault(f"{at}: no base64 ({error}); encode the file's bytes in it", at) from error
    if not 0 < len(made) <= LIMIT:
        raise ChatFault(f"{at}: {len(made):,} bytes; send from 1 to {LIMIT:,}", at)
    return made


def answer(predictor: Any, chat: Chat, folder: Path) -> Said:
    """The model's own words on the last turn, greedy.

    Args:
        folder: in which media lie until they are read.

    Raises:
        ChatFault: a medium cannot be used, or the conversation does not fit into the context.
    """
    with TemporaryDirectory(dir=folder) as place:
        try:
            seen = _opened(predictor.eyes, chat.media, Path(place).resolve())
            first, *rest = chat.turns
            asked = predictor.ask(seen, first)
            if rest:
                shown = {"image": asked.pixels is not None, "sound": asked.sound is not None}
                turns = ((seen.line if seen else "") + first, *rest)
                asked = replace(asked, ids=predictor.prompter.dialogue_ids(turns, **shown))
        except InputError as error:
            raise ChatFault(str(error).replace(f"{Path(place).resolve()}/", ""), "messages") from error
    limit = predictor.reader.limit or len(asked.ids)
    fault = ChatFault(f"messages: more than the {limit} tokens that the model reads; send less", "messages", 400, TOO_LONG)
    if len(asked.ids) > limit:
        raise fault
    [said] = predictor.said_batch([asked], max_new_tokens=chat.max_tokens)
    if predictor.reader.limit and said.read >= limit:  # with its media; the end would be cut off
        raise fault
    return said


def _opened(eyes: Any, media: Mapping[str, tuple[bytes, str]], folder: Path) -> Seen | None:
    """Of a file without its ending the content says what it is."""
    files = {}
    for kind, (content, suffix) in media.items():
        files[kind] = folder / f"{kind}{suffix}"
        files[kind].write_bytes(content)
    sound = files.pop(HEARD, None)
    return eyes.open(*files.values(), sound) if files else eyes.sound(sound) if sound else None


def completion(said: Said, model: str) -> dict[str, Any]:
    """The answer as an object `chat.completion`."""
    return {
        **_named("chat.completion", model),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": said.text, "refusal": None},
                "logprobs": None,
                "finish_reason": _end(said),
            }
        ],
        "usage": _usage(said),
    }


def events(said: Said, model: str) -> bytes:
    """The answer as the events of a stream, all at once."""
    head = _named("chat.completion.chunk", model)
    choices = [
        {"index": 0, "delta": {"role": "assistant", "content": said.text}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": _end(said)},
    ]
    chunks = [orjson.dumps({**head, "choices": [one]}) for one in choices]
    return b"".join(b"data: %s\n\n" % one for one in (*chunks, b"[DONE]"))


def fault_of(error: ChatFault) -> dict[str, Any]:
    """The error as OpenAI's clients read it."""
    kind = "invalid_request_error" if error.status < 500 and error.status != 429 else "server_error"
    return {"error": {"message": str(error), "type": kind, "param": error.param, "code": error.code}}


def _named(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _end(said: Said) -> str:
    return "stop" if said.ended else "length"


def _usage(said: Said) -> dict[str, int]:
    return {"prompt_tokens": said.read, "completion_tokens": said.written, "total_tokens": said.read + said.written}

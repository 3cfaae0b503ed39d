"""The one client of OpenAI-compatible endpoints here: the package `openai`, with tries that can be counted and stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import orjson

from .errors import InputError

TRIES, TIMEOUT, LONGEST_PAUSE = 6, 60.0, 60.0  # the last two in seconds
_AGAIN = (408, 429, 500, 502, 503, 504)
_THIS_QUESTION = (400, 413, 415, 422)  # too long, or held back by a content filter; the next one may pass


class Refused(Exception):
    """This question got no answer, a fixed phrase says why; others may. `said` is what the endpoint says of it."""

    def __init__(self, phrase: str, said: str = "") -> None:
        super().__init__(phrase)
        self.said = said


class Ended(Exception):
    """Nothing more is to be asked."""


class Reply(NamedTuple):
    """What was said, and what it took in tokens, where the endpoint says that."""

    text: str
    tokens: int | None


class Connection:
    """Asks the model `model` at `url`, which ends before `/chat/completions`; from several threads.

    Args:
        key: of the endpoint, empty where it wants none. It goes to `url` and nowhere else.
        pause: seconds before the first try again; each further one waits twice as long.
        timeout: seconds for a reply.

    Once `stop` is set, nothing is tried again.

    Raises:
        InputError: the package openai is not installed.
    """

    def __init__(self, url: str, model: str, *, key: str = "", pause: float = 1.0, timeout: float = TIMEOUT) -> None:
        self.url, self.model, self.stop = url, model, threading.Event()
        self._pause, self._openai = pause, _openai()
        self._headers = {} if key else {"Authorization": self._openai.Omit()}
        self._client = self._openai.OpenAI(
            base_url=url,
            api_key=key or "none",  # it takes the environment's for none, which is not for this endpoint
            max_retries=0,
            timeout=timeout,
            http_client=self._openai.DefaultHttpxClient(follow_redirects=False),
        )

    def ask(self, content: Any, max_tokens: int, begin: Callable[[], None] = lambda: None) -> Reply:
        """The answer to a message's `content` at temperature 0, after as many tries as it needs.

        Args:
            begin: called before each try; it may raise `Ended`.

        Raises:
            Refused: the endpoint does not take this question, or answers in another form every time.
            Ended: as `begin`, or `stop` was set.
            InputError: the endpoint cannot be reached, or refuses for another reason than this question.
        """
        openai, pause, reason, malformed = self._openai, self._pause, "", False
        for attempt in range(TRIES):
            if attempt and self.stop.wait(min(pause, LONGEST_PAUSE)):
                break
            pause = self._pause * 2**attempt
            begin()
            try:
                reply = self._reply(content, max_tokens)
            except openai.APIStatusError as error:
                reason, malformed = f"answers {error.status_code} {error.response.reason_phrase}", False
                if error.status_code in _THIS_QUESTION:
                    raise Refused(f"the endpoint {reason}", _words(error)) from error
                if error.status_code not in _AGAIN:
                    break
                pause = max(pause, _seconds(error.response.headers.get("Retry-After")))
            except openai.APIConnectionError as error:
                reason, malformed = f"cannot be reached ({_words(error.__cause__ or error)})", False
            else:
                try:
                    return _read(reply)
                except (ValueError, LookupError, TypeError, AttributeError):
                    reason, malformed = "does not answer in the form of a chat completion", True
        if self.stop.is_set():
            raise Ended
        if malformed:
            raise Refused(f"the endpoint {reason}")
        raise self.fault(reason)

    def fault(self, reason: str) -> InputError:
        """What ends a run, in one line."""
        way_out = "check address, model and key, then run it again: it goes on"
        return InputError(f"endpoint {self.url}: {reason}; {way_out}")

    def _reply(self, content: Any, max_tokens: int) -> bytes:
        """One try. Not every server says that it sends JSON, without which the library takes it for text."""
        raw = self._client.chat.completions.with_raw_response.create(
            model=self.model,
            messages=[{"role": "user", "content": content}],
            temperature=0,
            seed=0,
            max_tokens=max_tokens,
            extra_headers=self._headers,
        )
        return raw.content


def _read(reply: bytes) -> Reply:
    completion = orjson.loads(reply)
    text, tokens = completion["choices"][0]["message"]["content"], (completion.get("usage") or {}).get("total_tokens")
    if not isinstance(text, str):
        raise TypeError("no text")
    return Reply(text, tokens if isinstance(tokens, int) else None)


def _openai() -> ModuleType:
    try:
        import openai
    except ImportError as error:
        raise InputError("asking an endpoint needs the package openai; run: pip install 'emollm-llava[endpoint]'") from error
    for name in ("httpx", "httpx2"):  # a line for each question
        logging.getLogger(name).setLevel(logging.WARNING)
    return openai


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]


def _seconds(value: str | None) -> float:
    """What a header `Retry-After` asks for; 0 where it is a date or nothing."""
    return float(value) if value and value.isascii() and value.isdigit() else 0.0

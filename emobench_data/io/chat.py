"""A model behind an OpenAI-compatible endpoint: each question is asked once, within a budget, and kept on disk."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

import orjson
from tqdm import tqdm

from .errors import InputError

WORKERS, TRIES, TIMEOUT, LONGEST_PAUSE = 8, 6, 60, 60  # the last two in seconds
GIVE_UP = 20  # so many questions refused and none answered: the endpoint does not fit the questions
_AGAIN = (408, 429, 500, 502, 503, 504)
_THIS_QUESTION = (400, 413, 415, 422)  # too long, or held back by a content filter; the next one may pass


class Endpoint(NamedTuple):
    """Where a model is. `url` ends before `/chat/completions`; `key` may be empty; `pause` is before the first retry.

    `cache` keeps what it said, one JSON line each, so that a stopped run goes on and a second one asks nothing.
    """

    url: str
    model: str
    cache: Path
    key: str = ""
    pause: float = 1.0

    @property
    def host(self) -> str:
        """Raises `InputError` if the address is none."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"endpoint {self.url!r}: not a web address; give one such as http://127.0.0.1:8000/v1")
        return parts.hostname


class Request(NamedTuple):
    """One question: `key` names it in the cache, `content` makes the message when it is asked, or raises `Refused`."""

    key: str
    content: Callable[[], Any]


class Budget(NamedTuple):
    """The most calls and tokens, what the cache holds and every retry among them; None for no bound."""

    calls: int | None = None
    tokens: int | None = None


@dataclass
class Asked:
    """What came of it: answers and reasons for refusal by key, and what was spent, earlier runs included.

    A question in neither was not asked, because the budget had ended.
    """

    said: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    tokens: int = 0


class Refused(Exception):
    """This question got no answer, a fixed phrase says why; others may."""


class _Ended(Exception):
    """The budget is spent, or another question failed."""


def ask_all(
    endpoint: Endpoint, requests: Sequence[Request], *, max_tokens: int, budget: Budget = Budget(), what: str = "by"
) -> Asked:
    """Ask what the cache does not answer yet, at temperature 0. Calls under way when the budget ends are let through.

    Raises:
        InputError: the endpoint is no web address, cannot be reached after several tries or refuses every question; or
            the cache belongs to something else. What was answered is in the cache.
    """
    known = _read_cache(endpoint.cache)
    asked = Asked(calls=len(known), tokens=sum(entry["tokens"] for entry in known.values()))
    asked.said = {one.key: known[one.key]["said"] for one in requests if one.key in known}
    new = list({one.key: one for one in requests if one.key not in known}.values())
    if not new:
        return asked
    title = f"{what} {endpoint.host}"
    endpoint.cache.parent.mkdir(parents=True, exist_ok=True)
    with open(endpoint.cache, "ab") as file, ThreadPoolExecutor(WORKERS) as pool:
        if file.tell():
            file.write(b"\n")  # ends a line that a killed run cut off
        caller = _Caller(endpoint, max_tokens, budget, asked, file)
        try:
            jobs = [pool.submit(caller.ask, one) for one in new]
            for job in tqdm(jobs, title, len(new), unit="answer", disable=None):
                job.result()
        except BaseException:  # one failed, or the user stopped it: what has not begun is not asked any more
            caller.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return asked


class _Caller:
    """Asks for one run, from several threads."""

    def __init__(self, endpoint: Endpoint, max_tokens: int, budget: Budget, asked: Asked, file: BinaryIO) -> None:
        self.endpoint, self.max_tokens, self.budget, self.asked, self.file = endpoint, max_tokens, budget, asked, file
        self.stop, self._lock, self._answered = threading.Event(), threading.Lock(), False

    def ask(self, request: Request) -> None:
        try:
            text, tokens = self._call(request.content())
        except _Ended:
            return
        except Refused as error:
            with self._lock:
                self.asked.refused[request.key] = str(error)
                if not self._answered and len(self.asked.refused) >= GIVE_UP:
                    self.stop.set()  # the others would go on until the caller hears of it
                    raise self._fault(f"{error}, as for each of the first {GIVE_UP} questions") from error
            return
        line = {"key": request.key, "model": self.endpoint.model, "said": text, "tokens": tokens}
        with self._lock:
            self._answered = True
            self.asked.said[request.key] = text
            self.asked.tokens += tokens
            self.file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            self.file.flush()

    def _call(self, content: Any) -> tuple[str, int]:
        """The answer and what it took in tokens, after as many tries as it needs."""
        request, pause = self._request(content), self.endpoint.pause
        for attempt in range(TRIES):
            if attempt and self.stop.wait(min(pause, LONGEST_PAUSE)):
                break
            pause = self.endpoint.pause * 2**attempt
            self._begin()
            try:
                with _OPENER.open(request, timeout=TIMEOUT) as response:
                    return self._read(json.load(response))
            except InputError:
                raise
            except urllib.error.HTTPError as error:
                reason, malformed = f"answers {error.code} {error.reason}", False
                if error.code in _THIS_QUESTION:
                    raise Refused(f"the endpoint answers {error.code} {error.reason}") from error
                if error.code not in _AGAIN:
                    break
                pause = max(pause, _seconds(error.headers.get("Retry-After")))
            except (OSError, http.client.HTTPException) as error:
                reason, malformed = f"cannot be reached ({error})", False
            except (ValueError, LookupError, TypeError, AttributeError):
                reason, malformed = "does not answer in the form of a chat completion", True
        if self.stop.is_set():
            raise _Ended
        if malformed:
            raise Refused(f"the endpoint {reason}")
        raise self._fault(reason)

    def _request(self, content: Any) -> urllib.request.Request:
        body = {"model": self.endpoint.model, "temperature": 0, "seed": 0, "max_tokens": self.max_tokens}
        body["messages"] = [{"role": "user", "content": content}]
        headers = {"Content-Type": "application/json"}
        if self.endpoint.key:
            headers["Authorization"] = f"Bearer {self.endpoint.key}"
        address = f"{self.endpoint.url.rstrip('/')}/chat/completions"
        return urllib.request.Request(address, json.dumps(body).encode(), headers, method="POST")

    def _begin(self) -> None:
        """Count a call, or raise `_Ended`."""
        with self._lock:
            asked, budget = self.asked, self.budget
            over = budget.calls is not None and asked.calls >= budget.calls
            if over or self.stop.is_set() or (budget.tokens is not None and asked.tokens >= budget.tokens):
                raise _Ended
            asked.calls += 1

    def _read(self, reply: Any) -> tuple[str, int]:
        text, tokens = reply["choices"][0]["message"]["content"], (reply.get("usage") or {}).get("total_tokens")
        if not isinstance(text, str):
            raise TypeError("no text")
        if self.budget.tokens is not None and not isinstance(tokens, int):
            raise self._fault("reports no tokens; bound the calls instead")
        return text, tokens if isinstance(tokens, int) else 0

    def _fault(self, reason: str) -> InputError:
        way_out = "check address, model and key, then run it again: it goes on"
        return InputError(f"endpoint {self.endpoint.url}: {reason}; {way_out}")


def _seconds(value: str | None) -> float:
    """What a header `Retry-After` asks for; 0 where it is a date or nothing."""
    return float(value) if value and value.isascii() and value.isdigit() else 0.0


def _read_cache(path: Path) -> dict[str, dict[str, Any]]:
    """What was said in earlier runs; a line cut off by a killed run does not count."""
    known: dict[str, dict[str, Any]] = {}
    lines = path.read_bytes().splitlines() if path.is_file() else []
    for line in filter(None, lines):
        try:
            entry = orjson.loads(line)
            known[entry["key"]] = {"said": str(entry["said"]), "tokens": int(entry.get("tokens", 0))}
        except (ValueError, TypeError, KeyError):
            continue
    if lines and not known:
        raise InputError(f"{path}: holds no answer of an endpoint; give another file")
    return known


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key goes to the endpoint that the user named, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)

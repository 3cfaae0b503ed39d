"""Questions to a model behind an OpenAI-compatible endpoint: each is asked once, within a budget, and kept on disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tqdm import tqdm

from .connection import Connection, Ended, Refused
from .errors import InputError
from .journal import Journal, appending, read_journal

__all__ = ["Asked", "Budget", "Endpoint", "Refused", "Request", "ask_all"]

WORKERS = 8
GIVE_UP = 20  # so many questions refused and none answered: the endpoint does not fit the questions


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


def ask_all(
    endpoint: Endpoint, requests: Sequence[Request], *, max_tokens: int, budget: Budget = Budget(), what: str = "by"
) -> Asked:
    """Ask what the cache does not answer yet, at temperature 0. Calls under way when the budget ends are let through.

    Raises:
        InputError: the package openai is not installed; the endpoint is no web address, cannot be reached after several
            tries or refuses every question; or the cache belongs to something else. What was answered is in the cache.
    """
    known = _read_cache(endpoint.cache)
    asked = Asked(calls=len(known), tokens=sum(entry["tokens"] for entry in known.values()))
    asked.said = {one.key: known[one.key]["said"] for one in requests if one.key in known}
    new = list({one.key: one for one in requests if one.key not in known}.values())
    if not new:
        return asked
    title = f"{what} {endpoint.host}"
    connection = Connection(endpoint.url, endpoint.model, key=endpoint.key, pause=endpoint.pause)
    with appending(endpoint.cache) as journal, ThreadPoolExecutor(WORKERS) as pool:
        caller = _Caller(connection, max_tokens, budget, asked, journal)
        try:
            jobs = [pool.submit(caller.ask, one) for one in new]
            for job in tqdm(jobs, title, len(new), unit="answer", disable=None):
                job.result()
        except BaseException:  # one failed, or the user stopped it: what has not begun is not asked any more
            connection.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return asked


class _Caller:
    """Asks for one run, from several threads."""

    def __init__(self, connection: Connection, max_tokens: int, budget: Budget, asked: Asked, journal: Journal) -> None:
        self.connection, self.max_tokens, self.budget, self.asked, self.journal = connection, max_tokens, budget, asked, journal
        self._lock, self._answered = threading.Lock(), False

    def ask(self, request: Request) -> None:
        try:
            text, tokens = self.connection.ask(request.content(), self.max_tokens, self._begin)
        except Ended:
            return
        except Refused as error:
            with self._lock:
                self.asked.refused[request.key] = str(error)
                if not self._answered and len(self.asked.refused) >= GIVE_UP:
                    self.connection.stop.set()  # the others would go on until the caller hears of it
                    raise self.connection.fault(f"{error}, as for each of the first {GIVE_UP} questions") from error
            return
        if self.budget.tokens is not None and tokens is None:
            raise self.connection.fault("reports no tokens; bound the calls instead")
        line = {"key": request.key, "model": self.connection.model, "said": text, "tokens": tokens or 0}
        with self._lock:
            self._answered = True
            self.asked.said[request.key] = text
            self.asked.tokens += tokens or 0
            self.journal.add(line)

    def _begin(self) -> None:
        """Count a call, or raise `Ended`."""
        with self._lock:
            asked, budget = self.asked, self.budget
            over = budget.calls is not None and asked.calls >= budget.calls
            if over or self.connection.stop.is_set() or (budget.tokens is not None and asked.tokens >= budget.tokens):
                raise Ended
            asked.calls += 1


def _read_cache(path: Path) -> dict[str, dict[str, Any]]:
    """What was said in earlier runs."""
    known: dict[str, dict[str, Any]] = {}
    for entry in read_journal(path):
        try:
            known[entry["key"]] = {"said": str(entry["said"]), "tokens": int(entry.get("tokens", 0))}
        except (ValueError, TypeError, KeyError):
            continue
    if not known and path.is_file() and path.read_bytes().strip():
        raise InputError(f"{path}: holds no answer of an endpoint; give another file")
    return known

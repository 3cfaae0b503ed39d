"""Asking an endpoint: what is tried again, what ends a run, and what is kept."""

import sys

import pytest

from emobench_data import InputError
from emobench_data.io.chat import GIVE_UP, Budget, Endpoint, Refused, Request, ask_all
from emobench_data.io.connection import TRIES

from ..make import read_lines


@pytest.fixture
def ask(server, tmp_path):
    def run(*keys, content=lambda key: key, **options):
        requests = [Request(key, lambda key=key: content(key)) for key in keys]
        endpoint = Endpoint(server.url, "m", tmp_path / "cache.jsonl", pause=0)
        return ask_all(endpoint, requests, max_tokens=5, **options)

    server.reply = lambda body: body["messages"][0]["content"].upper()
    return run


def test_each_question_is_asked_once_and_kept(ask, server, tmp_path):
    first = ask("a", "b", "a")
    assert first.said == {"a": "A", "b": "B"} and (first.calls, first.tokens) == (2, 200)
    assert server.asked[0][2]["max_tokens"] == 5
    with open(tmp_path / "cache.jsonl", "ab") as file:
        file.write(b'{"key": "c", "said": "cut o')
    again = ask("c", "a", "b")
    assert again.said == {"a": "A", "b": "B", "c": "C"} and (again.calls, again.tokens) == (3, 300)
    assert len(server.asked) == 3


def test_busy_and_broken_replies_are_tried_again(ask, server):
    shapes = [b"not JSON", b"{}", b"[]", b'{"choices": [{"message": {"content": null}}]}']
    broken = shapes.copy()
    server.reply = lambda body: broken.pop() if broken else "fine"
    assert ask("a").said == {"a": "fine"} and len(server.asked) == len(shapes) + 1
    server.codes = [500, 429, 503]
    assert ask("b").said == {"b": "fine"} and not server.codes


def test_a_key_goes_to_the_endpoint_alone(ask, server, tmp_path, monkeypatch, caplog):
    """Not the environment's, not to where a reply leads, and into no log."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    ask("a")
    assert server.asked[0][1] is None
    endpoint = Endpoint(server.url, "m", tmp_path / "other.jsonl", key="own", pause=0)
    with caplog.at_level("DEBUG"):
        ask_all(endpoint, [Request("a", lambda: "a")], max_tokens=5)
    assert server.asked[1][1] == "Bearer own" and "own" not in caplog.text.replace("own.jsonl", "")
    server.reply = lambda body: 302
    with pytest.raises(InputError, match="answers 302") as caught:
        ask_all(endpoint, [Request("b", lambda: "b")], max_tokens=5)
    assert len(server.asked) == 3 and "own;" not in str(caught.value)


def test_without_openai_the_way_out_is_named(ask, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(InputError, match=r"needs the package openai; run: pip install 'emollm-llava\[endpoint\]'"):
        ask("a")


def test_a_busy_endpoint_is_not_asked_for_ever(ask, server):
    server.reply = lambda body: 429
    with pytest.raises(InputError, match="answers 429.*run it again: it goes on"):
        ask("a")
    assert len(server.asked) == TRIES


def test_one_question_may_be_refused(ask, server):
    replies = {"a": 400, "b": b"never JSON", "c": "C"}
    server.reply = lambda body: replies[body["messages"][0]["content"]]
    found = ask("a", "b", "c")
    assert found.said == {"c": "C"} and "answers 400" in found.refused["a"] and "form" in found.refused["b"]
    replies["a"] = "later"
    assert ask("a", "c").said == {"a": "later", "c": "C"}


def test_an_endpoint_that_refuses_everything_is_given_up(ask, server):
    server.reply = lambda body: 400
    with pytest.raises(InputError, match=f"400.*first {GIVE_UP} questions"):
        ask(*map(str, range(200)))
    assert len(server.asked) < 200

    def content(_):
        raise Refused("no medium")

    with pytest.raises(InputError, match="no medium"):
        ask(*map(str, range(GIVE_UP)), content=content)


def test_a_budget_of_calls_counts_retries_and_earlier_runs(ask, server, tmp_path):
    server.codes = [500, 500]
    first = ask("a", "b", "c", "d", budget=Budget(calls=4))
    assert len(server.asked) == first.calls == 4 and len(first.said) == 2 and not first.refused
    assert len(read_lines(tmp_path / "cache.jsonl")) == 2
    ask("a", "b", "c", "d", budget=Budget(calls=2))
    assert len(server.asked) == 4
    last = ask("a", "b", "c", "d", budget=Budget(calls=4))
    assert len(last.said) == 4 and len(server.asked) == 6


def test_a_budget_of_tokens(ask, server):
    keys = list(map(str, range(40)))
    found = ask(*keys, budget=Budget(tokens=300))
    assert 300 <= found.tokens == 100 * len(server.asked) <= 1000
    assert len(ask(*keys, budget=Budget(tokens=300)).said) == len(server.asked)
    server.reply = lambda body: b'{"choices": [{"message": {"content": "x"}}]}'
    with pytest.raises(InputError, match="reports no tokens; bound the calls"):
        ask(*keys, budget=Budget(tokens=30000))


def test_a_cache_of_something_else_is_left_alone(ask, tmp_path):
    (tmp_path / "cache.jsonl").write_text("my notes\n")
    with pytest.raises(InputError, match="holds no answer of an endpoint"):
        ask("a")
    assert (tmp_path / "cache.jsonl").read_text() == "my notes\n"

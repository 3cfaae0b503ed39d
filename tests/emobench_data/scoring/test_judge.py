"""The judge, against a server of our own on this machine."""

import pytest

from emobench_data import InputError
from emobench_data.io.chat import Endpoint
from emobench_data.schema.questions import read_asked
from emobench_data.scoring.core import read_items
from emobench_data.scoring.judge import judged

from ..make import write_lines
from .test_scoring import Case, gold


@pytest.fixture(autouse=True)
def says_yes_to_glad(server):
    server.else_says = "No"
    server.reply = lambda body: "Yes." if "<<<glad>>>" in body["messages"][0]["content"] else server.else_says


@pytest.fixture
def items(tmp_path):
    entries = [gold(i, "emo_o", "joy", references=["joy"]) for i in range(4)] + [gold(9, "hate", "Yes")]
    case = Case(tmp_path, entries)
    lines = [{"question_id": f"q{i}", "text": text} for i, text in ((0, "glad"), (1, "sad"), (2, "glad"), (9, "Yes"))]
    return read_items(read_asked(case.questions), case.questions, case.gold, write_lines(tmp_path / "predictions.jsonl", lines))


def judge(server, tmp_path, **changes):
    fields = {"url": server.url, "model": "m", "cache": tmp_path / "judge.jsonl"}
    return Endpoint(**(fields | {"pause": 0} | changes))


def test_each_open_answer_is_asked_once_and_kept(server, items, tmp_path):
    result = judged(items, judge(server, tmp_path, key="k"))
    assert result["tasks"] == {"emo_o": {"accuracy": 0.5, "n": 4, "unclear": 0}}
    assert len(server.asked) == 2 and {path for path, _, _ in server.asked} == {"/v1/chat/completions"}
    assert {key for _, key, _ in server.asked} == {"Bearer k"} and server.asked[0][2]["temperature"] == 0
    with open(tmp_path / "judge.jsonl", "ab") as file:
        file.write(b'{"key": "cut o')
    assert judged(items, judge(server, tmp_path)) == result and len(server.asked) == 2


def test_unclear_verdicts_are_wrong(server, items, tmp_path):
    server.else_says = "Yes and No"
    assert judged(items, judge(server, tmp_path))["tasks"]["emo_o"] == {"accuracy": 0.5, "n": 4, "unclear": 1}


def test_it_tries_again_and_gives_up(server, items, tmp_path):
    server.codes = [503, 429]
    assert judged(items, judge(server, tmp_path))["tasks"]["emo_o"]["accuracy"] == 0.5
    server.codes = [401, 401]
    with pytest.raises(InputError, match="answers 401"):
        judged(items, judge(server, tmp_path, cache=tmp_path / "other.jsonl"))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "127.0.0.1:80", "http://"])
def test_only_web_addresses(items, tmp_path, url):
    with pytest.raises(InputError, match="not a web address"):
        judged(items, Endpoint(url, "m", tmp_path / "judge.jsonl"))

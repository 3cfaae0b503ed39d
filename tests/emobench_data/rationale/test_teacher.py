"""Rationales from an endpoint: what it is shown, what is kept, and that a killed run goes on."""

import base64
import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from emobench_data import InputError
from emobench_data.cli.commands import main
from emobench_data.io.chat import Endpoint
from emobench_data.rationale.choose import read_rationales
from emobench_data.rationale.teacher import SIDE, make_rationales
from emobench_data.schema.medium import Medium
from emobench_data.schema.record_files import read_record_file, record_line

from ..make import read_lines, record, write_clip, write_lines, write_picture

ROOT = Path(__file__).parents[3]
GOOD = "Bared teeth and lowered brows show rage."


def face(number, **changes):
    fields = {"task": "emo_c", "answer": "anger", "options": ("anger", "fear"), "text": f"number {number}"}
    return record(**{"item": str(number), "media": f"{number}.jpg", **fields, **changes})


@pytest.fixture
def root(tmp_path):
    for number in range(6):
        write_picture(tmp_path / f"media/{number}.jpg", size=(1200, 300))
    return tmp_path / "media"


def write_records_to(path, records):
    path.write_bytes(b"".join(map(record_line, records)))


def asked_text(body):
    return body["messages"][0]["content"][-1]["text"]


def number_of(body):
    return int(asked_text(body).removeprefix("number ")[0])


def make(server, root, records, **options):
    endpoint = Endpoint(server.url, "m", root.parent / "cache.jsonl", pause=0)
    return make_rationales(records, root, endpoint, root.parent / "out.jsonl", **options)


def test_what_agrees_is_kept_and_the_rest_is_counted_by_reason(server, root):
    replies = [
        f"{GOOD}\nAnswer: anger",
        f"{GOOD}\nAnswer: fear",
        "Rage.",
        400,
        "The label is anger, so the teeth are bared.\nAnswer: anger",
        f"{GOOD}\n\nAnswer: Anger.",
    ]
    server.reply = lambda body: replies[number_of(body)]
    report = make(server, root, [*map(face, range(6)), face(7, media="gone.jpg")])
    assert read_rationales(root.parent / "out.jsonl") == dict.fromkeys(["made_up/0/emo_c", "made_up/5/emo_c"], GOOD)
    assert (report["records"], report["answered"], report["kept"], report["not_asked"]) == (7, 5, 2, 0)
    assert report["tasks"] == {"emo_c": {"answered": 5, "kept": 2}}
    reasons = {reason.split(" ")[-1]: count for reason, count in report["left_out"].items()}
    assert sum(reasons.values()) == 5 and set(report["left_out"]) == {
        "its conclusion is not the label",
        "it does not close with one answer",
        "it names the label as given",
        "the endpoint answers 400 Bad Request",
        "its medium cannot be read",
    }


def test_the_endpoint_sees_a_small_picture_and_the_guided_question_and_never_the_label(server, root):
    def sent(answer):
        server.asked.clear()
        make(server, root, [face(0, answer=answer, attributes={"scene": "x"})])
        (root.parent / "cache.jsonl").unlink()
        return server.asked[0][2]

    server.reply = lambda body: "?"
    first = sent("anger")
    assert first == sent("fear")
    picture, text = first["messages"][0]["content"]
    head, data = picture["image_url"]["url"].split(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (SIDE, SIDE // 4)
    assert "Choose one of: anger, fear." in text["text"] and text["text"].count("anger") == 1


def test_steps_are_asked_for_by_line_and_each_is_held_against_annotation(server, root):
    pair = {"task": "sarcasm", "answer": "Yes", "options": (), "attributes": {"said": "glad", "shown": "gloomy"}}
    replies = [
        "Words: glad.\nPicture: gloomy\nClash: yes\nAnswer: Yes",
        "Words: sad\nPicture: gloomy\nClash: yes\nAnswer: Yes",  # not what the annotation says
        "Words: glad\nPicture: gloomy\nClash: no\nAnswer: Yes",  # contradicts itself
        "Words: glad\nPicture: gloomy\nClash: yes\nAnswer: Yes\nAnswer: No",  # closes twice
        "Words: glad\nPicture: gloomy\nClash: yes",  # never closes
        "W\u00f6rter: froh\nBild: tr\u00fcb\nWiderspruch: ja\nAnswer: Yes",  # in another language
    ]
    server.reply = lambda body: replies[number_of(body)]
    report = make(server, root, [face(number, **pair) for number in range(6)], form="steps")
    text = asked_text(server.asked[0][2])
    assert text.endswith('the last before the answer what they come to, "Clash: ...".') and "gloomy" not in text
    kept = read_rationales(root.parent / "out.jsonl")
    assert kept == {"made_up/0/sarcasm": "Words: glad\nPicture: gloomy\nClash: yes"}
    assert report["left_out"] == {
        "it does not close with one answer": 2,
        "a step is not what the annotation says": 1,
        "its last step does not say its answer": 1,
        "it is not in steps": 1,
    }


def test_a_clip_is_shown_as_one_picture_and_nothing_is_written_beside_it(server, root):
    write_clip(root / "1.mp4")
    server.reply = lambda body: f"{GOOD}\nAnswer: anger"
    before = sorted(root.iterdir())
    report = make(server, root, [face(1, media="1.mp4"), face(2, media="")])
    assert report["kept"] == 2 and sorted(root.iterdir()) == before
    kinds = sorted([part["type"] for part in body["messages"][0]["content"]] for _, _, body in server.asked)
    assert kinds == [["image_url", "text"], ["text"]]
    assert any("four frames" in asked_text(body) for _, _, body in server.asked)


def test_several_pictures_are_sent_in_their_order(server, root):
    server.reply = lambda body: f"{GOOD}\nAnswer: anger"
    for number in (1, 2):
        write_picture(root / f"{number}.jpg", colour=(100 * number, 0, 0))
    make(server, root, [face(1, media=(Medium("image", "2.jpg"), Medium("image", "1.jpg")))])
    (_, _, body) = server.asked[0]
    sent = [part["image_url"]["url"] for part in body["messages"][0]["content"][:-1]]
    make(server, root, [face(2, media="2.jpg"), face(3, media="1.jpg")])
    alone = {number_of(body): body["messages"][0]["content"][0]["image_url"]["url"] for _, _, body in server.asked[1:]}
    assert sent == [alone[2], alone[3]] and sent[0] != sent[1]


def test_a_medium_outside_the_root_is_not_sent(server, root):
    write_picture(root.parent / "secret.jpg")
    (root / "link.jpg").symlink_to(root.parent / "secret.jpg")
    report = make(server, root, [face(0, media="link.jpg")])
    assert report["left_out"] == {"its medium cannot be read": 1} and not server.asked


def command(server, root, *more):
    flags = {
        "records": root.parent / "records.jsonl",
        "media-root": root,
        "endpoint": server.url,
        "model": "m",
        "out": root.parent / "out.jsonl",
    }
    return ["rationale", *(str(part) for key, value in flags.items() for part in (f"--{key}", value)), *more]


def test_the_command_reports_the_share_and_ends_with_its_budget(server, root, monkeypatch):
    monkeypatch.setenv("EMOLLM_RATIONALE_KEY", "k")
    write_records_to(root.parent / "records.jsonl", map(face, range(6)))
    server.reply = lambda body: f"{GOOD}\nAnswer: {'fear' if number_of(body) == 1 else 'anger'}"
    done = CliRunner().invoke(main, command(server, root, "--max-calls", "3"))
    assert done.exit_code == 0, done.output
    assert "not asked 3: the budget is spent" in done.output and len(server.asked) == 3
    done = CliRunner().invoke(main, command(server, root, "--max-calls", "9"))
    assert "kept 5 of 6 (83 %) rationales of 6 records, with 6 calls and 600 tokens" in done.output
    assert "left out 1: its conclusion is not the label" in done.output and len(server.asked) == 6
    assert server.asked[0][1] == "Bearer k"
    assert list(read_rationales(root.parent / "out.jsonl")) == [face(i).id for i in (0, 2, 3, 4, 5)]


def test_a_killed_run_goes_on_and_asks_nothing_twice(server, root):
    write_records_to(root.parent / "records.jsonl", map(face, range(6)))
    held, cache = threading.Event(), root.parent / "out.jsonl.cache.jsonl"

    def reply(body):
        if number_of(body) > 2:
            held.wait(20)
        return f"{GOOD}\nAnswer: anger"

    server.reply = reply
    run = subprocess.Popen(
        [sys.executable, "-m", "emobench_data", *command(server, root)],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "no_proxy": "*", "PYTHONPATH": str(ROOT)},
    )
    deadline = time.monotonic() + 30
    while not (cache.is_file() and cache.read_bytes().count(b"\n") == 3) and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert len(read_lines(cache)) == 3 and not (root.parent / "out.jsonl").exists()
    held.set()
    server.asked.clear()
    done = CliRunner().invoke(main, command(server, root))
    assert done.exit_code == 0 and "kept 6 of 6" in done.output
    assert sorted(number_of(body) for _, _, body in server.asked) == [3, 4, 5]


def test_records_come_back_as_they_were_written(tmp_path):
    records = [face(1, references=("anger", "fear"), split="train", group="g", attributes={"scene": "é"}), record()]
    write_records_to(tmp_path / "r.jsonl", records)
    assert read_record_file(tmp_path / "r.jsonl") == records


def test_records_of_an_earlier_version_are_read(tmp_path):
    """Then a record had the path of one medium, its kind under `modality`, and `accepted` for `references`."""
    records = [record(), record(item="2", media="2.mp4"), record(item="3", media="", text="So it goes.")]
    write_records_to(tmp_path / "r.jsonl", records)
    lines = read_lines(tmp_path / "r.jsonl")
    for line, kind in zip(lines, ("image", "video", "text")):
        line |= {"modality": kind, "media": line["media"][0]["path"] if line["media"] else ""}
        line["accepted"] = line.pop("references")
    assert read_record_file(write_lines(tmp_path / "old.jsonl", lines)) == records


@pytest.mark.parametrize("line", ["{}", '{"id": 1}', "[]", ""])
def test_a_file_that_holds_no_records(tmp_path, line):
    (tmp_path / "r.jsonl").write_text(line)
    with pytest.raises(InputError, match="r.jsonl"):
        read_record_file(tmp_path / "r.jsonl")

"""`emollm eval` against LLaVA's own scripts, and after being killed."""

import json
import shutil
import sys

import pytest
from click.testing import CliRunner

from emollm_plugin.cli.commands import main
from emollm_plugin.host.launch import main as host

pytestmark = [pytest.mark.host, pytest.mark.both_formats]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def run(checkpoint, asked, out, *more):
    flags = ["--question-file", asked / "questions.jsonl", "--image-folder", asked / "images", "--answers-file", out]
    return CliRunner().invoke(main, ["eval", str(checkpoint), *map(str, flags), "--workers", "0", *more])


@pytest.fixture
def host_answers(checkpoint, asked, tmp_path, monkeypatch):
    """The answers of one of LLaVA's own scripts."""

    def build(script, questions, *more):
        out = tmp_path / f"{script}.jsonl"
        flags = {
            "model-path": checkpoint,
            "question-file": questions,
            "image-folder": asked / "images",
            "answers-file": out,
            "conv-mode": "emoprompt_chatml",
            "temperature": 0,
        }
        monkeypatch.setattr(sys, "argv", sys.argv)
        words = [part for key, value in flags.items() for part in (f"--{key}", str(value))]
        assert host([f"llava.eval.{script}", *words, *more]) == 0
        return lines(out)

    return build


def test_answers_are_those_of_llavas_loader_script(checkpoint, asked, tmp_path, float32, host_answers):
    wanted = host_answers("model_vqa_loader", asked / "questions.jsonl", "--max_new_tokens", "12")
    done = run(checkpoint, asked, tmp_path / "ours.jsonl", "--max-new-tokens", "12", "--batch-size", "4")
    assert done.exit_code == 0, done.output
    found = lines(tmp_path / "ours.jsonl")
    assert [list(line) for line in found] == [list(line) for line in wanted]
    for key in ("question_id", "prompt", "text", "model_id"):
        assert [line[key] for line in found] == [line[key] for line in wanted]
    assert len({line["text"] for line in found}) > 1


def test_all_three_scripts_of_llava_read_the_questions_and_agree(checkpoint, asked, tmp_path, float32, host_answers):
    from emobench_data.schema.questions import read_questions, write_science

    # These two scripts write up to 1,024 tokens: an end is needed that this model reaches.
    config = json.loads((checkpoint / "generation_config.json").read_text())
    (tmp_path / "copy").mkdir()
    folder = shutil.copytree(checkpoint, tmp_path / "copy" / checkpoint.name)
    first = host_answers("model_vqa_loader", asked / "questions.jsonl", "--max_new_tokens", "1")
    ids = json.loads((checkpoint / "tokenizer.json").read_text())["model"]["vocab"].values()
    (folder / "generation_config.json").write_text(json.dumps({**config, "eos_token_id": sorted(ids)}))
    write_science(read_questions(asked / "questions.jsonl"), tmp_path / "science.json")
    flags = ["--model-path", str(folder)]
    plain = host_answers("model_vqa", asked / "questions.jsonl", *flags)
    science = host_answers("model_vqa_science", tmp_path / "science.json", *flags)
    assert [line["text"] for line in plain] == [line["text"] for line in science] == [line["text"] for line in first]
    assert [line["question_id"] for line in science] == [line["question_id"] for line in first]


def test_a_folders_name_changes_neither_the_template_nor_itself(checkpoint, asked, tmp_path, float32, host_answers):
    """LLaVA's evaluation takes another template where it finds the word `plain`."""
    from llava.conversation import conv_templates

    before = dict(conv_templates)
    folder = shutil.copytree(checkpoint, tmp_path / f"plain-{checkpoint.name}")
    how = ["--max_new_tokens", "6"]
    first = host_answers("model_vqa_loader", asked / "questions.jsonl", *how)
    named = host_answers("model_vqa_loader", asked / "questions.jsonl", *how, "--model-path", str(folder))
    assert [line["text"] for line in named] == [line["text"] for line in first]
    assert {line["model_id"] for line in named} == {folder.name}
    assert conv_templates == before


def test_a_run_that_was_killed_goes_on(checkpoint, asked, tmp_path, float32, monkeypatch):
    out = tmp_path / "answers.jsonl"
    run(checkpoint, asked, out)
    whole = out.read_text()
    kept = whole.splitlines(keepends=True)[2:6]
    out.write_text("".join(kept) + whole.splitlines()[7][:40])
    again = run(checkpoint, asked, out)
    assert again.exit_code == 0, again.output
    assert [line["text"] for line in lines(out)] == [json.loads(line)["text"] for line in whole.splitlines()]
    assert {line["question_id"]: line["answer_id"] for line in lines(out)}.items() >= {
        json.loads(line)["question_id"]: json.loads(line)["answer_id"] for line in kept
    }.items()
    other = run(checkpoint, asked, out, "--max-new-tokens", "3")
    assert other.exit_code == 2 and "another run" in other.output
    assert "2 of" not in other.output


def test_answers_about_pictures_that_were_replaced_are_not_given_as_new(checkpoint, asked, tmp_path, float32):
    own, out = tmp_path / "asked", tmp_path / "answers.jsonl"
    shutil.copytree(asked, own)
    assert run(checkpoint, own, out).exit_code == 0
    picture = own / "images" / next(line["image"] for line in lines(own / "questions.jsonl") if line.get("image"))
    shutil.copy(next(other for other in sorted((own / "images").iterdir()) if other != picture), picture)
    again = run(checkpoint, own, out)
    assert again.exit_code == 2 and "another run" in again.output


def test_probabilities_of_other_options_are_not_given_as_new(checkpoint, asked, tmp_path, float32):
    own, out = tmp_path / "asked", tmp_path / "answers.jsonl"
    shutil.copytree(asked, own)
    assert run(checkpoint, own, out, "--likelihood").exit_code == 0
    rows = lines(own / "questions.jsonl")
    changed = [row | {"options": [*row["options"], "calm"]} if row.get("options") else row for row in rows]
    assert changed != rows
    (own / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    again = run(checkpoint, own, out, "--likelihood")
    assert again.exit_code == 2 and "another run" in again.output


def test_chunks_and_likelihood(checkpoint, asked, tmp_path, float32):
    from emobench_data.schema.questions import merge_answers

    parts = [tmp_path / f"{index}.jsonl" for index in range(4)]
    for index, part in enumerate(parts):
        chunked = run(checkpoint, asked, part, "--likelihood", "--num-chunks", "4", "--chunk-idx", str(index))
        assert chunked.exit_code == 0, chunked.output
    assert merge_answers(asked / "questions.jsonl", parts, tmp_path / "all.jsonl") == 11
    for line in lines(tmp_path / "all.jsonl"):
        shares = line["metadata"]["probabilities"]
        assert list(shares) == ["joy", "sadness", "a fear"] and sum(shares.values()) == pytest.approx(1)
        assert line["text"] == max(shares, key=shares.get)


def test_a_broken_picture_ends_with_one_line_and_text_alone_needs_no_picture(checkpoint, asked, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "0.png").write_bytes(b"not a picture")
    rows = [{"question_id": "text", "text": "How do you do?"}, {"question_id": 7, "image": "0.png", "text": "What?"}]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run(checkpoint, tmp_path, tmp_path / "answers.jsonl", "--workers", "1")
    assert done.exit_code == 2 and "0.png: text, not a picture" in done.output
    assert [line["question_id"] for line in lines(tmp_path / "answers.jsonl")] == ["text"]
    (tmp_path / "questions.jsonl").write_text(json.dumps(rows[0]) + "\n")
    assert run(checkpoint, tmp_path, tmp_path / "text.jsonl").exit_code == 0
    assert len(lines(tmp_path / "text.jsonl")) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"image": "gone.png"}, "line 2: 'gone.png' is no file below"),
        ({"video": "gone.mp4"}, "'gone.mp4' is no file"),
        ({"image": "../questions.jsonl"}, "is no file below"),
        ({"image": "0\0.png"}, "is no file below"),
        ({"text": "What <image> is it?"}, "line 2: the text holds <image>"),
    ],
)
def test_what_cannot_be_asked_is_said_before_the_model_is_loaded(asked, tmp_path, monkeypatch, row, said):
    from emollm_plugin.evaluation.predictor import Predictor

    monkeypatch.setattr(Predictor, "load", lambda *_: pytest.fail("loaded"))
    (tmp_path / "images").symlink_to(asked / "images")
    rows = [lines(asked / "questions.jsonl")[0], {"question_id": "b", "text": "What?", **row}]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("none", tmp_path, tmp_path / "answers.jsonl")
    assert done.exit_code == 2 and said in done.output and not (tmp_path / "answers.jsonl").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--device", "cuda:99"], "--device cuda:99: this machine has cpu"),
        (["--device", "abacus"], "name one"),
        (["--model-base", "/none/base"], "/none/base"),
    ],
)
def test_a_device_or_base_model_that_is_not_there(lora_folder, asked, tmp_path, more, said):
    done = run(lora_folder, asked, tmp_path / "answers.jsonl", *more)
    assert done.exit_code == 2 and not (tmp_path / "answers.jsonl").exists()
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert said in error


@pytest.mark.parametrize("labels", ["joy,,fear", "joy, joy", ","])
def test_labels_that_cannot_be_chosen_from(checkpoint, asked, labels):
    done = CliRunner().invoke(main, ["ask", str(checkpoint), str(asked / "images/0.png"), "--labels", labels])
    assert done.exit_code == 2 and "--labels" in done.stderr and "Loading" not in done.output


def test_ask_one_thing(checkpoint, asked, tmp_path):
    from tests.emollm_plugin.conftest import make_clip_file

    words = ["ask", str(checkpoint), str(asked / "images" / "0.png"), "What is it?", "--json", "--labels", "joy, fear"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout[done.stdout.index("{") :])
    assert set(report["probabilities"]) == {"joy", "fear"} and report["emotion"] in report["probabilities"]
    assert report["confidence"] == max(report["probabilities"].values()) and "answer" in report
    clip = CliRunner().invoke(main, ["ask", str(checkpoint), str(make_clip_file(tmp_path / "clip.mp4"))])
    assert clip.exit_code == 0 and clip.stdout.splitlines()[0].startswith("emotion: ")
    missing = CliRunner().invoke(main, ["ask", str(checkpoint), str(tmp_path / "none.png")])
    assert missing.exit_code == 2 and "missing" in missing.output


def test_a_condition_needs_a_value(tmp_path):
    words = ["results", str(tmp_path), "--questions", "q.jsonl", "--gold", "g.jsonl", "--set", "device"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2 and "--set device: give KEY=VALUE" in done.stderr


def test_guided_questions_get_room_for_reasons(checkpoint, asked, tmp_path, float32, monkeypatch):
    from emollm_plugin.evaluation.predictor import Predictor

    given = []
    monkeypatch.setattr(
        Predictor, "answer_batch", lambda _, batch, *, max_new_tokens: given.append(max_new_tokens) or [""] * len(batch)
    )
    guided = tmp_path / "guided"
    guided.mkdir()
    (guided / "images").symlink_to(asked / "images")
    rows = [{**line, "form": "guided"} for line in lines(asked / "questions.jsonl")]
    (guided / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for folder in (asked, guided):
        done = run(checkpoint, folder, tmp_path / f"{folder.name}.jsonl")
        assert done.exit_code == 0, done.output
    assert set(given) == {16, 192}

"""The tasks for lmms-eval: what they ask, and that their score is that of `emobench_data.scoring`."""

import re

import pytest

from emobench_data.export.lmms_eval import FOLDER, tasks
from emobench_data.io.errors import InputError
from emobench_data.mini.voices import as_wav, speak
from emobench_data.schema.tasks import TASKS
from emobench_data.scoring import score

from ...make import read_lines, write_clip, write_lines, write_picture
from ...scoring.test_scoring import FEELINGS, gold

pytest.importorskip("datasets")


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A benchmark with pictures, a clip and text alone; one open answer of the gold is accepted for another's."""
    entries = [gold(i, "emo_c", FEELINGS[i % 3]) for i in range(6)] + [gold(6, "hate", "Yes"), gold(7, "hate", "No")]
    entries += [gold(8, "emo_o", "joy", references=["joy", "glee"]), gold(9, "emo_o", "awe", references=["awe", "wonder"])]
    media = [{"image": "a.jpg"}] * 7 + [{}, {"video": "c.mp4"}, {"image": "a.jpg"}]
    asked = [{"question_id": e["question_id"], **m, "text": f"{e['task']}?"} for e, m in zip(entries, media)]
    write_lines(tmp_path / "questions.jsonl", asked)
    write_lines(tmp_path / "gold.jsonl", entries)
    write_picture(tmp_path / "media/a.jpg")
    write_clip(tmp_path / "media/c.mp4")
    monkeypatch.setenv(tasks.DATA, str(tmp_path))
    return tmp_path


def documents(task):
    return list(getattr(tasks, task)(None))


def test_scores_are_ours(data):
    said = ["happy", "It is sad.", "glad", "sad", "sad or fear", "fear", "yes!", "yes", "wonder, awe", "glee"]
    lines = [{"question_id": f"q{i}", "text": text} for i, text in enumerate(said)]
    ours = score(data / "questions.jsonl", data / "gold.jsonl", write_lines(data / "answers.jsonl", lines))
    answers = {line["question_id"]: line["text"] for line in lines}
    for task, figures in ours["tasks"].items():
        counted = [tasks.process_results(one, [answers[one["id"]]]) for one in documents(task)]
        assert tasks.accuracy([one["accuracy"] for one in counted]) == figures["accuracy"]
        assert tasks.macro_f1([one["macro_f1"] for one in counted]) == figures["macro_f1"]
        assert sum(one["accuracy"]["score"] for one in counted) == figures["accuracy"] * figures["n"]
    assert [ours["tasks"][task]["accuracy"] for task in ("emo_c", "hate", "emo_o")] == [0.5, 0.5, 0]


def test_questions_and_media(data):
    assert [one["text"] for one in documents("emo_c")] == ["emo_c?"] * 6
    first = {"id": "q0", "text": "emo_c?", "media": [["image", "a.jpg"]], "form": "direct", "answer": "happy", "source": "s"}
    assert documents("emo_c")[0] == first
    (picture,) = tasks.doc_to_visual(documents("emo_c")[0])
    assert picture.size == (64, 48)
    assert tasks.doc_to_visual(documents("hate")[1]) == []
    assert tasks.doc_to_visual(documents("emo_o")[0]) == [str(data / "media/c.mp4")]
    (data / "media/v.wav").write_bytes(as_wav(speak("anger", "v")))
    picture, sound = tasks.doc_to_visual({"media": [["image", "a.jpg"], ["audio", "v.wav"]]})
    assert (picture.size, sound["array"].shape, sound["sampling_rate"]) == ((64, 48), (32_000,), 16_000)


def test_what_is_refused(data, monkeypatch):
    with pytest.raises(InputError, match="no question of humor.*emobench_emo_c"):
        tasks.humor(None)
    for name in ("../questions.jsonl", "../c.mp4", "none.mp4", "none.jpg"):
        with pytest.raises(InputError):
            tasks.doc_to_visual({"media": [["video" if name.endswith("mp4") else "image", name]]})
    monkeypatch.setenv(tasks.MEDIA, str(data))
    with pytest.raises(InputError, match="no such file"):
        tasks.doc_to_visual(documents("emo_o")[0])
    monkeypatch.delenv(tasks.DATA)
    with pytest.raises(InputError, match="EMOBENCH_DATA is not set"):
        _ = tasks.FILES


def test_guided_questions_are_refused(data):
    asked = read_lines(data / "questions.jsonl")
    write_lines(data / "questions.jsonl", [{**one, "form": "guided"} for one in asked])
    with pytest.raises(InputError, match="ask for reasons.*--form direct"):
        documents("emo_c")


@pytest.fixture
def reasoned(data):
    """The same, hate asked in steps."""
    asked = read_lines(data / "questions.jsonl")
    write_lines(data / "questions.jsonl", [{**one, **({"form": "steps"} if "hate" in one["text"] else {})} for one in asked])
    return data


def test_steps_are_asked_where_the_file_asks_them_and_read_by_their_closing_line(reasoned):
    said = ["Words: bad\nClash: yes\nAnswer: Yes", "Yes, they clash.", "happy"]
    lines = [{"question_id": name, "text": text} for name, text in zip(("q6", "q7", "q0"), said)]
    ours = score(reasoned / "questions.jsonl", reasoned / "gold.jsonl", write_lines(reasoned / "a.jsonl", lines))
    counted = [tasks.process_results(one, [text]) for one, text in zip(documents("hate_steps"), said)]
    assert tasks.accuracy([one["accuracy"] for one in counted]) == ours["tasks"]["hate"]["accuracy"] == 0.5
    assert counted[1]["accuracy"]["guess"] == "(unparsed)"  # no closing line
    direct = documents("emo_c_steps")[0]
    assert direct["form"] == "direct" and tasks.process_results(direct, ["happy"])["accuracy"]["score"] == 1
    with pytest.raises(InputError, match="holds questions that ask for reasons.*--tasks emobench_steps"):
        documents("hate")
    with pytest.raises(InputError, match="no question of humor.*emobench_hate_steps"):
        documents("humor_steps")


def test_what_asks_for_the_answer_alone_has_no_steps(data):
    with pytest.raises(InputError, match="--form steps, or ask for --tasks emobench"):
        documents("hate_steps")


def test_the_yaml_files_name_every_sub_task_and_what_is_there(data):
    texts = {path.name: path.read_text() for path in FOLDER.iterdir() if path.name.endswith("yaml")}
    names = {f"emobench_{task}{steps}.yaml" for task in TASKS for steps in ("", "_steps")}
    assert names | {"emobench.yaml", "emobench_steps.yaml", "_sub_task_yaml", "_sub_task_steps_yaml"} == set(texts)
    assert re.findall(r"- emobench_(\w+)", texts["emobench.yaml"]) == list(TASKS)
    assert re.findall(r"- emobench_(\w+)_steps", texts["emobench_steps.yaml"]) == list(TASKS)
    named = re.findall(r"!function emobench_data\.export\.lmms_eval\.tasks\.(\w+)", "".join(texts.values()))
    assert len(named) > 20 and all(getattr(tasks, name) for name in named)
    assert "max_new_tokens: 192" in texts["_sub_task_steps_yaml"]
    for task in TASKS:
        assert (
            f"task: emobench_{task}\nprocess_docs: !function emobench_data.export.lmms_eval.tasks.{task}\n"
            in (texts[f"emobench_{task}.yaml"])
        )


def test_lmms_eval_itself_loads_the_group_in_steps(reasoned, monkeypatch):
    manager = pytest.importorskip("lmms_eval.tasks")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(reasoned / "cache"))
    loaded = manager.TaskManager(include_path=str(FOLDER), include_defaults=False, model_name="emollm")
    (task,) = loaded.load_task_or_group("emobench_hate_steps").values()
    assert task.config.generation_kwargs["max_new_tokens"] == 192
    assert task.process_results(task.test_docs()[0], ["Clash: yes\nAnswer: Yes"])["accuracy"]["score"] == 1


def test_lmms_eval_itself_loads_the_group(data, monkeypatch):
    manager = pytest.importorskip("lmms_eval.tasks")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(data / "cache"))
    loaded = manager.TaskManager(include_path=str(FOLDER), include_defaults=False, model_name="emollm")
    (task,) = loaded.load_task_or_group("emobench_emo_o").values()
    assert [task.doc_to_text(one) for one in task.test_docs()] == ["emo_o?", "emo_o?"]
    assert task.config.generation_kwargs == {"max_new_tokens": 16, "temperature": 0, "do_sample": False, "until": []}
    assert task.process_results(task.test_docs()[0], ["joy"])["accuracy"]["score"] == 1

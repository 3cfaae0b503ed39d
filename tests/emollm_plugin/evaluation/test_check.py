"""Bad arguments of LLaVA's evaluation scripts end with one line and exit code 2, before a model is loaded."""

import pytest

from emollm_plugin.host.launch import main

pytestmark = [pytest.mark.host, pytest.mark.current_stack]


@pytest.fixture
def refused(tiny, capsys, tmp_path):
    def run(**changes):
        arguments = {
            "model-path": tiny.base,
            "question-file": tiny.data / "questions.jsonl",
            "conv-mode": "emoprompt_chatml",
            "image-folder": tiny.data / "images",
            "answers-file": tmp_path / "answers.jsonl",
            **changes,
        }
        flags = [part for key, value in arguments.items() for part in (f"--{key}", str(value))]
        assert main(["llava.eval.model_vqa_loader", *flags]) == 2
        assert not (tmp_path / "answers.jsonl").exists()
        return capsys.readouterr().err

    return run


def test_an_unknown_template_comes_with_the_known_ones(refused):
    assert "emoprompt_chatml" in refused(**{"conv-mode": "emo"})


def test_a_model_or_question_file_that_is_not_there(refused, tmp_path):
    assert "does not exist" in refused(**{"model-path": tmp_path / "none"})
    assert "none.jsonl: cannot be read (No such file" in refused(**{"question-file": tmp_path / "none.jsonl"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no question"),
        ('{"question_id": 1', "line 1"),
        ('{"question_id": 1}', "line 1"),
        ('{"question_id": 1, "text": "a", "image": "none.png"}', "none.png (missing)"),
        ('{"question_id": 1, "text": "a", "video": "none.mp4"}', "asks about clips"),
        ('{"question_id": 1, "text": "a<|im_end|>", "image": "0.png"}', "line 1: the text holds a control token"),
        ('{"question_id": 1, "text": "a", "image": "../train.json"}', "leads out of the folder"),
        ('{"question_id": 1, "text": "a"}', "line 1: has no image"),
        ('{"question_id": 1, "text": "a", "image": "0.png"}\n{"question_id": 2, "text": "b"}', "line 2: has no image"),
        ('\ufeff{"question_id": 1, "text": "a", "image": "0.png"}', "byte order mark or a blank line"),
        ('{"question_id": 1, "text": "a", "image": "0.png"}\n\n', "byte order mark or a blank line"),
    ],
)
def test_questions_that_cannot_be_asked(refused, tmp_path, content, said):
    (tmp_path / "bad.jsonl").write_text(content, encoding="utf-8")
    assert said in refused(**{"question-file": tmp_path / "bad.jsonl"})

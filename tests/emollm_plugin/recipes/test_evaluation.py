"""What an evaluation asks where no QUESTIONS are given: the launcher's data, by any evaluator."""

from pathlib import Path

import pytest

from emollm_plugin.recipes import evaluation
from emollm_plugin.recipes.eval_settings import EvalSettings
from emollm_plugin.recipes.prepare import Data


@pytest.mark.parametrize("evaluator", ["emollm", "model_vqa_loader", "model_vqa", "model_vqa_science"])
def test_every_evaluator_asks_the_launchers_data(evaluator, tmp_path, monkeypatch):
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question_id": 1, "text": "Which?"}\n')
    monkeypatch.setenv("EVALUATOR", evaluator)
    monkeypatch.setenv("MINI_TEST", "36")
    asked = []
    monkeypatch.setattr(
        evaluation, "prepare_data", lambda recipe: asked.append(recipe) or Data(tmp_path, tmp_path, questions, tmp_path)
    )
    monkeypatch.setattr(
        evaluation, "inspect_folder", lambda folder: {"template": "chatml", "newest_checkpoint": None, "base": None}
    )
    settings = EvalSettings(Path(tmp_path / "llava-emollm-lora"), evaluator=evaluator, device="cpu")
    made = evaluation.make_ready(settings)
    assert asked[0].mini_test == 36 and made.questions == questions

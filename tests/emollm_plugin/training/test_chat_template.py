"""A base model of a family that has no name here: trained, asked by both evaluators and exported in its own chat template."""

import json
import shutil

import pytest
from transformers import AutoTokenizer

from emollm_plugin.compat.config import before_5
from emollm_plugin.evaluation.predictor import Predictor
from emollm_plugin.prompt.chat_template import FORMAT_KEY
from emollm_plugin.prompt.templates import CHAT_TEMPLATE, GUIDANCE

from ..prompt.test_chat_template import FOREIGN
from ..trainings import finish

pytestmark = [pytest.mark.host, pytest.mark.both_stacks]
ASKED = "Which emotion does this image show? joy sadness"


@pytest.mark.parametrize("lora", [False, True])
def test_from_training_to_an_export(lora, tiny, tmp_path, train_arguments, host):
    base, out = tmp_path / "stranger", tmp_path / ("llava-lora" if lora else "llava-out")
    shutil.copytree(tiny.base, base)
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.chat_template = FOREIGN
    tokenizer.save_pretrained(base)
    (base / "chat_template.jinja").write_text(FOREIGN)
    tuned = {"lora_enable": True, "lora_r": 2} if lora else {}
    finish(train_arguments(model_name_or_path=base, version=CHAT_TEMPLATE, output_dir=out, max_steps=1, **tuned), out=out)
    config = json.loads((out / "config.json").read_text())
    assert config["emollm_template"] == CHAT_TEMPLATE and config[FORMAT_KEY]["end"] == "<|im_end|>"
    (base / "chat_template.jinja").unlink()  # what it writes is known from training

    predictor = Predictor.load(str(out), device="cpu")
    turns = [{"role": "system", "content": GUIDANCE}, {"role": "user", "content": ASKED}]
    own = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True).rstrip(" ")
    assert predictor.prompter.question_ids(ASKED, image=False) == tokenizer(own).input_ids
    assert len(predictor.answer([tiny.data / "images" / "0.png"], [ASKED])) == 1
    files = ["--question-file", tiny.data / "questions.jsonl", "--image-folder", tiny.data / "images"]
    how = ["--conv-mode", CHAT_TEMPLATE, "--temperature", "0", "--max_new_tokens", "2", "--answers-file", tmp_path / "answers"]
    words = ["llava.eval.model_vqa_loader", "--model-path", out, *(["--model-base", base] if lora else []), *files, *how]
    assert host(*words) == 0
    assert len((tmp_path / "answers").read_text().splitlines()) == 16
    if not before_5():
        from emollm_plugin.hf.export import export

        export(out, tmp_path / "hf")  # it holds the ids of a question against those of training
        assert "(assistant)" in AutoTokenizer.from_pretrained(tmp_path / "hf").chat_template

"""What users of transformers write: three lines, batches, a clip as several images; and without the plug-in installed."""

import subprocess
import sys

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from emollm_plugin.cli.commands import main
from emollm_plugin.evaluation.predictor import Predictor
from emollm_plugin.hf.export import export

from ..conftest import CHANGE, make_clip_file
from ..towers.test_transformers_tower import make_siglip
from .conftest import QUESTIONS, load_export, messages, pictures, same_as_evaluation, tokenized, unfolded

pytestmark = pytest.mark.host


@pytest.fixture
def exported(make, tmp_path):
    def build(**how):
        checkpoint = make(**how)
        export(checkpoint, tmp_path / "hf")
        return checkpoint, tmp_path / "hf"

    return build


def test_the_usual_three_lines(exported, tmp_path):
    from transformers import pipeline

    checkpoint, folder = exported()
    pictures()[1].save(tmp_path / "picture.png")
    ask = pipeline("image-text-to-text", model=str(folder))
    talk = [
        {
            "role": "user",
            "content": [{"type": "image", "image": str(tmp_path / "picture.png")}, {"type": "text", "text": QUESTIONS[0]}],
        }
    ]
    said = ask(text=talk, max_new_tokens=6, return_full_text=False)[0]["generated_text"]
    wanted = Predictor.load(checkpoint, device="cpu").answer([pictures()[1]], [QUESTIONS[0]], max_new_tokens=6)[0]
    assert said.strip() == wanted


def test_a_batch_answers_as_one_by_one(exported):
    _, folder = exported()
    model, processor = load_export(folder)
    talks = [messages([image], text) for image in pictures() for text in QUESTIONS]
    alone = [generated(model, processor, [talk])[0] for talk in talks]
    assert len(set(alone)) > 1
    assert generated(model, processor, talks) == alone


@pytest.mark.parametrize("tower", [None, "siglip", "efficientnet_lite0"])
def test_llavas_own_formula_gives_the_projectors_count_too(tower, exported, tmp_path):
    from transformers import LlavaProcessor

    if tower == "siglip":
        make_siglip(tmp_path / tower)
        tower = tmp_path / tower
    _, folder = exported(tower=tower, projector="multiperspective:slots=2,width=16,tokens=4" if tower else CHANGE)
    model, processor = load_export(folder)
    made = tokenized(processor, messages(pictures()[:1], QUESTIONS[0]))
    count = (made["input_ids"] == model.config.image_token_index).sum().item()
    assert count == model.config.image_seq_length == processor.image_seq_length
    assert LlavaProcessor.replace_image_token(processor, made, 0) == processor.image_token * count
    assert processor._get_num_multimodal_tokens([(3, 5)] * 2)["num_image_tokens"] == [count] * 2


def generated(model, processor, talks):
    inputs = processor.apply_chat_template(
        talks,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True},
    )
    out = model.generate(**inputs, max_new_tokens=6)[:, inputs["input_ids"].shape[1] :]
    return processor.batch_decode(out, skip_special_tokens=True)


@pytest.mark.parametrize("marks", [False, True])
@pytest.mark.parametrize("projector", ["multiperspective:slots=2,width=16", CHANGE])
def test_the_frames_of_a_clip_are_images_side_by_side(projector, marks, tiny, tmp_path, exported):
    import copy

    tokenizer = copy.deepcopy(tiny.tokenizer)
    if marks:
        tokenizer.add_tokens(["<im_start>", "<im_end>"], special_tokens=True)
    checkpoint, folder = exported(projector=projector, emollm_clips=True, tokenizer=tokenizer, mm_use_im_start_end=marks)
    model, processor = load_export(folder)
    predictor = Predictor.load(checkpoint, device="cpu")
    path = make_clip_file(tmp_path / "clip.mp4")
    asked = predictor.ask_clip(tmp_path, path.name, QUESTIONS[0])
    from PIL import Image

    frames = predictor.eyes.clips.frames(path, predictor.image_processor)
    inputs = tokenized(processor, messages([Image.fromarray(frame) for frame in frames], QUESTIONS[0]))
    assert len(frames) > 2 and torch.equal(inputs["pixel_values"], asked.pixels)
    ids = inputs["input_ids"][0].tolist()
    assert unfolded(ids, model.config.image_token_index, model.config.image_seq_length) == list(asked.ids)
    with torch.no_grad():
        own = model(**inputs).logits[0, -1]
        host = predictor.model(torch.tensor([asked.ids]), images=[asked.pixels]).logits[0, -1]
        alone = model(**tokenized(processor, messages([Image.fromarray(frames[0])], QUESTIONS[0]))).logits[0, -1]
    torch.testing.assert_close(own[: len(host)], host, rtol=1e-5, atol=1e-6)
    assert not torch.allclose(own, alone, atol=1e-4)


def test_two_clips_and_a_still_in_a_batch_are_told_apart(exported):
    _, folder = exported(projector=CHANGE)
    model, _ = load_export(folder)
    tokens, image = model.config.image_seq_length, model.config.image_token_index
    ids = torch.full((2, 6 * tokens), 5)
    ids[0, : 3 * tokens] = image  # a clip of three
    ids[0, 3 * tokens + 1 : 4 * tokens + 1] = image  # a still behind a word
    ids[1, -2 * tokens :] = image  # a clip of two
    assert model.model.clip_lengths(ids) == [3, 1, 2]


ALONE = """
import importlib.abc, sys

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("emollm_plugin", "emobench_data", "llava", "efficientnet_lite_pytorch"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Block())
import torch
from transformers import AutoConfig, AutoModel, AutoModelForImageTextToText, AutoProcessor

inputs, *places = sys.argv[1:]
for folder, out in zip(places[::2], places[1::2]):
    model = AutoModelForImageTextToText.from_pretrained(folder, trust_remote_code=True, dtype="auto").eval()
    processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
    image, text = torch.load(inputs, weights_only=False)
    talk = [{"role": "user", "content": [{"type": "image", "image": image}, {"type": "text", "text": text}]}]
    made = processor.apply_chat_template(talk, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt")
    with torch.no_grad():
        logits = model(**made).logits
    assert type(AutoModel.from_pretrained(folder, trust_remote_code=True)).__name__ == "EmoLlavaModel"
    again = out + "-again"
    model.save_pretrained(again)
    processor.save_pretrained(again)
    same = AutoModelForImageTextToText.from_pretrained(again, trust_remote_code=True, dtype="auto").eval()
    with torch.no_grad():
        assert torch.equal(same(**made).logits, logits), "saved again, it is another"
    AutoProcessor.from_pretrained(again, trust_remote_code=True)
    torch.save({"logits": logits, "answer": model.generate(**made, max_new_tokens=6), "loaded": sorted(sys.modules)}, out)
"""


def test_it_loads_where_the_plug_in_is_not(make, tmp_path, monkeypatch):
    folders = [tmp_path / "hf", tmp_path / "hf-lite"]
    for folder, tower in zip(folders, (None, "efficientnet_lite0")):
        export(make(tower=tower), folder)
    case = (pictures()[1], QUESTIONS[0])
    torch.save(case, tmp_path / "in.pt")
    (tmp_path / "alone.py").write_text(ALONE)
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    places = [str(place) for folder in folders for place in (folder, folder.with_suffix(".pt"))]
    command = [sys.executable, str(tmp_path / "alone.py"), str(tmp_path / "in.pt"), *places]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    for folder in folders:
        alone = torch.load(folder.with_suffix(".pt"), weights_only=True)
        assert not {"emollm_plugin", "llava"} & {name.split(".")[0] for name in alone["loaded"]}
        model, processor = load_export(folder)
        inputs = tokenized(processor, messages([case[0]], case[1]))
        with torch.no_grad():
            assert torch.equal(model(**inputs).logits, alone["logits"])
        assert torch.equal(model.generate(**inputs, max_new_tokens=6), alone["answer"])


BACK = {
    "llama": {},
    "tied": {"family": "qwen2"},
    "mpt": {"family": "mpt"},
    "mlp": {"projector": "mlp2x_gelu"},
    "none": {"projector": "multiperspective:perspectives=none"},
    "siglip": {"tower": "siglip"},
    "lite": {"tower": "efficientnet_lite0", "kind": "lora"},
    "half": {"dtype": torch.bfloat16},
}


@pytest.mark.parametrize("case", BACK)
def test_an_import_is_the_checkpoint_again(case, make, tmp_path):
    how = dict(BACK[case])
    if how.get("tower") == "siglip":
        make_siglip(tmp_path / "siglip")
        how["tower"] = tmp_path / "siglip"
    checkpoint, back = make(**how), tmp_path / "back"
    export(checkpoint, tmp_path / "hf")
    done = CliRunner().invoke(main, ["import", str(tmp_path / "hf"), "--out", str(back)])
    assert done.exit_code == 0, done.output
    dtype = "bfloat16" if "dtype" in how else None
    same_as_evaluation(back, tmp_path / "hf", dtype=dtype)
    if case == "llama":
        export(back, tmp_path / "again")
        same_as_evaluation(checkpoint, tmp_path / "again")


def test_a_tower_that_others_trained_is_not_silently_another(make, tmp_path):
    folder = tmp_path / "hf"
    export(make(tower="efficientnet_lite0"), folder)
    weights = load_file(folder / "model.safetensors")
    name = next(name for name, value in weights.items() if "vision_tower" in name and value.is_floating_point())
    weights[name] = weights[name] + 0.1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    done = CliRunner().invoke(main, ["import", str(folder), "--out", str(tmp_path / "back")])
    assert done.exit_code == 2 and "its vision tower efficientnet_lite0 was trained" in done.output, done.output
    assert not (tmp_path / "back").exists()


def test_what_is_no_export_is_not_imported(tiny, make, tmp_path):
    for folder, why in (
        (tiny.base, "was not written by"),
        (make(), "was not written by"),
        (tmp_path / "none", "does not exist"),
    ):
        done = CliRunner().invoke(main, ["import", str(folder), "--out", str(tmp_path / "out")])
        assert done.exit_code == 2 and why in done.output and not (tmp_path / "out").exists()

"""Bad input stops before training with one line and exit code 2, and nothing is written."""

import json
import shutil

import pytest

from emobench_data.io.errors import InputError
from emobench_data.media.kinds import placeholders
from emobench_data.validation import form
from emollm_plugin.host.launch import main
from emollm_plugin.training import records

from ..conftest import make_clip_file

pytestmark = [pytest.mark.host, pytest.mark.current_stack]


def changed_records(tiny, tmp_path, change):
    records = json.loads((tiny.data / "train.json").read_text())
    change(records)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(records))
    return path


def test_unknown_names_come_with_the_known_ones(refused):
    assert "multiperspective" in refused(mm_projector_type="multi_perspective")
    assert "slots" in refused(mm_projector_type="multiperspective:slotz=3")
    assert "emoprompt_chatml" in refused(version="emo_prompt")
    assert "efficientnet_lite0" in refused(vision_tower="efficientnet_lite9")


def test_a_class_token_and_more_tokens_than_patches(refused):
    assert "say --mm_vision_select_feature patch" in refused(mm_vision_select_feature="cls_patch")
    assert "tokens=9: the vision tower gives 4 patches" in refused(mm_projector_type="multiperspective:tokens=9")


def test_two_orders_of_the_same_records(refused):
    assert "order the same records; take one of them" in refused(group_by_question=True, group_by_modality_length=True)


@pytest.mark.parametrize("ratio", ["anyres", "padd"])
def test_pictures_in_a_shape_that_the_host_does_not_train(refused, ratio):
    assert f"--image_aspect_ratio {ratio} is not trained by LLaVA" in refused(image_aspect_ratio=ratio)


def test_a_warm_start_from_other_sizes_ends_with_one_line(train_arguments, capsys, tmp_path):
    import torch

    shapes = {"0.weight": (32, 20), "0.bias": (32,), "2.weight": (32, 32), "2.bias": (32,)}
    torch.save({f"model.mm_projector.{key}": torch.zeros(shape) for key, shape in shapes.items()}, tmp_path / "mlp.bin")
    assert main(["llava.train.train", *train_arguments(pretrain_mm_mlp_adapter=tmp_path / "mlp.bin")]) == 2
    assert "error: the mlp2x_gelu projector is 20 -> 32 wide, this model needs 24 -> 32" in capsys.readouterr().err


def test_a_gpu_recipe_without_a_gpu(refused):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    assert "no CUDA GPU" in refused(use_cpu=None)


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "an empty file"), ("[{", "not valid JSON"), ("[]", "holds no record"), ('{"a": 1}', "not a list of rec")],
)
def test_a_data_file_that_is_empty_or_not_valid(refused, tmp_path, content, said):
    path = tmp_path / "bad.json"
    path.write_text(content)
    error = refused(data_path=path)
    assert said in error and str(path) in error


def test_a_data_file_that_is_missing(refused, tmp_path):
    assert "none.json: cannot be read (No such file" in refused(data_path=tmp_path / "none.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda records: records[3].pop("conversations"), "record 4: has no conversations"),
        (lambda records: records[3]["conversations"][0].update(value="none"), "record 4: has <image> 0 times"),
        (lambda records: records[3]["conversations"][1].update(value=""), "record 4: has an empty answer"),
        (lambda records: records[3]["conversations"].reverse(), "record 4: turn 1 is from 'gpt'"),
        (lambda records: records[3].update(image=7), "record 4: its 'image' is 7"),
        (lambda records: records[3].update(image=["0.png", "1.png"]), "record 4: its 'image' is a list of 2"),
        (lambda records: records[3].update(video="a.mp4"), "record 4: has an image and a video"),
        (lambda records: records[3].update(image="../data/images/0.png"), "0.png (leads out of the folder;"),
        (lambda records: records[3].update(image="none.png"), "none.png (missing)"),
    ],
)
def test_a_record_that_cannot_be_used_is_named(refused, tiny, tmp_path, change, said):
    assert said in refused(data_path=changed_records(tiny, tmp_path, change))


def to_clip(name="clip.mp4", sign="<video>"):
    def change(records):
        records[3].pop("image")
        records[3]["video"] = name
        records[3]["conversations"][0]["value"] = f"{sign}\nWhich emotion?"

    return change


def test_a_clip_that_is_not_there_or_leads_out(refused, tiny, tmp_path):
    assert "none.mp4 (missing)" in refused(data_path=changed_records(tiny, tmp_path, to_clip("none.mp4")))
    assert "leads out" in refused(data_path=changed_records(tiny, tmp_path, to_clip("../clip.mp4")))


@pytest.mark.parametrize("sign", ["<video>", "<image>"])
def test_a_clip_that_does_not_fit_says_what_to_change(refused, tiny, tmp_path, sign):
    folder = tmp_path / "media"
    shutil.copytree(tiny.data / "images", folder)
    make_clip_file(folder / "clip.mp4")
    path = changed_records(tiny, tmp_path, to_clip(sign=sign))
    kind = "multiperspective:slots=2,width=16,frames=64"
    error = refused(data_path=path, image_folder=folder, mm_projector_type=kind, model_max_length=256)
    assert "record 4" in error and "(64 frames of 4 each) exceed --model_max_length 256" in error
    assert "multiperspective:tokens=1,frames=64" in error and "MAX_LENGTH" in error


def test_a_record_has_one_medium(refused, tiny, tmp_path):
    def both(records):
        records[3]["video"] = "clip.mp4"
        records[3]["conversations"][0]["value"] = "<image><video>\nWhich emotion?"

    assert "record 4: has an image and a video" in refused(data_path=changed_records(tiny, tmp_path, both))


def test_a_medium_that_is_neither_picture_nor_clip_is_refused(tmp_path, monkeypatch):
    known = {**placeholders(), "audio": "<audio>"}
    for module in (form, records):
        monkeypatch.setattr(module, "placeholders", lambda: known)
    turns = [{"from": "human", "value": "<image><audio>\nWhich emotion?"}, {"from": "gpt", "value": "joy"}]
    heard = {"id": "1", "image": "1.png", "audio": "1.wav", "conversations": turns}
    (tmp_path / "train.json").write_text(json.dumps([heard]))
    with pytest.raises(InputError, match="record 1: has a sound, and the model is to have no ears.*AUDIO_TOWER"):
        records.load_records(str(tmp_path / "train.json"))


def test_a_truncated_image_is_named(refused, tiny, tmp_path):
    images = tmp_path / "images"
    shutil.copytree(tiny.data / "images", images)
    whole = (images / "5.png").read_bytes()
    (images / "5.png").write_bytes(whole[: len(whole) // 2])
    assert "5.png (truncated)" in refused(image_folder=images)


def test_a_base_model_without_a_tokenizer_or_a_config(refused, tiny, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    assert "config.json" in refused(model_name_or_path=bare)
    shutil.copy(tiny.base / "config.json", bare)
    assert "no tokenizer" in refused(model_name_or_path=bare)
    shutil.copy(tiny.base / "tokenizer.json", bare)
    assert "not whole: no weights" in refused(model_name_or_path=bare)
    assert "does not exist" in refused(model_name_or_path=tmp_path / "none")


def test_a_template_that_would_mask_every_label(refused):
    """LLaVA's own routine for ChatML trains on at loss 0 with such a tokenizer."""
    assert "masks every label" in refused(version="chatml_direct")


def test_a_record_that_does_not_fit_the_context(refused, tiny, tmp_path):
    assert "exceed --model_max_length 40" in refused(model_max_length=40)

    def one_of_many_is_long(records):
        ask, answer = records[0]["conversations"]
        records += [dict(records[0]) for _ in range(1000)]
        records[777] = {**records[0], "conversations": [ask, {**answer, "value": "joy " * 99}]}

    changed = changed_records(tiny, tmp_path, one_of_many_is_long)
    assert "record 778:" in refused(data_path=changed, model_max_length=200)


def test_the_module_to_run_must_be_named(capsys):
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err

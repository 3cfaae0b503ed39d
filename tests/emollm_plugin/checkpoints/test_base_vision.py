"""A base that has eyes already gets those that were asked for, begun with what fits of its own; then it is as any other."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from emollm_plugin.checkpoints.base_vision import take_over
from emollm_plugin.checkpoints.load import projector_tensors
from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions

from ..conftest import make_clip
from ..trainings import finish

pytestmark = pytest.mark.host

OURS = "multiperspective:slots=2,width=16"
STILL = {"max_steps": 1, "learning_rate": 0}
MODES = {
    "lora": {"lora_enable": True, "lora_r": 4, "mm_projector_lr": 0},
    "projector": {"tune_mm_mlp_adapter": True},
    "full": {},
}


@pytest.fixture(scope="module")
def llava(tiny, tmp_path_factory):
    """A checkpoint like llava-v1.5-7b: the host's projector, trained with layer -2 of a tower that is not here any more."""
    import emollm_plugin

    emollm_plugin.register()
    from types import SimpleNamespace

    from llava.model import LlavaLlamaForCausalLM

    folder = tmp_path_factory.mktemp("llava") / "llava-v1.5-tiny"
    torch.manual_seed(1)
    model = LlavaLlamaForCausalLM.from_pretrained(tiny.base)
    model.get_model().initialize_vision_modules(
        SimpleNamespace(
            vision_tower=str(tiny.clip),
            mm_vision_select_layer=-2,
            mm_vision_select_feature="patch",
            pretrain_mm_mlp_adapter=None,
            mm_patch_merge_type="flat",
            mm_projector_type="mlp2x_gelu",
        )
    )
    model.save_pretrained(folder)
    tiny.tokenizer.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "mm_vision_tower": "/a/tower/that/has/moved"}))
    return folder


def trained(arguments, out, tuned, **how):
    done = finish(arguments, out=out, **how)
    assert json.loads((out / "config.json").read_text())["mm_projector_type"].startswith("multiperspective:")
    return done, projector_tensors(out)


def reloaded(out, base):
    """The projector and the language model, as the host's loader restores them."""
    from llava.model.builder import load_pretrained_model

    model = load_pretrained_model(str(out), base, "llava-lora")[1]
    tower = model.get_vision_tower()
    return model.get_model().mm_projector.state_dict(), tower.vision_tower_name, tower.select_layer, model


@pytest.mark.parametrize(
    ("mode", "how"), [("lora", {}), ("lora", {"zero": "3", "ranks": 2}), ("projector", {"zero": "2"}), ("full", {})]
)
def test_a_llava_checkpoint_gets_the_projector_and_the_tower_that_were_asked_for(
    mode, how, llava, tiny, train_arguments, tmp_path
):
    out = tmp_path / "llava-out"
    arguments = train_arguments(
        model_name_or_path=llava, output_dir=out, mm_projector_type=OURS, mm_vision_select_layer=-1, **STILL, **MODES[mode]
    )
    done, saved = trained(arguments, out, mode, **how)
    old = projector_tensors(llava)
    for key, value in old.items():
        assert torch.allclose(saved[f"content.{key}"].float(), value, atol=2e-3), key
    assert not saved["reads.layout.to_value.weight"].any(), "fresh: nothing but content is there"
    said = done.log.read_text()
    assert "was trained with mlp2x_gelu, /a/tower/that/has/moved, -2, patch; now multiperspective:" in said
    assert "taken over of its projector: content; new: objects, relations, atmosphere, layout" in said

    restored, tower, layer, model = reloaded(out, None if mode == "full" else str(llava))
    assert (tower, layer) == (str(tiny.clip), -1)
    assert restored.keys() == saved.keys()
    for key, value in saved.items():
        assert torch.allclose(restored[key].float(), value.float(), rtol=2**-7, atol=1e-6), key
    words = dict(model.get_model().named_parameters())["embed_tokens.weight"]
    wanted = load_file(llava / "model.safetensors")["model.embed_tokens.weight"].float()
    assert torch.allclose(words.float(), wanted, atol=2e-3), "its language model is the base's"


def test_an_emollm_base_with_other_options_keeps_what_fits(tiny, train_arguments, tmp_path):
    """Of three slots in place of two nothing about objects fits; layout and atmosphere do. A LoRA on top evaluates."""
    base, out = tmp_path / "llava-base", tmp_path / "llava-out"
    finish(train_arguments(output_dir=base, max_steps=4), out=base)
    kind = "multiperspective:slots=3,width=16"
    arguments = train_arguments(model_name_or_path=base, output_dir=out, mm_projector_type=kind, **STILL, **MODES["lora"])
    done, saved = trained(arguments, out, "lora")
    assert "taken over of its projector: content, atmosphere, layout; new: objects, relations" in done.log.read_text()
    old = projector_tensors(base)
    assert len(saved["perspectives.objects.queries"]) == 3
    for key, value in saved.items():
        same = key in old and old[key].shape == value.shape and torch.allclose(old[key].float(), value.float(), atol=2e-3)
        assert same == (".objects." not in key and ".relations." not in key) or not value.any(), key
    restored, *_ = reloaded(out, str(base))
    assert all(torch.allclose(restored[key].float(), value.float(), rtol=2**-7, atol=1e-6) for key, value in saved.items())


def test_a_tower_of_another_width_begins_anew_and_says_so(llava, train_arguments, tmp_path):
    make_clip(tmp_path / "wide", width=40)
    out = tmp_path / "llava-out"
    arguments = train_arguments(
        model_name_or_path=llava, output_dir=out, vision_tower=tmp_path / "wide", **STILL, **MODES["projector"]
    )
    done, saved = trained(arguments, out, "projector")
    assert "nothing of its projector fits, which begins anew" in done.log.read_text()
    assert saved["content.0.weight"].shape == (32, 40)
    assert reloaded(out, str(llava))[1] == str(tmp_path / "wide")


def test_a_projector_that_is_named_goes_before_the_bases(llava, tiny, train_arguments, tmp_path):
    first, out = tmp_path / "llava-first", tmp_path / "llava-out"
    finish(train_arguments(output_dir=first, **MODES["projector"]), out=first)
    arguments = train_arguments(
        model_name_or_path=llava,
        output_dir=out,
        pretrain_mm_mlp_adapter=first / "mm_projector.bin",
        **STILL,
        **MODES["projector"],
    )
    _, saved = trained(arguments, out, "projector")
    for key, value in projector_tensors(first).items():
        assert torch.allclose(saved[key], value, atol=1e-6), key


def projector(text):
    return MultiPerspectiveProjector(12, 20, ProjectorOptions.parse(f"multiperspective:width=16,{text}"))


def test_parts_are_taken_over_whole_or_not_at_all():
    two, three = projector("slots=2"), projector("slots=3")
    assert take_over(three, two.state_dict()) == (["content", "atmosphere", "layout"], ["objects", "relations"])
    assert torch.equal(three.content[0].weight, two.content[0].weight)
    assert take_over(projector("slots=2"), two.state_dict())[1] == []
    wider = MultiPerspectiveProjector(13, 20, ProjectorOptions.parse("multiperspective:width=16"))
    before = wider.content[2].weight.clone()
    taken, _ = take_over(wider, two.state_dict())
    assert "content" not in taken and torch.equal(wider.content[2].weight, before), "half of an MLP means nothing"
    mlp = nn.Sequential(nn.Linear(12, 20), nn.GELU(), nn.Linear(20, 20))
    assert take_over(mlp, two.state_dict()) == (["content"], [])
    assert torch.equal(mlp[0].weight, two.content[0].weight)
    assert take_over(projector("slots=2"), nn.Linear(12, 20).state_dict())[0] == []


def test_a_folder_of_before_with_its_own_eyes_is_evaluated_as_ever(llava, tiny):
    """Outside training nothing is left out of a base."""
    from llava.model.builder import load_pretrained_model

    folder = llava.with_name("whole")
    shutil.copytree(llava, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "mm_vision_tower": str(tiny.clip)}))
    model = load_pretrained_model(str(folder), None, "llava")[1]
    assert isinstance(model.get_model().mm_projector, nn.Sequential)

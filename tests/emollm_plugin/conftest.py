"""Tiny random models that the real LLaVA code trains and evaluates in seconds."""

import copy
import shutil
from types import SimpleNamespace

import pytest

from .tiny import make_clip, make_data, make_llm, make_tokenizer, make_whisper


@pytest.fixture(scope="session")
def whisper(tmp_path_factory):
    return make_whisper(tmp_path_factory.mktemp("whisper"), seconds=2)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """`.base` (LLM), `.clip` (vision tower), `.data` (records, questions, images): read-only, made once."""
    root = tmp_path_factory.mktemp("tiny")
    tokenizer = make_tokenizer(root / "base")
    make_llm(root / "base", len(tokenizer))
    make_clip(root / "clip")
    make_data(root / "data")
    return SimpleNamespace(root=root, base=root / "base", clip=root / "clip", data=root / "data", tokenizer=tokenizer)


@pytest.fixture
def train_arguments(tiny, tmp_path, monkeypatch):
    """Arguments of `llava.train.train` for the tiny models; keywords change or, with None, drop one."""
    # transformers 4 leaves this in the environment, and a later float32 run of this process would train in bfloat16.
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "no")

    def build(**changes):
        arguments = {
            "model_name_or_path": tiny.base,
            "version": "emoprompt_chatml",
            "data_path": tiny.data / "train.json",
            "image_folder": tiny.data / "images",
            "vision_tower": tiny.clip,
            "mm_vision_select_layer": -2,
            "mm_projector_type": "multiperspective:slots=2,width=16",
            "mm_use_im_patch_token": False,
            "bf16": True,
            "use_cpu": True,
            "output_dir": tmp_path / "llava-out",
            "max_steps": 6,
            "per_device_train_batch_size": 4,
            "learning_rate": 1e-2,
            "logging_steps": 1,
            "save_strategy": "no",
            "model_max_length": 256,
            "lazy_preprocess": True,
            "report_to": "none",
            "seed": 0,
            **changes,
        }
        return [part for key, value in arguments.items() if value is not None for part in (f"--{key}", str(value))]

    return build


@pytest.fixture
def refused(train_arguments, capsys, tmp_path):
    """A function: the one line with which a training of changed arguments ends, with code 2 and nothing written."""
    from emollm_plugin.host.launch import main

    def run(**changes):
        assert main(["llava.train.train", *train_arguments(**changes)]) == 2
        errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1
        assert not (tmp_path / "llava-out").exists()
        return errors[0]

    return run


CHANGE = "multiperspective:perspectives=objects+relations+atmosphere+change,slots=2,width=16,frames=4"


@pytest.fixture(scope="session")
def llava_model(tiny):
    """A LLaVA model with an open, random `multiperspective` projector, built as the host's training builds it."""
    return make_llava(tiny, "multiperspective:slots=2,width=16")


@pytest.fixture(scope="session")
def clip_model(tiny):
    """The same, trained on clips, with the projector `CHANGE`: four frames of each, and what changes between them."""
    model = make_llava(tiny, CHANGE)
    model.config.emollm_clips = True
    return model


def make_llava(tiny, projector):
    import torch

    import emollm_plugin

    emollm_plugin.register()
    from llava.model import LlavaLlamaForCausalLM

    from emollm_plugin.compat.cpu import cpu_dtype

    torch.manual_seed(3)
    model = LlavaLlamaForCausalLM.from_pretrained(tiny.base)
    # Fresh attention takes the mean of all tokens: every question would have the same answer.
    for layer in model.model.layers:
        for weight in (layer.self_attn.q_proj.weight, layer.self_attn.k_proj.weight):
            torch.nn.init.normal_(weight, std=0.5)
        for weight in (layer.self_attn.v_proj.weight, layer.self_attn.o_proj.weight):
            torch.nn.init.normal_(weight, std=0.1)
    arguments = SimpleNamespace(
        vision_tower=str(tiny.clip),
        mm_vision_select_layer=-2,
        mm_vision_select_feature="patch",
        pretrain_mm_mlp_adapter=None,
        mm_patch_merge_type="flat",
        mm_projector_type=projector,
    )
    model.get_model().initialize_vision_modules(arguments)
    for read in model.get_model().mm_projector.reads.values():
        read.to_value.open()
        torch.nn.init.normal_(read.gate)
    model.config.mm_use_im_start_end = model.config.mm_use_im_patch_token = False
    model.config.use_cache = True
    # As evaluation loads it.
    return model.to(cpu_dtype()).eval()


@pytest.fixture(scope="session")
def answers():
    """A function: greedy token ids that a model gives for a few random images."""
    import torch

    def ask(model):
        from llava.constants import IMAGE_TOKEN_INDEX

        generator = torch.Generator().manual_seed(0)
        images = torch.randn(4, 3, 28, 28, generator=generator).to(model.dtype)
        ids = torch.tensor([[1, 20, IMAGE_TOKEN_INDEX, 30, 40]])
        return [model.generate(ids, images=image[None], do_sample=False, max_new_tokens=6).tolist() for image in images]

    return ask


@pytest.fixture
def projector_folder(llava_model, tiny, tmp_path):
    """What the host writes when the projector alone is tuned; the name is one that misleads it."""
    import torch

    from emollm_plugin.checkpoints.folders import note_training

    folder = tmp_path / "mistral-mpt-lora"
    config = copy.deepcopy(llava_model.config)
    note_training(config, template="emoprompt_chatml", base=str(tiny.base))
    config.save_pretrained(folder)
    weights = {key: value.clone() for key, value in llava_model.state_dict().items() if "mm_projector" in key}
    torch.save(weights, folder / "mm_projector.bin")
    return folder


@pytest.fixture
def lora_folder(llava_model, tiny, tmp_path, projector_folder):
    """What the host writes at the end of a LoRA run; the name is one that misleads it."""
    import torch
    from peft import LoraConfig, get_peft_model

    folder = tmp_path / "plain-emotions"
    torch.manual_seed(5)
    config = LoraConfig(r=4, target_modules=r"model\.layers.*(q_proj|v_proj)", task_type="CAUSAL_LM")
    model = get_peft_model(copy.deepcopy(llava_model), config)
    for name, value in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value)
    model.peft_config["default"].base_model_name_or_path = str(tiny.base)
    model.save_pretrained(folder)
    shutil.copy(projector_folder / "config.json", folder)
    extras = {key: value for key, value in model.state_dict().items() if "mm_projector" in key}
    torch.save(extras, folder / "non_lora_trainables.bin")
    return folder


@pytest.fixture
def batch():
    """Two samples of unequal length, one padded, with two answer turns in the first."""
    import torch

    ids = torch.tensor([[5, -200, 6, 7, 8, 9, 10], [5, -200, 6, 11, 2, 2, 2]])
    labels = torch.tensor([[-100, -100, -100, 7, -100, 9, 10], [-100, -100, -100, 11, -100, -100, -100]])
    mask = torch.tensor([[1] * 7, [1, 1, 1, 1, 0, 0, 0]]).bool()
    images = torch.randn(2, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    return {"input_ids": ids, "labels": labels, "attention_mask": mask, "images": images}


def make_clip_file(path, greys=range(0, 200, 40), size=(32, 32)):
    """A clip of plain frames, five of them brighter and brighter."""
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height = size
        for grey in greys:
            frame = av.VideoFrame.from_ndarray(np.full((*size[::-1], 3), grey, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path

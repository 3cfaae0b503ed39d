"""Fixtures of `evaluation` and `serving`: a tiny checkpoint, and questions of mixed lengths about it."""

import json

import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def layers_are_initialised_afterwards(monkeypatch):
    """LLaVA's evaluation scripts switch PyTorch's own initialisation off, for every later test of the process."""
    from torch import nn

    for layer in (nn.Linear, nn.LayerNorm):
        monkeypatch.setattr(layer, "reset_parameters", layer.reset_parameters)


@pytest.fixture
def float32(monkeypatch):
    """Both the host's scripts and ours compute in float32, so that batching cannot flip what is nearly equal."""
    import torch

    from emollm_plugin.compat import cpu

    monkeypatch.setattr(cpu, "cpu_dtype", lambda: torch.float32)


@pytest.fixture(scope="session")
def checkpoint(llava_model, tiny, tmp_path_factory):
    """`llava_model` saved whole, as a full fine-tune leaves it."""
    return save(llava_model, tiny, tmp_path_factory.mktemp("checkpoint") / "llava-tiny")


@pytest.fixture(scope="session")
def clip_checkpoint(clip_model, tiny, tmp_path_factory):
    """`clip_model` saved in the same way."""
    return save(clip_model, tiny, tmp_path_factory.mktemp("checkpoint") / "llava-clips")


@pytest.fixture(scope="session")
def hearing_checkpoint(llava_model, whisper, tiny, tmp_path_factory):
    """`llava_model` with an open projector of sound, saved in the same way."""
    import copy

    import torch

    from emollm_plugin.media.hearing import NAME, give_ears

    model = copy.deepcopy(llava_model).float()
    config = model.config
    config.mm_audio_tower, config.mm_audio_select_layer, config.mm_audio_hidden_size = str(whisper), 1, 16
    config.mm_audio_projector_type, config.mm_video_sound = "multiperspective:tokens=3,width=16", False
    torch.manual_seed(7)
    give_ears(model.get_model(), config)
    for read in getattr(model.get_model(), NAME).reads.values():
        read.to_value.open()
    return save(model, tiny, tmp_path_factory.mktemp("checkpoint") / "llava-hears")


def save(model, tiny, folder):
    import copy

    from emollm_plugin.checkpoints.folders import note_training

    model = copy.deepcopy(model)
    note_training(model.config, template="emoprompt_chatml", base=str(tiny.base))
    model.save_pretrained(folder)
    tiny.tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def asked(tiny, tmp_path_factory):
    """A folder with `questions.jsonl` (mixed lengths, a picture asked about twice) and `images`."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "images").mkdir()
    rows = []
    for index in range(11):
        name = f"{index % 7}.png"
        color = (37 * index % 256, 91 * index % 256, 151 * index % 256)
        Image.new("RGB", (32 + index, 28), color).save(folder / "images" / name)
        words = "Which emotion does this image show? " + "joy sadness anger fear " * (index * 5 % 8)
        options = ["joy", "sadness", "a fear"]
        rows.append({"question_id": index, "image": name, "text": words.strip(), "options": options})
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder

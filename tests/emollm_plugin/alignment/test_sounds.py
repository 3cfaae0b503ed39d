"""Word alignment of sounds: content and tone are drawn to the labels' words, and training starts from them."""

import json
import wave

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from emollm_plugin.alignment.align import Words, rms
from emollm_plugin.alignment.pairs import NoLabels, Pair, draw_pairs, labelled
from emollm_plugin.alignment.sounds import align_sounds
from emollm_plugin.cli.commands import main
from emollm_plugin.media.hearing import NAME
from emollm_plugin.projector.options import SoundOptions
from emollm_plugin.projector.sound import SoundProjector, project

pytestmark = pytest.mark.host
TONES = {"joy": 900, "sadness": 120}


def record(number, label, **media):
    turns = [{"from": "human", "value": "<audio>\nWhich emotion?"}, {"from": "gpt", "value": label}]
    return {"id": str(number), **media, "conversations": turns}


def test_pairs_are_of_records_whose_one_medium_says_the_label():
    records = [record(1, "joy", audio="a.wav"), record(2, "fear", audio="b.wav")]
    both = record(3, "anger", audio="c.wav", image="c.png")
    assert sorted(draw_pairs([*records, both], most=9, seed=0, kind="audio")) == [Pair("a.wav", "joy"), Pair("b.wav", "fear")]
    assert set(labelled(records, most=9, seed=0, hears=True)) == {"audio"}
    with pytest.raises(NoLabels, match="needs sounds with at least two labels"):
        labelled([both], most=9, seed=0, hears=True)
    with pytest.raises(NoLabels, match="needs pictures"):
        labelled(records, most=9, seed=0, hears=False)


def test_voices_are_drawn_to_their_words_and_the_file_starts_a_training(tiny, whisper, train_arguments, tmp_path):
    times = np.arange(8_000) / 16_000
    records = []
    for number in range(12):
        label = list(TONES)[number % 2]
        with wave.open(str(tmp_path / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", "NONE"))
            file.writeframes((9_000 * np.sin(2 * np.pi * (TONES[label] + number) * times)).astype("<i2").tobytes())
        records.append(record(number, label, audio=f"{number}.wav"))
    data, out = tmp_path / "train.json", tmp_path / "mm_projector.bin"
    data.write_text(json.dumps(records))
    kind = "multiperspective:tokens=2,width=16"
    given = {"data": data, "images": tmp_path, "base": tiny.base, "tower": tiny.clip, "out": out, "steps": 60}
    given |= {"learning-rate": 1e-2, "audio-tower": whisper, "audio-projector": kind}
    done = CliRunner().invoke(main, ["align", *(str(part) for key, value in given.items() for part in (f"--{key}", value))])
    assert done.exit_code == 0, done.output
    state = torch.load(out, weights_only=True)
    assert all(name.startswith(f"model.{NAME}.") for name in state)
    values = {name.split(".")[-3]: value for name, value in state.items() if name.endswith("to_value.weight")}
    assert values["tone"].any() and not values["change"].any() and not values["course"].any()

    from llava.model import LlavaLlamaForCausalLM

    model = LlavaLlamaForCausalLM.from_pretrained(tiny.base).get_model()
    import transformers
    from llava.train import train as host

    words = train_arguments(
        data_path=data, image_folder=tmp_path, mm_audio_tower=whisper, mm_audio_projector_type=kind, pretrain_mm_mlp_adapter=out
    )
    parser = transformers.HfArgumentParser((host.ModelArguments,))
    model.initialize_vision_modules(parser.parse_args_into_dataclasses(words, return_remaining_strings=True)[0])
    for name, value in getattr(model, NAME).state_dict().items():
        assert torch.equal(value, state[f"model.{NAME}.{name}"]), name


@pytest.mark.parametrize("kind", ["ours", "the host's"])
def test_a_small_channel_is_heard_beside_a_large_one_that_says_nothing(kind):
    """Whisper has channels a hundred times larger than those that tell voices apart."""
    torch.manual_seed(0)
    pairs = [Pair(f"{number}.wav", ("joy", "fear")[number % 2]) for number in range(40)]
    features = {}
    for number, pair in enumerate(pairs):
        sound = 0.05 * torch.randn(20 + number, 6)
        sound[:, 0] = 300 + 30 * torch.randn(1)
        sound[:, 3] += 0.1 * (number % 2)
        features[pair.medium] = sound
    words = Words(["joy", "fear"], torch.eye(2, 8), torch.zeros(8), 1.0)
    host = nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 8))
    projector = host if kind != "ours" else SoundProjector(6, 8, SoundOptions.parse("multiperspective:tokens=2,width=8"))
    aligned = align_sounds(projector, features, pairs, words, steps=40, learning_rate=1e-2, batch=16, seed=0)
    assert aligned.share == 1
    # The projector that is left takes the encoder's own positions.
    tokens = project(projector, [features[pair.medium] for pair in pairs])
    assert rms(words.distances(tokens)) == pytest.approx(aligned.reach, rel=1e-3)
    found = words.logits(tokens).argmax(dim=1)
    assert [words.labels[place] for place in found] == [pair.label for pair in pairs]

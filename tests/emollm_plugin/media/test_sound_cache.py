"""The cache of encoded sounds: a second epoch encodes nothing and gets the same."""

from types import SimpleNamespace

import pytest
import torch

from emollm_plugin.media.hearing import Ears, reader_of
from tests.emobench_data.media.test_sound import float_wav, sweep

pytestmark = pytest.mark.host


def config_of(whisper, layer):
    kind = "multiperspective:tokens=3,width=16"
    return SimpleNamespace(
        mm_audio_tower=str(whisper), mm_audio_select_layer=layer, mm_audio_hidden_size=16, mm_audio_projector_type=kind
    )


def test_a_second_epoch_encodes_nothing_and_gets_the_same(whisper, tmp_path):
    path = float_wav(tmp_path / "a.wav", sweep(16_000, 0.5))
    asked = SimpleNamespace(sound_cache=str(tmp_path / "kept"), sound_cache_gb=0.001)
    config = config_of(whisper, 1)
    reader, ears, like = reader_of(config).with_cache(asked), Ears(config), torch.zeros(1)
    first = reader.sound(path)
    (made,) = ears.encode([first], like)
    again = reader.sound(path)
    assert first.features is None and again.spectrum is None and len(again) == len(first)
    assert torch.equal(ears.encode([again], like)[0], made) and torch.equal(again.features, made)
    assert "50.0 % of 2 sounds came from it" in reader.cache.hit_rate()
    for other in (
        reader.sound(path, 0.1, 0.4),
        reader_of(config_of(whisper, 2)).with_cache(asked).sound(path),
        reader_of(config).sound(path),
        reader_of(config).with_cache(SimpleNamespace(sound_cache=str(tmp_path / "kept"), sound_cache_gb=0)).sound(path),
    ):
        assert other.features is None
    float_wav(path, 0.5 * sweep(16_000, 0.5))
    assert reader.sound(path).features is None

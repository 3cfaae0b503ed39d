"""Whisper's encoder as an audio tower, through transformers."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PretrainedConfig, WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder, WhisperPreTrainedModel

from emobench_data.io.errors import InputError
from emobench_data.media.stamp import stamp

from ..registry import AUDIO_TOWERS
from .hub import check_download, is_hub_name

RATE = 16_000  # samples a second that every Whisper hears
SHORTEST = 400  # samples, one window of its front end: what is shorter is filled up with silence


class SpeechEncoder(WhisperPreTrainedModel):
    """Whisper without its decoder, of any Whisper's weights."""

    _keys_to_ignore_on_load_unexpected = [r"decoder\.", r"proj_out\."]  # noqa: RUF012  # as transformers asks

    def __init__(self, config: WhisperConfig) -> None:
        super().__init__(config)
        self.encoder = WhisperEncoder(config)
        self.post_init()


class AudioTower(nn.Module):
    """Hidden states of one of Whisper's layers, frozen: a list of log-mel (M, F) -> a list of (P, C), P = ceil(F / 2).

    100 log-mel frames and 50 positions a second. Only what was spoken is encoded, not the silence that Whisper is else given
    up to 30 s; so a position means less here than in Whisper's own encoder, where all 1,500 see one another (our reading).

    Args:
        name: as the configuration names it.
        place: a folder or hub name of Whisper; default: the name.
        layer: index into its hidden states: 0 what goes into the first layer, 1 what comes out of it, ..., and the last
            one, -1, behind the encoder's own layer norm. Default: half its layers, the second of tiny's four. Measured on
            EMO-DB, speakers apart, by a logistic regression on mean and spread: 0.83, 0.88, 0.85, 0.77 of layers 1 to 4.
        delay_load: whether to leave the weights for `load_model`.

    Raises:
        InputError: it is no Whisper, cannot be read, or has no such layer.
    """

    def __init__(self, name: str, *, place: str | None = None, layer: int | None = None, delay_load: bool = False) -> None:
        super().__init__()
        self.audio_tower_name, self.place = name, place or name
        self.config = _config(self.place, name)
        layers = self.config.encoder_layers
        layer = layers // 2 if layer is None else layer
        if not -layers - 1 <= layer <= layers:
            raise InputError(f"audio tower {name} has layers 0 to {layers}; mm_audio_select_layer {layer} is not among them")
        self.layer = layer % (layers + 1)
        try:
            self.front = WhisperFeatureExtractor.from_pretrained(self.place)
        except (OSError, ValueError) as error:
            raise InputError(f"audio tower {name}: no preprocessor_config.json; copy the whole model folder again") from error
        self.is_loaded = False
        if not delay_load:
            self.load_model()

    def load_model(self, device_map: Any = None) -> None:
        """Load the weights, once, in float32; to the device that is named."""
        if self.is_loaded:
            return
        try:
            encoder = SpeechEncoder.from_pretrained(self.place).encoder
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"audio tower {self.audio_tower_name} cannot be read: {str(error).splitlines()[0]}") from error
        self.encoder = encoder.float().requires_grad_(False)
        del self.encoder.layers[self.layer :]  # nobody hears what comes behind
        self.is_loaded = True
        self.eval()
        if device_map == "auto":
            device_map = "cuda" if torch.cuda.is_available() else None
        if device_map is not None:
            self.to(device_map)

    def train(self, mode: bool = True) -> Any:
        """Stay in evaluation mode: nothing is dropped out."""
        return super().train(False)

    def features(self, wave: np.ndarray) -> Tensor:
        """What the encoder hears of a wave, (T,) float32, 16 kHz mono: its log-mel spectrogram (M, F) float32, F = T // 160.

        Raises:
            InputError: it is longer than Whisper hears at once, 30 s.
        """
        if len(wave) > self.front.n_samples:
            limit = self.front.n_samples / RATE
            raise InputError(
                f"{len(wave) / RATE:.1f} s of sound; {self.audio_tower_name} hears at most {limit:g} s: give a span"
            )
        wave = np.pad(wave, (0, max(SHORTEST - len(wave), 0)))
        heard = self.front(wave, sampling_rate=RATE, padding="do_not_pad", truncation=False, return_tensors="np")
        return torch.from_numpy(np.asarray(heard["input_features"][0], dtype=np.float32))

    @torch.no_grad()
    def forward(self, sounds: Sequence[Tensor]) -> list[Tensor]:
        """Hidden states of each sound, in its log-mel's dtype: (M, F) each -> (P, C) each."""
        return [self._encode(sound.to(device=self.device, dtype=self.dtype)).to(sound.dtype) for sound in sounds]

    def _encode(self, sound: Tensor) -> Tensor:
        encoder = self.encoder
        x = F.gelu(encoder.conv2(F.gelu(encoder.conv1(sound[None])))).transpose(1, 2)
        x = x + encoder.embed_positions(torch.arange(x.shape[1], device=x.device))  # called: ZeRO-3 gathers its weights then
        for block in encoder.layers:
            # transformers 4 asks for a mask of heads, and gives a tuple.
            given = {"layer_head_mask": None} if "layer_head_mask" in inspect.signature(block.forward).parameters else {}
            x = block(x, attention_mask=None, **given)
            x = x[0] if isinstance(x, tuple) else x
        last = self.layer == self.config.encoder_layers
        return (encoder.layer_norm(x) if last else x)[0]

    @property
    def identity(self) -> tuple[Any, ...]:
        """What tells it and its layer from others, for what is kept of its output."""
        return self.place, stamp(Path(self.place)), self.layer

    @property
    def dtype(self) -> torch.dtype:
        return self.encoder.conv1.weight.dtype

    @property
    def device(self) -> torch.device:
        return self.encoder.conv1.weight.device

    @property
    def hidden_size(self) -> int:
        return self.config.d_model

    @property
    def dummy_feature(self) -> Tensor:
        return torch.zeros(1, self.hidden_size, device=self.device, dtype=self.dtype)


def positions(frames: int) -> int:
    """How many positions come out for so many log-mel frames."""
    return (frames + 1) // 2


def _config(place: str, name: str) -> WhisperConfig:
    here = Path(place).expanduser().exists()
    if not here and is_hub_name(place):
        check_download(place, "audio tower")
    try:
        content = PretrainedConfig.get_config_dict(place)[0] if here or is_hub_name(place) else {}
    except (OSError, ValueError) as error:
        raise InputError(f"audio tower {name}: its config.json cannot be read ({str(error).splitlines()[0]})") from error
    kind = content.get("model_type")
    if kind != "whisper":
        known = ", ".join((*AUDIO_TOWERS, "a folder of Whisper", "a hub name as openai/whisper-tiny"))
        what = f"model type {kind!r}" if here or content else "no folder here, and no name of a hub"
        raise InputError(f"unknown audio tower {name!r} ({what}); --mm_audio_tower or AUDIO_TOWER takes {known}")
    return WhisperConfig.from_dict(content)

"""Ears in the host's models: a frozen encoder beside the model, a projector in it, and sounds put in where they stand.

The host puts in pictures by order, one set of tokens for each `IMAGE_TOKEN_INDEX`. With ears, pictures, clips and sounds are
made into tokens here, and handed to it in the order of their places, as if it had encoded them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from emobench_data.io.errors import InputError

from ..compat.zero3 import generator_kept, unpartitioned
from ..projector.options import SoundOptions
from ..projector.sound import project
from ..prompt.media import AUDIO_INDEX, IMAGE_INDEX
from ..registry import SOUND_PROJECTORS, projector_family
from .clips import clips_noted
from .sound_samples import Sound, SoundReader

# Of a model's config, beside the host's `mm_vision_tower`: a checkpoint with the first of them hears.
TOWER_KEY, WIDTH_KEY, PROJECTOR_KEY = "mm_audio_tower", "mm_audio_hidden_size", "mm_audio_projector_type"
LAYER_KEY, CLIPS_KEY = "mm_audio_select_layer", "mm_video_sound"
# The host finds what it trains and saves by `mm_projector` in a name. Its own keys go on with a dot there, these do not.
NAME = "mm_projector_audio"


class Ears:
    """The encoder of a model that hears. It is no part of the module, so that nothing saves, trains or partitions it."""

    def __init__(self, config: Any) -> None:
        self.config, self._tower = config, None

    @property
    def tower(self) -> Any:
        """The tower, loaded when it is first asked for."""
        if self._tower is None:
            from ..towers.audio import build_audio_tower

            with generator_kept(), unpartitioned():
                self._tower = build_audio_tower(self.config)
        return self._tower

    @torch.no_grad()
    def encode(self, sounds: Sequence[Sound], like: Tensor) -> list[Tensor]:
        """Positions (P, C) of each sound, on the device of `like`; in float32, on a GPU in the format of `like`."""
        new = [sound for sound in sounds if sound.features is None]
        made: dict[int, Tensor] = {}
        if new:
            tower = self.tower.to(device=like.device, dtype=like.dtype if like.is_cuda else torch.float32)
            made = {id(sound): each for sound, each in zip(new, tower([sound.spectrum for sound in new]))}
            for sound in new:
                sound.keep(made[id(sound)])
        return [(made[id(sound)] if sound.features is None else sound.features).to(like.device) for sound in sounds]


def reader_of(config: Any) -> SoundReader | None:
    """How a model with this config, or the arguments of a training, reads sounds; None if it does not hear."""
    if not getattr(config, TOWER_KEY, None):
        return None
    own = SoundOptions.of(getattr(config, PROJECTOR_KEY))
    front = front_of(config)
    return SoundReader(front.features, own.tokens if own else 0, bool(getattr(config, CLIPS_KEY, False)), front.identity)


def front_of(config: Any) -> Any:
    """The audio tower of a model's config, or of the arguments of a training, without its weights."""
    from ..towers.audio import build_audio_tower

    return build_audio_tower(config, delay_load=True)


class Encoded(list[Tensor]):
    """Tokens of media (N, C) in the order of their places, where the host expects pictures that it would encode."""

    ndim = 4

    def to(self, *args: Any, **kwargs: Any) -> Encoded:
        """Each of them, as `Tensor.to` gives it."""
        return Encoded(each.to(*args, **kwargs) for each in self)


def build_projector(config: Any) -> nn.Module:
    """The projector of sound that a model's config spells out: ours, or one of the host's, for each position alone."""
    kind = getattr(config, PROJECTOR_KEY)
    if projector_family(kind) in SOUND_PROJECTORS:
        return SOUND_PROJECTORS.get(projector_family(kind))(config)
    from llava.model.multimodal_projector.builder import build_vision_projector

    sizes = {"mm_hidden_size": getattr(config, WIDTH_KEY), "hidden_size": config.hidden_size}
    return build_vision_projector(SimpleNamespace(mm_projector_type=kind, **sizes))


def give_ears(base: Any, config: Any) -> None:
    """Make ears as `config` says in a base model, if it says any."""
    if getattr(config, TOWER_KEY, None):
        base.ears = Ears(config)
        setattr(base, NAME, build_projector(config))


def with_ears(host_init: Callable) -> Callable:
    """Wrap `LlavaMetaModel.__init__`: a config that names an audio tower makes a model that hears."""

    def __init__(self, config):
        host_init(self, config)
        give_ears(self, config)

    return __init__


def asked_to_hear(host_initialize: Callable) -> Callable:
    """Wrap `LlavaMetaModel.initialize_vision_modules`: ears as the arguments ask for, fresh or as a saved projector has them.

    The host splits every key of a saved projector that holds `mm_projector` at a dot behind it; those of ears have none there.
    """

    def initialize_vision_modules(self, model_args, fsdp=None):
        file = model_args.pretrain_mm_mlp_adapter
        saved = torch.load(file, map_location="cpu", weights_only=True) if file is not None else {}
        hears = _below(saved, f"{NAME}.")
        if getattr(model_args, TOWER_KEY, None):
            for key in (TOWER_KEY, LAYER_KEY, PROJECTOR_KEY, CLIPS_KEY):
                setattr(self.config, key, getattr(model_args, key))
            tower = front_of(self.config)
            setattr(self.config, WIDTH_KEY, tower.hidden_size)
            setattr(self.config, LAYER_KEY, tower.layer)
        if hears:
            model_args = copy.copy(model_args)
            model_args.pretrain_mm_mlp_adapter = None
        host_initialize(self, model_args, fsdp)
        give_ears(self, self.config)
        if hears and (seen := _below(saved, "mm_projector.")):
            self.mm_projector.load_state_dict(seen)
        if hears and hasattr(self, NAME):
            getattr(self, NAME).load_state_dict(hears)

    return initialize_vision_modules


def _below(saved: Mapping[str, Tensor], mark: str) -> dict[str, Tensor]:
    return {key.split(mark, 1)[1]: value for key, value in saved.items() if mark in key}


def trained_alike(base: Any) -> None:
    """The projector of sound is trained, or not, and in the number format, as that of pictures."""
    ears, eyes = getattr(base, NAME, None), next(base.mm_projector.parameters(), None)
    if ears is not None and eyes is not None:
        ears.to(device=eyes.device, dtype=eyes.dtype).requires_grad_(eyes.requires_grad)


def hearing(host_prepare: Callable) -> Callable:
    """Wrap `prepare_inputs_labels_for_multimodal`: with `sounds`, in order, for the places of `AUDIO_INDEX`.

    Raises:
        InputError: there are sounds, and the model does not hear.
    """

    def prepare_inputs_labels_for_multimodal(self, ids, positions, mask, cache, labels, images, *more, sounds=None, **named):
        deaf = getattr(self.get_model(), NAME, None) is None
        if deaf and sounds:
            raise InputError(
                "the model does not hear; train one with AUDIO_TOWER (the host's --mm_audio_tower), or ask without sound"
            )
        # In training all ranks run the same, whatever their batches hold.
        if not deaf and ids.shape[1] > 1 and (self.training or sounds):
            images = Encoded(_in_order(self, ids, mask, images, sounds or ()))
            ids = ids.masked_fill(ids == AUDIO_INDEX, IMAGE_INDEX)
        return host_prepare(self, ids, positions, mask, cache, labels, images, *more, **named)

    return prepare_inputs_labels_for_multimodal


def passing_encoded(host_encode: Callable) -> Callable:
    """Wrap `encode_images`: what is encoded already stays as it is."""

    def encode_images(self, images, *more, **named):
        return images if isinstance(images, Encoded) else host_encode(self, images, *more, **named)

    return encode_images


def heard(model: Any, sounds: Sequence[Sound]) -> list[Tensor]:
    """Tokens (N, C) of each sound as `model` hears it."""
    base = model.get_model()
    like = model.get_input_embeddings().weight
    return [each.to(like.dtype) for each in project(getattr(base, NAME), base.ears.encode(sounds, like))]


def _in_order(model: Any, ids: Tensor, mask: Tensor | None, images: Any, sounds: Sequence[Sound]) -> list[Tensor]:
    """Tokens for each place of the batch (B, N), and for each row without one, as the host takes them."""
    if model.training and not sounds:
        sounds = [Sound.silence(getattr(model.config, WIDTH_KEY))]
    pictures, voices = _seen(model, images), heard(model, sounds)
    # Nothing of each, so that every parameter takes part in every step.
    nothing = torch.cat([each[:0] for each in (*pictures, *voices)])
    order, next_voice = [], iter(voices)
    for row in range(len(ids)):
        own = ids[row] if mask is None else ids[row][mask[row].bool()]
        places = own[(own == IMAGE_INDEX) | (own == AUDIO_INDEX)].tolist()
        order += [pictures[row] if place == IMAGE_INDEX else next(next_voice) for place in places] or [nothing]
    return [torch.cat([order[0], nothing]), *order[1:]]


def _seen(model: Any, images: Any) -> list[Tensor]:
    """Tokens of each row's picture or clip."""
    if images is None:
        return []
    rows = [each if each.ndim == 4 else each[None] for each in images]
    with clips_noted(images):
        tokens = model.encode_images(torch.cat(rows))
    return [each.flatten(0, 1) for each in tokens.split([len(row) for row in rows])]

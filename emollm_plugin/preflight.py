"""The check before training: every fault of the command line, the model, the data and the media, before the first step.

LLaVA answers an unknown `--version` with Vicuna's template, masks samples it cannot split and trains on at loss 0.
"""

from __future__ import annotations

import json
import logging
import os
import random
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
import transformers

from emobench_data.errors import InputError
from emobench_data.llava_files import read_training
from emobench_data.media_check import Medium, check_all, media_cache, refuse
from emobench_data.validate.form import read_record

from .checkpoint import check_folder, check_tokenizer, complete_folder
from .projector.options import ProjectorOptions
from .reachable import check_download, check_output, check_tower_folder
from .registry import PROJECTORS, projector_family
from .samples import check_samples
from .towers import builder_of
from .video import ClipReader, cache_of

logger = logging.getLogger(__name__)

HOST_PROJECTORS = re.compile(r"linear|identity|mlp\d+x_gelu")
HOST_VERSIONS = ("v0", "v0.5")
# Of the faults that `emobench_data validate` knows, those that the host would meet as a crash or as lost training.
UNUSABLE = ("schema", "placeholder", "answer")
MEDIA = ("image", "video")
MEDIA_CHECKED = 20_000


@dataclass(frozen=True)
class Plan:
    """What preflight learned and training needs."""

    half_precision: bool
    seed: int
    deepspeed: bool
    output_dir: Path
    rank: int
    clips: ClipReader


def preflight(host: ModuleType) -> Plan:
    """Check the command line of `llava.train.train` in `sys.argv`; raises `InputError` on the first fault.

    Args:
        host: the module `llava.train.train`.
    """
    parser = transformers.HfArgumentParser((host.ModelArguments, host.DataArguments, _Training))
    model_args, data_args, training, _ = parser.parse_args_into_dataclasses(return_remaining_strings=True)
    _check_device(training)
    _check_quantization(training)
    if training.deepspeed:
        zero_stage(Path(training.deepspeed))
    check_output(Path(training.output_dir))
    _check_names(host, model_args)
    check_folder(model_args.model_name_or_path)
    check_download(model_args.model_name_or_path, "base model")
    check_tokenizer(model_args.model_name_or_path)
    complete_folder(model_args.model_name_or_path)
    records = load_records(data_args.data_path)
    clips = ClipReader.of(model_args.mm_projector_type, cache_of(data_args))
    rank = int(os.environ.get("RANK", "0"))
    if rank == 0:
        check_media(records, data_args.data_path, data_args.image_folder)
        check_samples(host, model_args, data_args, training, records, clips.sampling.frames)
    return Plan(
        half_precision=training.bf16 or training.fp16, seed=training.seed, deepspeed=training.deepspeed is not None,
        output_dir=Path(training.output_dir), rank=rank, clips=clips,
    )  # fmt: skip


@dataclass
class _Training:
    # The few of the host's training arguments that the checks need; parsing all of them would set up DeepSpeed.
    bf16: bool = False
    fp16: bool = False
    use_cpu: bool = False
    deepspeed: str | None = None
    output_dir: str = "trainer_output"
    bits: int = 16
    seed: int = 42
    model_max_length: int = 512
    cache_dir: str | None = None


def _check_device(training: _Training) -> None:
    if not torch.cuda.is_available() and not training.use_cpu:
        raise InputError("no CUDA GPU was found, and this is a GPU recipe; run it on a GPU, or add --use_cpu True")


def _check_quantization(training: _Training) -> None:
    if training.bits == 16:
        return
    if training.bits not in (4, 8):
        raise InputError(f"--bits {training.bits} is unknown; known: 4 and 8 (QLoRA), 16")
    if training.deepspeed and zero_stage(Path(training.deepspeed)) == 3:
        raise InputError(f"QLoRA (--bits {training.bits}) does not go with ZeRO-3 ({training.deepspeed}); take ZeRO-2")
    try:
        import bitsandbytes  # noqa: F401  (it fails on import where it cannot run)
    except (ImportError, OSError, RuntimeError) as error:
        out = "pip install bitsandbytes, or train with LoRA in 16 bits (TUNE=lora)"
        raise InputError(f"QLoRA (--bits {training.bits}): bitsandbytes does not run here ({error}); {out}") from error


def zero_stage(config: Path) -> int:
    """The ZeRO stage of a DeepSpeed configuration; raises `InputError` if it is none."""
    try:
        return int(json.loads(config.read_text()).get("zero_optimization", {}).get("stage", 0))
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{config} is no DeepSpeed configuration ({error})") from error


def _check_names(host: ModuleType, model_args) -> None:
    templates = host.conversation_lib.conv_templates
    if model_args.version not in templates and model_args.version not in HOST_VERSIONS:
        raise InputError(f"unknown template --version {model_args.version!r}; known: {', '.join(sorted(templates))}")
    check_projector_type(model_args.mm_projector_type)
    if model_args.vision_tower is not None:
        check_tower_name(model_args.vision_tower)


def check_projector_type(kind: str) -> None:
    """Whether `--mm_projector_type` is one that the plug-in or the host builds; raises `InputError` if not."""
    if projector_family(kind) in PROJECTORS:
        ProjectorOptions.parse(kind)
    elif not HOST_PROJECTORS.fullmatch(kind):
        known = ", ".join(("linear", "identity", "mlp2x_gelu", *PROJECTORS))
        raise InputError(f"unknown projector type {kind!r}; known: {known}")


def check_tower_name(tower: str) -> None:
    """Whether `--vision_tower` can be had and read; raises `InputError` if not."""
    if "/" in tower:  # no name of a registry
        check_download(tower, "vision tower")
    builder_of(tower)
    if Path(tower).expanduser().is_dir():
        check_tower_folder(Path(tower).expanduser())


def load_records(path: str | None) -> list[dict]:
    """Read LLaVA's training JSON; raises `InputError` naming the file and the first record that is of no use."""
    if not path:
        raise InputError("no training data; give --data_path a LLaVA JSON file")
    records = read_training(Path(path))
    if not records:
        raise InputError(f"{path}: holds no record; there is nothing to train on")
    for number, record in enumerate(records, start=1):
        fault = _record_fault(record)
        if fault:
            raise InputError(f"{path}, record {number}: {fault}")
    return records


def _record_fault(record) -> str | None:
    _, faults = read_record(record)
    fault = next((words for kind, words in faults if kind in UNUSABLE), None)
    if fault:
        return fault
    for key in MEDIA:
        if not isinstance(record.get(key, ""), str):
            return f"its {key!r} is {record[key]!r:.80}; a record has one"
    if all(key in record for key in MEDIA):
        return "has an image and a video; a record has one medium"
    return None


def check_media(records: list[dict], data_path: str, folder: str | None) -> None:
    """Decode the media that `records` name: all up to 20,000, beyond that a seeded sample, and says so.

    Raises:
        InputError: media are missing, unreadable or outside `folder`: how many, and the first ones.
    """
    media = sorted({(record[key], key) for record in records for key in MEDIA if key in record})
    if media and not folder:
        raise InputError(f"training data {data_path} has images or clips; say where they lie with --image_folder")
    if len(media) > MEDIA_CHECKED:
        logger.warning("preflight decodes %d of %d media", MEDIA_CHECKED, len(media))
        media = random.Random(0).sample(media, MEDIA_CHECKED)
    refuse_faulty_media(dict(media), Path(folder or "."), data_path)


def refuse_faulty_media(media: dict[str, str], folder: Path, place: str) -> None:
    """Decode every medium, its kind by its name; raises `InputError` that counts the faulty ones and names some."""
    with media_cache(None) as cache:
        faults, _ = check_all({name: Medium(folder, name, kind) for name, kind in media.items()}, cache)
    refuse(faults, len(media), f"{place} in {folder}", way_out="get these files again or take the records out")

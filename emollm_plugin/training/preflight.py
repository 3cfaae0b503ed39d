"""The check before training: every fault of the command line, the model, the data and the media, before the first step.

LLaVA answers an unknown `--version` with Vicuna's template, masks samples it cannot split and trains on at loss 0.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import transformers

from emobench_data.io.errors import InputError
from emobench_data.io.registry import Registry
from emobench_data.io.shards import ShardedRecords

from ..checkpoints.load import check_folder, check_tokenizer, complete_folder
from ..checkpoints.towers import check_tower_folder
from ..compat.processes import join_processes
from ..media.clips import ClipReader, cache_of
from ..media.hearing import reader_of
from ..media.sound_samples import SoundReader
from ..projector.options import ProjectorOptions, SoundOptions, Spelt
from ..prompt.chat_template import bind, own_format
from ..prompt.formats import load_tokenizer
from ..prompt.templates import CHAT_TEMPLATE
from ..registry import PROJECTORS, SOUND_PROJECTORS, projector_family
from ..towers.builders import builder_of
from ..towers.hub import check_download, is_hub_name
from ..towers.kept import FeatureCache, check_room, feature_cache_of
from .dataset import Room
from .ranks import check_shared, from_first
from .records import Records, load_records, looked_at, pictures_of, with_faulty_media, without
from .samples import Samples
from .storage import check_output

HOST_PROJECTORS = re.compile(r"linear|identity|mlp\d+x_gelu")
HOST_VERSIONS = ("v0", "v0.5")
TOO_LONG = ("refuse", "drop", "cut")
ASPECTS = ("pad", "square")


@dataclass(frozen=True)
class Plan:
    """What preflight learned and training needs."""

    half_precision: bool
    seed: int
    output_dir: Path
    rank: int
    clips: ClipReader
    sounds: SoundReader | None
    pictures: FeatureCache | None  # where their features are kept
    records: Records
    room: Room | None  # that samples are cut to
    held_out: Records  # records that are looked at and not trained on
    lora_targets: tuple[str, ...]
    lora_layers: str


def preflight(host: ModuleType) -> Plan:
    """Check the command line of `llava.train.train` in `sys.argv`; raises `InputError` on the first fault.

    What takes long is done by the first rank, for which the others wait as long as it takes.

    Args:
        host: the module `llava.train.train`.
    """
    kinds: Any = (host.ModelArguments, host.DataArguments, _Training)
    parser = transformers.HfArgumentParser(kinds)
    model_args, data_args, training, _ = parser.parse_args_into_dataclasses(return_remaining_strings=True)
    _check_device(training)
    _check_quantization(training)
    _check_choices(data_args, training)
    zero3 = training.deepspeed and zero_stage(Path(training.deepspeed)) == 3
    if zero3 and model_args.mm_feature_cache:
        raise InputError("--mm_feature_cache (FEATURE_CACHE) does not go with ZeRO-3, whose ranks encode together")
    output = Path(training.output_dir)
    _check_names(host, model_args)
    check_folder(model_args.model_name_or_path)
    check_download(model_args.model_name_or_path, "base model")
    check_tokenizer(model_args.model_name_or_path)
    complete_folder(model_args.model_name_or_path)
    if model_args.version == CHAT_TEMPLATE:
        own = own_format(load_tokenizer(model_args.model_name_or_path, cache_dir=training.cache_dir))
        bind(host.conversation_lib.conv_templates[CHAT_TEMPLATE], own)
    reader = reader_of(model_args)
    sounds = reader.with_cache(data_args) if reader else None
    records = load_records(data_args.data_path, hears=sounds is not None)
    clips = ClipReader.of(model_args.mm_projector_type, cache_of(data_args))
    join_processes(deepspeed=training.deepspeed is not None, use_cpu=training.use_cpu, seconds=training.ddp_timeout)
    from_first(lambda: check_output(output))  # a network's file system may keep in mind that another did not find it
    check_shared(output)
    samples = Samples(host, model_args, data_args, training, frames=clips.sampling.frames, sounds=sounds)
    left_out, room = from_first(lambda: _to_leave_out(samples, records, data_args, clips, output))
    held_out = _held_out(samples, data_args, training, clips, output)
    seen = sum(pictures_of(each, clips.sampling.frames) for each in (records, held_out))
    pictures = _features_kept(model_args, training, seen)
    return Plan(
        half_precision=training.bf16 or training.fp16,
        seed=training.seed,
        output_dir=output,
        rank=int(os.environ.get("RANK", "0")),
        clips=clips,
        sounds=sounds,
        pictures=pictures,
        room=room if data_args.too_long == "cut" else None,
        records=without(records, left_out),
        held_out=held_out,
        lora_targets=tuple(filter(None, (training.lora_targets or "").split(","))),
        lora_layers=training.lora_layers or "",
    )


def _held_out(samples: Samples, data_args: Any, training: _Training, clips: ClipReader, output: Path) -> Records:
    """The records of `--eval_data_path`, checked as those that are trained on.

    Raises:
        InputError: one is of no use; or they are not given and wanted, or given and not wanted.
    """
    path, strategy = data_args.eval_data_path, training.eval_strategy or training.evaluation_strategy or "no"
    if bool(path) != (strategy != "no"):
        raise InputError(f"--eval_strategy {strategy} with --eval_data_path {path}: the loss on held-out records takes both")
    if not path:
        return []
    there, args = copy.copy(samples), copy.copy(data_args)
    there.data_args, args.data_path = copy.copy(samples.data_args), path
    there.data_args.data_path = path
    records = load_records(path, hears=samples.sounds is not None)
    left_out, _ = from_first(lambda: _to_leave_out(there, records, args, clips, output))
    return without(records, left_out)


def _features_kept(model_args: Any, training: _Training, pictures: int) -> FeatureCache | None:
    """The cache of encoded pictures that the command line asks for; raises `InputError` if so many cannot be kept there."""
    cache = feature_cache_of(model_args)
    if cache is None or model_args.vision_tower is None:
        return None
    from llava.model.multimodal_encoder.builder import build_vision_tower

    tower = build_vision_tower(model_args, delay_load=True)
    # Without DeepSpeed pictures are in float32, and so is what the tower gives.
    half = training.deepspeed and (training.bf16 or training.fp16)
    check_room(cache, tower, pictures, size=2 if half else 4)
    return cache


def _to_leave_out(samples: Samples, records: Records, data_args: Any, clips: ClipReader, output: Path) -> tuple[set[int], Room]:
    """Records, counted from 0, that cannot be trained on, and how long a sample may be.

    Raises:
        InputError: they are more than is allowed.
    """
    checked = Path(data_args.media_checked) if data_args.media_checked else output.absolute().parent / ".media-checked"
    looked = looked_at(records)
    own_sounds = bool(samples.sounds and samples.sounds.of_clips)
    out = with_faulty_media(looked, data_args, clips.sampling, checked, own_sounds=own_sounds)
    shards = records if isinstance(records, ShardedRecords) else None
    out |= samples.check([pair for pair in looked if pair[0] not in out], shards, [number for number, _ in looked])
    if len(out) == len(records):
        raise InputError(f"{data_args.data_path}: none of its {len(records)} records can be trained on; see the lines above")
    return out, samples.room


@dataclass
class _Training:
    # The few of the host's training arguments that the checks need; parsing all of them would set up DeepSpeed.
    eval_strategy: str | None = None
    evaluation_strategy: str | None = None  # before transformers 4.46
    lora_targets: str | None = None
    lora_layers: str | None = None
    group_by_question: bool = False
    group_by_modality_length: bool = False
    bf16: bool = False
    fp16: bool = False
    use_cpu: bool = False
    deepspeed: str | None = None
    output_dir: str = "trainer_output"
    bits: int = 16
    seed: int = 42
    model_max_length: int = 512
    cache_dir: str | None = None
    ddp_timeout: int = 1800


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


def _check_choices(data_args: Any, training: _Training) -> None:
    if data_args.too_long not in TOO_LONG:
        raise InputError(f"--too_long {data_args.too_long!r} is unknown; known: {', '.join(TOO_LONG)}")
    if data_args.image_aspect_ratio not in ASPECTS:
        ratio = f"--image_aspect_ratio {data_args.image_aspect_ratio}"
        raise InputError(f"{ratio} is not trained by LLaVA 1.2.2, which would cut the middle out; known: {', '.join(ASPECTS)}")
    if not 0 <= data_args.faulty_media <= 1:
        raise InputError(f"--faulty_media {data_args.faulty_media} is no share; give a number from 0 to 1")
    if training.group_by_question and training.group_by_modality_length:
        raise InputError("--group_by_question and --group_by_modality_length order the same records; take one of them")


def zero_stage(config: Path) -> int:
    """The ZeRO stage of a DeepSpeed configuration; raises `InputError` if it is none."""
    try:
        return int(json.loads(config.read_text()).get("zero_optimization", {}).get("stage", 0))
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{config} is no DeepSpeed configuration ({error})") from error


def _check_names(host: ModuleType, model_args: Any) -> None:
    templates = host.conversation_lib.conv_templates
    if model_args.version not in templates and model_args.version not in HOST_VERSIONS:
        raise InputError(f"unknown template --version {model_args.version!r}; known: {', '.join(sorted(templates))}")
    check_projector_type(model_args.mm_projector_type)
    if model_args.vision_tower is not None:
        check_tower_name(model_args.vision_tower)
    if model_args.mm_audio_tower:
        check_projector_type(model_args.mm_audio_projector_type, SOUND_PROJECTORS, SoundOptions)


def check_projector_type(kind: str, ours: Registry[Callable] = PROJECTORS, options: type[Spelt] = ProjectorOptions) -> None:
    """Whether `--mm_projector_type` is one that the plug-in or the host builds; raises `InputError` if not."""
    if projector_family(kind) in ours:
        options.of(kind)
    elif not HOST_PROJECTORS.fullmatch(kind):
        known = ", ".join(("linear", "identity", "mlp2x_gelu", *ours))
        raise InputError(f"unknown projector type {kind!r}; known: {known}")


def check_tower_name(tower: str) -> None:
    """Whether `--vision_tower` can be had and read; raises `InputError` if not."""
    if is_hub_name(tower):
        check_download(tower, "vision tower")
    builder_of(tower)
    if Path(tower).expanduser().is_dir():
        check_tower_folder(Path(tower).expanduser())

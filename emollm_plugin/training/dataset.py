"""The host's data set as preflight left it: the records that can be used, cut to fit, and the arguments that say so."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Room:
    """How long a sample may be: `limit` tokens, of which each picture or frame takes `visual`."""

    limit: int
    visual: int

    def needed(self, ids: int, pictures: int, heard: int = 0) -> int:
        """Tokens of a sample with so many ids, one of which stands for all its pictures, one for `heard` tokens of sound."""
        return ids + (pictures * self.visual - 1 if pictures else 0) + (heard - 1 if heard else 0)

    def ids(self, pictures: int, heard: int = 0) -> int:
        """How many ids fit beside so many pictures, and tokens of sound."""
        return self.limit - self.needed(0, pictures, heard)


def with_more_arguments(host_arguments: type) -> type:
    """The host's `DataArguments` with settings more."""

    @dataclass
    class DataArguments(host_arguments):
        eval_data_path: str | None = field(
            default=None, metadata={"help": "Records as in data_path, on which --eval_strategy looks at the loss."}
        )
        frame_cache: str | None = field(default=None, metadata={"help": "Folder that keeps clips' frames for later."})
        frame_cache_gb: float = field(default=4.0, metadata={"help": "Gigabytes that it takes at most."})
        sound_cache: str | None = field(default=None, metadata={"help": "Folder that keeps encoded sounds for later."})
        sound_cache_gb: float = field(default=4.0, metadata={"help": "Gigabytes that it takes at most; 0 keeps nothing."})
        too_long: str = field(
            default="refuse", metadata={"help": "Samples above the length: refuse, drop, or cut their answers."}
        )
        faulty_media: float = field(
            default=0.02, metadata={"help": "Share of media that may be faulty; their records are left out."}
        )
        media_checked: str | None = field(
            default=None, metadata={"help": "File that keeps which media decode; else beside the output folder."}
        )

    return DataArguments


def with_more_model_arguments(host_arguments: type) -> type:
    """The host's `ModelArguments` with settings more: those of ears, named as those of eyes, and where features are kept."""

    @dataclass
    class ModelArguments(host_arguments):
        mm_feature_cache: str | None = field(default=None, metadata={"help": "Folder that keeps encoded pictures for later."})
        mm_feature_cache_gb: float = field(default=20.0, metadata={"help": "Gigabytes that it takes at most."})
        mm_audio_tower: str | None = field(
            default=None, metadata={"help": "Whisper, by registered name, folder or hub name: the model is to hear."}
        )
        mm_audio_select_layer: int | None = field(
            default=None, metadata={"help": "Layer of the audio tower that is read; else half of its layers."}
        )
        mm_audio_projector_type: str = field(default="multiperspective", metadata={"help": "As mm_projector_type, of sound."})
        mm_video_sound: bool = field(default=False, metadata={"help": "Whether a clip's own sound is heard after its frames."})

    return ModelArguments


def with_more_training_arguments(host_arguments: type) -> type:
    """The host's `TrainingArguments` with settings more; a checkpoint keeps them, so they bear the host's name."""

    @dataclass
    class TrainingArguments(host_arguments):
        save_minutes: float = field(default=0.0, metadata={"help": "Minutes between checkpoints, 0 for none by time."})
        group_by_question: bool = field(
            default=False, metadata={"help": "Batches of texts behind one question, which is then read once for all of them."}
        )
        lora_targets: str | None = field(
            default=None, metadata={"help": "Layers that take an adapter, by their names' last part, with commas between."}
        )
        lora_layers: str | None = field(
            default=None, metadata={"help": "Decoder layers that take an adapter, the first and the last: 15-29."}
        )

    TrainingArguments.__module__, TrainingArguments.__qualname__ = host_arguments.__module__, host_arguments.__qualname__
    return TrainingArguments


def with_held_out(host_make: Callable) -> Callable:
    """Wrap `make_supervised_data_module`: the data set that is looked at has the class's `held_out` records, or is None."""

    def make_supervised_data_module(tokenizer: Any, data_args: Any) -> dict[str, Any]:
        made = host_make(tokenizer=tokenizer, data_args=data_args)
        train = made["train_dataset"]
        if train.held_out:
            made["eval_dataset"] = copy.copy(train)
            made["eval_dataset"].list_data_dict = train.held_out
        return made

    return make_supervised_data_module


def of_checked_records(host_init: Callable) -> Callable:
    """Wrap `LazySupervisedDataset.__init__`: records that preflight has read are not read again.

    Whoever starts a training puts them into the class, as `records`, or None.
    """

    def __init__(self: Any, data_path: Any, tokenizer: Any, data_args: Any) -> None:
        if self.records is None:
            host_init(self, data_path, tokenizer, data_args)
        else:
            self.list_data_dict, self.tokenizer, self.data_args = self.records, tokenizer, data_args

    return __init__


def cut_to_fit(host_getitem: Callable) -> Callable:
    """Wrap `LazySupervisedDataset.__getitem__`: a sample is cut at its end, the answer's, to the class's `room`, or None.

    The host would cut it later, where its labels have been counted.
    """

    def __getitem__(self, index):
        sample = host_getitem(self, index)
        if self.room is None:
            return sample
        heard = self.sounds.tokens_of(sample["sounds"]) if "sounds" in sample else 0
        fits = self.room.ids(_pictures(sample, self.list_data_dict[index]), heard)
        return {**sample, "input_ids": sample["input_ids"][:fits], "labels": sample["labels"][:fits]}

    return __getitem__


def without_blanks(host_getitem: Callable) -> Callable:
    """Wrap `LazySupervisedDataset.__getitem__`: a text alone has no picture, (0, 3, S, S).

    The host gives it a blank one, which it encodes and takes nothing of.
    """

    def __getitem__(self, index):
        sample, record = host_getitem(self, index), self.list_data_dict[index]
        if "image" not in sample or "image" in record or "video" in record:
            return sample
        return {**sample, "image": sample["image"][None][:0]}

    return __getitem__


def _pictures(sample: dict[str, Tensor], record: dict) -> int:
    return len(sample["image"]) if "video" in record else int("image" in record)

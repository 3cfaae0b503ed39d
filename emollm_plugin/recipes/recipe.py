"""What a fine-tuning run is: every setting with its form, read from the environment and checked once.

`help.txt` beside this file says what each means. Another source of settings, such as a file, has only to make a mapping
of names to text for `Recipe.read`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError
from emobench_data.schema.tasks import TASKS

from .settings import (
    choice,
    count,
    count_or_none,
    layer,
    limit,
    names,
    number,
    path,
    read_settings,
    setting,
    share,
    text,
    yes_or_no,
)

ROOT = Path(__file__).parents[2]
HELP = Path(__file__).with_name("help.txt")
ADAPTERS = ("lora", "qlora")


@dataclass(frozen=True)
class Recipe:
    """The settings of a run, named as the variables but in small letters; None where one is not set.

    `defaults.with_defaults` fills in what follows from the others.
    """

    # Data
    dataset: str = setting(text, "mini")
    data_root: Path | None = setting(path)
    mini_train: int = setting(count_or_none, 480)
    mini_test: int = setting(count_or_none, 144)
    rationale: str | None = setting(choice("none", "only", "mixed", "all"))
    form: str | None = setting(choice("direct", "guided", "steps"))
    reasoned: str | None = setting(names(*TASKS))
    data_path: Path | None = setting(path)
    image_folder: Path | None = setting(path)
    questions: Path | None = setting(path)
    gold: Path | None = setting(path)
    videos: str = setting(choice("storyboards", "clips"), "storyboards")
    frame_cache: Path | None = setting(path)
    faulty_media: float | None = setting(share)
    # Model
    base_model: str | None = setting(text)
    vision_tower: str = setting(text, "efficientnet_lite0")
    select_layer: int | None = setting(layer)
    projector: str | None = setting(text)
    pretrain_projector: Path | None = setting(path)
    align: int | None = setting(count_or_none)
    beside: float | None = setting(share)
    template: str | None = setting(text)
    # Training
    tune: str | None = setting(choice("full", "lora", "qlora", "projector"))
    lora_r: int | None = setting(count)
    lora_alpha: int | None = setting(count)
    epochs: float = setting(number, 1.0)
    learning_rate: float | None = setting(number)
    projector_lr: float | None = setting(number)
    max_steps: int = setting(limit, -1)
    global_batch: int | None = setting(count)
    batch: int = setting(count, 8)
    max_length: int = setting(count, 2048)
    too_long: str | None = setting(choice("refuse", "drop", "cut"))
    seed: int = setting(count_or_none, 0)
    save_steps: int | None = setting(count_or_none)
    checkpointing: bool = setting(yes_or_no, False)
    zero: str = setting(text, "2")
    precision: str | None = setting(choice("bf16", "fp32"))
    device: str = setting(choice("auto", "cpu", "cuda"), "auto")
    gpus: int | None = setting(count)
    # Several machines
    hostfile: Path | None = setting(path)
    nodes: int = setting(count, 1)
    node_rank: int | None = setting(count_or_none)
    master_addr: str | None = setting(text)
    master_port: int | None = setting(count)
    # Places
    run_dir: Path | None = setting(path)
    overwrite: bool = setting(yes_or_no, False)
    data_dir: Path = setting(path, ROOT / "data")
    models: Path = setting(path, ROOT / "models")
    downloads: Path = setting(path, ROOT / "downloads")
    stack: str = setting(choice("current", "classic"), "current")

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Recipe:
        """The recipe that `environment` describes, each setting in its form.

        Raises:
            InputError: a value is not of its form, or a name is none but looks like one.
        """
        return cls(**read_settings(fields(cls), environment))

    @property
    def several_machines(self) -> bool:
        """Whether other machines take part."""
        return self.hostfile is not None or self.nodes > 1

    @property
    def rank(self) -> int:
        """This machine's number, 0 where it is the only one, or starts the others."""
        return (self.node_rank or 0) if self.nodes > 1 else 0

    @property
    def tuned(self) -> str:
        """What is tuned; `with_defaults` has filled it in."""
        assert self.tune is not None
        return self.tune

    @property
    def tunes_adapter(self) -> bool:
        """Whether the language model is tuned by LoRA."""
        return self.tune in ADAPTERS

    def settings(self) -> dict[str, Any]:
        """NAME -> value, as JSON can hold it."""
        values = ((one.name.upper(), getattr(self, one.name)) for one in fields(self))
        return {name: str(value) if isinstance(value, Path) else value for name, value in values}


def zero_file(zero: str) -> Path | None:
    """The DeepSpeed configuration that ZERO names, by stage or as a file; None without DeepSpeed.

    Raises:
        InputError: there is none of that name.
    """
    if zero == "none":
        return None
    for file in (ROOT / "scripts" / f"zero{zero}.json", Path(zero).expanduser()):
        if file.is_file():
            return file
    raise InputError(f"ZERO={zero} is unknown; known: 0, 2, 3, 3_offload, none, or a DeepSpeed file")


if __name__ == "__main__":  # for the launcher, before there is an environment: with any Python and no package
    try:
        Recipe.read(os.environ)
    except InputError as error:
        print("error:", *str(error).split(), file=sys.stderr)
        sys.exit(2)

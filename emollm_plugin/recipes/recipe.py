"""What a fine-tuning run is: every setting with its form.

`help.txt` beside this file says what each means, `layers.py` reads them.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError

from .._home import ROOT
from .settings import (
    LOADER,
    OURS,
    choice,
    count,
    count_or_none,
    layer,
    layers,
    limit,
    names,
    number,
    path,
    place,
    port,
    positive,
    read_value,
    refuse_misspelt,
    setting,
    several,
    share,
    text,
    words,
    yes_or_no,
)

HELP = Path(__file__).with_name("help.txt")
DEEPSPEED = Path(__file__).with_name("deepspeed")
ADAPTERS = ("lora", "qlora")
RESUME = ("auto", "never")
TRACKERS = ("none", "tensorboard", "wandb", "trackio")


@dataclass(frozen=True)
class Recipe:
    """The settings of a run, named as the variables but in small letters; None where one is not set.

    `defaults.with_defaults` fills in what follows from the others.
    """

    # Data
    dataset: str = setting(text, "mini")
    data_root: Path | None = setting(path)
    mini_train: int = setting(count_or_none, 720)
    mini_test: int = setting(count_or_none, 144)
    tasks: tuple[str, ...] | None = setting(names)
    fold: int | None = setting(count_or_none)
    hold_out: tuple[str, ...] | None = setting(names)
    rationale: str = setting(choice("none", "only", "mixed", "all"), "none")
    form: str = setting(choice("direct", "guided", "steps"), "direct")
    reasoned: tuple[str, ...] | None = setting(names)
    data_path: Path | None = setting(path)
    image_folder: Path | None = setting(path)
    questions: Path | None = setting(path)
    gold: Path | None = setting(path)
    eval_data: Path | None = setting(path)
    videos: str = setting(choice("storyboards", "clips"), "storyboards")
    numbers: str = setting(choice("greedy", "expectation"), "greedy")
    evaluator: str = setting(choice(OURS, LOADER), OURS)
    frame_cache: Path | None = setting(path)
    sound_cache: Path | None = setting(path)
    feature_cache: Path | None = setting(path)
    faulty_media: float | None = setting(share)
    # Model
    base_model: str | None = setting(place)
    vision_tower: str = setting(place, "efficientnet_lite0")
    select_layer: int | str | None = setting(layer)
    projector: str | None = setting(text)
    audio_tower: str | None = setting(place)
    audio_layer: int | None = setting(layer)
    audio_projector: str | None = setting(text)
    sound: bool | None = setting(yes_or_no)
    pretrain_projector: Path | None = setting(path)
    align: int | None = setting(count_or_none)
    align_residual: float | None = setting(share)
    template: str | None = setting(text)
    # Training
    tune: str | None = setting(choice("full", "lora", "qlora", "projector"))
    lora_r: int | None = setting(count)
    lora_alpha: int | None = setting(count)
    lora_targets: tuple[str, ...] | None = setting(names)
    lora_layers: str | None = setting(layers)
    epochs: float = setting(number, 1.0)
    learning_rate: float | None = setting(positive)
    projector_lr: float | None = setting(positive)
    warmup: float = setting(share, 0.03)
    optimizer: str | None = setting(text)
    max_steps: int = setting(limit, -1)
    global_batch: int | None = setting(count)
    batch: int | None = setting(count)
    max_length: int = setting(count, 2048)
    too_long: str | None = setting(choice("refuse", "drop", "cut"))
    seed: int = setting(count_or_none, 0)
    workers: int = setting(count_or_none, 1)
    save_minutes: float | None = setting(number)
    save_steps: int | None = setting(count_or_none)
    save_limit: int = setting(count, 2)
    resume: str = setting(place, "auto")
    eval_strategy: str = setting(choice("no", "epoch", "steps"), "no")
    eval_steps: int | None = setting(count)
    report_to: tuple[str, ...] = setting(several(choice(*TRACKERS), "trackers"), ("none",))
    checkpointing: bool = setting(yes_or_no, False)
    zero: str = setting(place, "2")
    precision: str | None = setting(choice("bf16", "fp32"))
    device: str = setting(choice("auto", "cpu", "cuda"), "auto")
    gpus: int | None = setting(count)
    processes: int = setting(count, 1)
    launcher: str = setting(choice("deepspeed", "torchrun", "srun"), "deepspeed")
    host_arguments: tuple[str, ...] = setting(words, ())
    # Several machines
    hostfile: Path | None = setting(path)
    nodes: int = setting(count, 1)
    node_rank: int | None = setting(count_or_none)
    master_addr: str | None = setting(text)
    master_port: int | None = setting(port)
    # Places
    run_dir: Path | None = setting(path)
    overwrite: bool = setting(yes_or_no, False)
    data_dir: Path = setting(path, ROOT / "data")
    models: Path = setting(path, ROOT / "models")
    downloads: Path = setting(path, ROOT / "downloads")
    stack: str = setting(choice("current", "classic"), "current")

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
    def resume_path(self) -> Path | None:
        """The checkpoint that RESUME names."""
        return None if self.resume in RESUME else Path(self.resume)

    @property
    def tunes_adapter(self) -> bool:
        """Whether the language model is tuned by LoRA."""
        return self.tune in ADAPTERS

    def settings(self) -> dict[str, Any]:
        """NAME -> value, as JSON can hold it."""
        values = ((one.name.upper(), getattr(self, one.name)) for one in fields(self))
        return {name: _plain(value) for name, value in values}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def zero_file(zero: str) -> Path | None:
    """The DeepSpeed configuration that ZERO names, by stage or as a file; None without DeepSpeed.

    Raises:
        InputError: there is none of that name.
    """
    if zero == "none":
        return None
    for file in (DEEPSPEED / f"zero{zero}.json", Path(zero)):
        if file.is_file():
            return file
    raise InputError(f"ZERO={zero} is unknown; known: 0, 2, 3, 3_offload, none, or a DeepSpeed file")


if __name__ == "__main__":  # for the launcher, before there is an environment: with any Python and no package
    reads = {one.name.upper(): one.metadata["read"] for one in fields(Recipe)}
    try:
        refuse_misspelt(os.environ, reads)
        for name, read in reads.items():
            if os.environ.get(name):
                read_value(name, os.environ[name], read)
        typed = sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
        for word in typed:
            key, equals, said = word.partition("=")
            if equals and (name := key.upper().replace("-", "_")) in reads and said:
                read_value(key, said, reads[name])
    except InputError as error:
        print("error:", *str(error).split(), file=sys.stderr)
        sys.exit(2)

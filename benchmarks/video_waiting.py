"""How much of a training's time goes into waiting for clips: the epoch that fills the frame cache, and later ones.

    python benchmarks/video_waiting.py --base models/smollm2-135m-instruct [--tokens 4] [--batch 8] [--clips 32]

LLaVA's own trainer with the launcher's recipe of before `layout` (SmolLM2-135M by LoRA, EfficientNet-Lite0, 8 frames of
4 tokens, batches of 8, one loading process) and the perspective *change*, on made clips of 640 x 360 pixels and ten
seconds. What
is measured is the time in the loader's `__next__`, in which the step has nothing to do; an epoch's first batch, which
nothing could read ahead, is apart.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from torch.utils.data import dataloader
from video import make_clip

WORDS = "<video>\nWhich emotion does this video show? Choose one of: joy, sadness. Answer with that word only."
PROJECTOR = "multiperspective:tokens={tokens},perspectives=objects+relations+atmosphere+change"


def make_data(folder: Path, count: int) -> Path:
    records = []
    for index in range(count):
        make_clip(folder / f"{index}.mp4", seed=index, keys=25)
        turns = [{"from": "human", "value": WORDS}, {"from": "gpt", "value": ("joy", "sadness")[index % 2]}]
        records.append({"id": str(index), "video": f"{index}.mp4", "conversations": turns})
    (folder / "train.json").write_text(json.dumps(records))
    return folder / "train.json"


def note_waiting() -> list[list[tuple[float, float]]]:
    """For each epoch, when each batch was asked for and when it came; its last entry is the end of the epoch."""
    epochs: list[list[tuple[float, float]]] = []
    begin, ask = dataloader._BaseDataLoaderIter.__init__, dataloader._BaseDataLoaderIter.__next__

    def __init__(self, *args, **kwargs):
        epochs.append([])
        begin(self, *args, **kwargs)

    def __next__(self):
        asked = time.perf_counter()
        try:
            return ask(self)
        finally:
            epochs[-1].append((asked, time.perf_counter()))

    dataloader._BaseDataLoaderIter.__init__, dataloader._BaseDataLoaderIter.__next__ = __init__, __next__
    return epochs


def train(data: Path, out: Path, arguments: argparse.Namespace) -> None:
    from emollm_plugin.host.launch import main

    settings = {
        "model_name_or_path": arguments.base,
        "version": "emoprompt_chatml",
        "data_path": data,
        "image_folder": data.parent,
        "vision_tower": "efficientnet_lite0",
        "mm_vision_select_layer": -3,
        "mm_projector_type": PROJECTOR.format(tokens=arguments.tokens),
        "mm_use_im_patch_token": False,
        "image_aspect_ratio": "pad",
        "use_cpu": True,
        "output_dir": out,
        "num_train_epochs": arguments.epochs,
        "per_device_train_batch_size": arguments.batch,
        "learning_rate": 5e-4,
        "lora_enable": True,
        "lora_r": 16,
        "save_strategy": "no",
        "model_max_length": 2048,
        "lazy_preprocess": True,
        "report_to": "none",
        "dataloader_num_workers": 1,
        "frame_cache": out.parent / "frames",
    }
    words = [part for key, value in settings.items() for part in (f"--{key}", str(value))]
    if main(["llava.train.train", *words]):
        raise SystemExit("the training failed")


def report(epochs: list[list[tuple[float, float]]]) -> None:
    for number, calls in enumerate(epochs, start=1):
        first, rest = calls[0][1] - calls[0][0], sum(end - start for start, end in calls[1:])
        whole = calls[-1][1] - calls[0][1]
        print(
            f"epoch {number}: first batch {first:.2f} s; then {whole:.1f} s, of which waiting {rest:.2f} s"
            f" ({100 * rest / whole:.1f} %)",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=4)
    parser.add_argument("--clips", type=int, default=32)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=2)
    arguments = parser.parse_args()
    epochs = note_waiting()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        train(make_data(folder, arguments.clips), folder / "llava", arguments)
    report([calls for calls in epochs if calls])


if __name__ == "__main__":
    main()

"""Every training mode with every ZeRO stage on one and two ranks: which parameters moved, as a Markdown table.

    python benchmarks/modes.py [--bases llama,qwen3] [--modes "full;lora"] [--zero none,2,3] [--ranks 1,2]

Tiny random decoders and CLIP on the real LLaVA code, on a CPU with gloo; a third of the samples has no image. The exit
code is 1 if in any run something else moved than what the mode trains, or the projector did not.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.emollm_plugin.conftest import make_clip, make_data, make_tokenizer
from tests.emollm_plugin.decoders import families_here, make_decoder
from tests.emollm_plugin.trainings import ZERO, start

LORA = {"lora_enable": True, "lora_r": 4, "mm_projector_lr": 1e-2}
MODES = {
    "projector": {"tune_mm_mlp_adapter": True},
    "full": {},
    "full, checkpointing": {"gradient_checkpointing": True},
    "lora": LORA,
    "lora, checkpointing": {**LORA, "gradient_checkpointing": True},
    "qlora": {**LORA, "bits": 4},
}


def prepare(root: Path, bases: list[str]) -> dict:
    """Tiny models and mixed data in `root`, and the host's arguments that all runs share."""
    for base in bases:
        make_decoder(root / base, base, len(make_tokenizer(root / base)))
    make_clip(root / "clip")
    make_data(root / "data")
    records = json.loads((root / "data" / "train.json").read_text())
    turns = [{"from": "human", "value": "Which emotion?"}, {"from": "gpt", "value": "joy"}]
    records += [{"id": f"text-{index}", "conversations": turns} for index in range(8)]
    (root / "mixed.json").write_text(json.dumps(records))
    return {
        "version": "emoprompt_chatml",
        "data_path": root / "mixed.json",
        "image_folder": root / "data" / "images",
        "vision_tower": root / "clip",
        "mm_vision_select_layer": -2,
        "mm_projector_type": "multiperspective:slots=2,width=16",
        "mm_use_im_patch_token": False,
        "bf16": True,
        "use_cpu": True,
        "max_steps": 6,
        "per_device_train_batch_size": 2,
        "learning_rate": 1e-2,
        "logging_steps": 1,
        "save_strategy": "no",
        "model_max_length": 256,
        "lazy_preprocess": True,
        "report_to": "none",
        "seed": 0,
        "group_by_modality_length": True,
    }


def trains(name: str, mode: str) -> bool:
    """Whether `mode` is to train the parameter `name`."""
    if "mm_projector." in name:
        return True
    return "lora_" in name if "lora" in mode else mode.startswith("full") and "vision_tower" not in name


def row(root: Path, shared: dict, base: str, mode: str, zero: str, ranks: int) -> tuple[str, bool]:
    """Run one cell; returns its line of the table and whether it is right."""
    out = root / f"llava-{base}-{mode.replace(', ', '-')}-{zero}-{ranks}"
    settings = {**shared, **MODES[mode], "model_name_or_path": root / base, "output_dir": out}
    arguments = [part for key, value in settings.items() for part in (f"--{key}", str(value))]
    begun = time.monotonic()
    training = start(arguments, out=out, zero=None if zero == "none" else zero, ranks=ranks)
    try:
        code = training.wait(120)
    except AssertionError:
        code = "hangs"
    seconds, head = time.monotonic() - begun, f"| {base} | {mode} | {zero} | {ranks} |"
    if code != 0:
        error = [line for line in training.tail().splitlines() if line.startswith("error: ")]
        refused = bool(code == 2 and error)
        return f"{head} {error[-1] if error else f'FAILED ({code})'} | | | |", refused
    moved, everything = training.parameters("moved"), json.loads(training.notes.read_text())["moved"]
    wanted = {name for name in everything if trains(name, mode)}
    groups = {"LLM": 0, "LoRA": 0, "projector": 0, "encoder": 0}
    for name in moved:
        groups[group(name)] += 1
    losses = [loss for _, loss in training.curve()]
    parts = ", ".join(f"{count} {part}" for part, count in groups.items() if count)
    verdict = "as wanted" if moved == wanted else f"WRONG: {sorted(moved ^ wanted)[:3]}"
    return f"{head} {parts} | {verdict} | {losses[0]:.2f} to {losses[-1]:.2f} | {seconds:.1f} |", moved == wanted


def group(name: str) -> str:
    """Which part of the model a parameter belongs to."""
    marks = {"mm_projector.": "projector", "vision_tower": "encoder", "lora_": "LoRA"}
    return next((part for mark, part in marks.items() if mark in name), "LLM")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [mode for mode in MODES if mode != "qlora" or importlib.util.find_spec("bitsandbytes")]
    families = ", ".join(families_here())
    parser.add_argument("--bases", type=lambda text: text.split(","), default=["llama"], help=f"of: {families}")
    parser.add_argument("--modes", type=lambda text: text.split(";"), default=known, help=f"of: {'; '.join(MODES)}")
    parser.add_argument("--zero", type=lambda text: text.split(","), default=["none", *ZERO])
    parser.add_argument("--ranks", type=lambda text: [int(number) for number in text.split(",")], default=[1, 2])
    chosen = parser.parse_args()
    print("| base | mode | ZeRO | ranks | tensors that moved | moved | loss, 6 steps | s |", flush=True)
    print("| --- " * 8 + "|", flush=True)
    right = True
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shared = prepare(root, chosen.bases)
        for cell in product(chosen.bases, chosen.modes, chosen.zero, chosen.ranks):
            line, fine = row(root, shared, *cell)
            right &= fine
            print(line, flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())

"""Made-up copies of all twenty data sets: annotation files in their real formats and proportions, and no media."""

from __future__ import annotations

from pathlib import Path
from random import Random

from emobench_data.sources import get_source

from . import media, texts

# Items of a complete copy by split; "" where there is no official split.
SIZES: dict[str, dict[str, int]] = {
    "caer_s": {"train": 49_000, "test": 21_000},
    "dfew": {"train": 9_356, "test": 2_341},
    "emoset": {"train": 94_481, "val": 5_905, "test": 17_716},
    "emotic": {"train": 23_706, "val": 3_332, "test": 7_280},
    "emotion6": {"": 1_980},
    "hatemm": {"": 1_083},
    "memotion": {"": 6_992},
    "oasis": {"": 900},
    "fer2013": {"train": 28_709, "val": 3_589, "test": 3_589},
    "harmeme": {"train": 5_950, "val": 354, "test": 709},
    "hateful_memes": {"train": 8_500, "val": 540, "test": 3_000},
    "intentonomy": {"train": 12_740, "val": 498, "test": 1_217},
    "meld": {"train": 9_989, "val": 1_109, "test": 2_610},
    "mintrec": {"train": 1_334, "val": 445, "test": 445},
    "mmhs150k": {"train": 134_823, "val": 5_000, "test": 10_000},
    "mmsd": {"train": 19_816, "val": 2_410, "test": 2_409},
    "mmsd2": {"train": 19_816, "val": 2_410, "test": 2_409},
    "mustard": {"train": 334, "test": 356},
    "mafw": {"train": 7_333, "test": 1_839},
    "ur_funny": {"train": 7_614, "val": 980, "test": 994},
}
_FEWEST = 20  # items of a split; with fewer some labels and splits would be empty
_MAKERS = {name: getattr(texts, name, None) or getattr(media, name) for name in SIZES}


def full_size() -> int:
    """Records of all complete copies."""
    return sum(len(get_source(name).usual) * sum(sizes.values()) for name, sizes in SIZES.items())


def make(root: Path, records: int) -> None:
    """Write copies under `root` that give about `records` records; the same number gives the same files."""
    factor = records / full_size()
    for name in SIZES:
        sizes = {split: max(_FEWEST if split else 5 * _FEWEST, round(n * factor)) for split, n in SIZES[name].items()}
        (root / name).mkdir(parents=True)
        _MAKERS[name](root / name, sizes, Random(name))

"""Train a projector so that a picture's tokens point where the words of its label point, without the language model.

A fresh projector's tokens mean nothing to a language model, and a short fine-tuning spends its steps on finding that
out (benchmarks/QUALITY.md). Here a picture is classified by the cosine between the mean of its visual tokens and the mean
word embedding of each label, as CLIP classifies by text (arXiv 2103.00020), with the language model's own word
embeddings, which stay as they are. Encoder features are computed once, so that it takes seconds.
"""

from __future__ import annotations

import logging
import math
import operator
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError
from emobench_data.media.check import refuse
from emobench_data.media.examine import PictureFault, open_picture

from ..checkpoints.load import MARK
from ..projector.grid import mirrored
from ..projector.multiperspective import MultiPerspectiveProjector
from ..projector.perspectives import GatedAdd
from ..prompt.formats import load_tokenizer
from .pairs import Pair

logger = logging.getLogger(__name__)

SHARPNESS = 10.0  # times a cosine, so that a loss near zero is within reach
PART = 8192  # words embedded at a time
PREFIX = f"model.{MARK}"  # of the keys in LLaVA's mm_projector.bin
Tokens = Tensor | Sequence[Tensor]  # of several media: (B, N, C), or (N, C) of each where they differ


@dataclass(frozen=True)
class Words:
    """Where words lie for a language model.

    Args:
        labels: the labels in a fixed order.
        targets: unit vectors from the mean word to each label, (L, C).
        mean: the mean of all word embeddings, (C,).
        spread: how far words lie from it: the root of the mean square.
    """

    labels: list[str]
    targets: Tensor
    mean: Tensor
    spread: float

    def logits(self, tokens: Tokens) -> Tensor:
        """Tokens of each medium -> (B, L)."""
        means = tokens.mean(dim=1) if isinstance(tokens, Tensor) else torch.stack([each.mean(dim=0) for each in tokens])
        return SHARPNESS * F.normalize(means - self.mean, dim=-1) @ self.targets.T

    def distances(self, tokens: Tokens) -> Tensor:
        """How far each token lies from the mean word, as a multiple of how far words do: (tokens of all media,)."""
        return torch.cat([(each - self.mean).norm(dim=-1) for each in tokens]) / self.spread


class Aligned(NamedTuple):
    """What came of an alignment.

    Args:
        share: of the pairs, that are nearest to their own label.
        reach: how many times as far as words their tokens lie from the mean word, root mean square.
    """

    share: float
    reach: float


def words_of(base: str, labels: Sequence[str], device: torch.device | str) -> Words:
    """The places of `labels` among the input embeddings of the language model `base`, a folder or hub name.

    They are what its embedding layer gives, beside which visual tokens enter as they are: Gemma's multiplies the table by
    the root of its width.
    """
    from transformers import AutoModelForCausalLM

    tokenizer = load_tokenizer(base)
    try:
        model = AutoModelForCausalLM.from_pretrained(base, torch_dtype="auto")
    except (OSError, ValueError) as error:
        fault = f"base model {base}: its word embeddings cannot be read ({error}); train without alignment (ALIGN=0)"
        raise InputError(fault) from error
    ids = [tokenizer(label, add_special_tokens=False).input_ids for label in labels]
    layer = model.get_input_embeddings()
    with torch.no_grad():
        vocabulary = torch.arange(cast(Tensor, layer.weight).shape[0])
        sums = (layer(part).double().sum(dim=0) for part in vocabulary.split(PART))
        mean = reduce(operator.add, sums).float() / len(vocabulary)
        squares = ((layer(part).double() - mean).square().sum() for part in vocabulary.split(PART))
        spread = math.sqrt(reduce(operator.add, squares) / len(vocabulary))
        targets = torch.stack([layer(torch.tensor(each)).float().mean(dim=0) for each in ids]) - mean
    return Words(list(labels), F.normalize(targets, dim=-1).to(device), mean.to(device), spread)


def encode_pictures(tower: Any, images: Sequence[str], folder: Path, faulty: float = 0.0) -> dict[str, Tensor]:
    """The frozen encoder's patch tokens of each picture, padded to a square: path -> (N, C), float16 to save memory.

    Args:
        faulty: share of the pictures that may be missing or faulty; these are counted and left out.

    Raises:
        InputError: there are more of them.
    """
    from llava.mm_utils import process_images

    config = SimpleNamespace(image_aspect_ratio="pad")
    features, faults, root = {}, {}, folder.resolve()
    with torch.no_grad():
        for name in tqdm(images, desc="word alignment: encoding", mininterval=2):
            try:
                picture = open_picture(folder / name, root)
            except PictureFault as error:
                faults[name] = error.fault
                continue
            pixels = process_images([picture], tower.image_processor, config)
            features[name] = tower(pixels.to(device=tower.device, dtype=tower.dtype))[0].half().cpu()
    if len(faults) > faulty * len(images):
        refuse(faults, len(images), folder, way_out="get these files again or take the records out")
    if faults:
        named = ", ".join(f"{name} ({fault})" for name, fault in [*faults.items()][:5])
        logger.warning("word alignment: %d of %d pictures are faulty and left out: %s", len(faults), len(images), named)
    return features


def align(
    projector: nn.Module,
    features: dict[str, Tensor],
    pairs: list[Pair],
    words: Words,
    *,
    steps: int,
    learning_rate: float,
    batch: int,
    seed: int,
) -> Aligned:
    """Train `projector` in place.

    Of our own projector, content and layout are trained. Layout begins open, since there is no language model to disturb; and
    half of the grids are mirrored, or it learns the pictures by heart. The other perspectives stay at zero, until training
    opens them: trained here they cost accuracy (benchmarks/QUALITY.md).
    """
    layout = isinstance(projector, MultiPerspectiveProjector) and "layout" in projector.reads
    trained, device = nn.ModuleList(trained_parts(projector)), words.mean.device
    mirrors = torch.Generator().manual_seed(seed)

    def tokens(some: list[Pair], training: bool) -> Tensor:
        patches = torch.stack([features[pair.medium] for pair in some]).float().to(device)
        return projector(mirrored(patches, mirrors) if layout and training else patches)

    return draw_to_words(trained, tokens, pairs, words, steps=steps, learning_rate=learning_rate, batch=batch, seed=seed)


def draw_to_words(
    trained: nn.Module,
    tokens: Callable[[list[Pair], bool], Tokens],
    pairs: list[Pair],
    words: Words,
    *,
    steps: int,
    learning_rate: float,
    batch: int,
    seed: int,
) -> Aligned:
    """Train `trained` in place, so that the mean of a medium's `tokens`, of pairs and whether to train, is near its label."""
    optimizer = torch.optim.AdamW(trained.parameters(), lr=learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (1 + math.cos(math.pi * step / steps)) / 2)
    place = {label: number for number, label in enumerate(words.labels)}

    def answers(some: list[Pair]) -> Tensor:
        return torch.tensor([place[pair.label] for pair in some], device=words.mean.device)

    rng = random.Random(seed)
    queue: list[Pair] = []
    progress = tqdm(range(steps), desc="word alignment", mininterval=2)
    for _ in progress:
        if len(queue) < batch:
            queue = rng.sample(pairs, len(pairs)) + queue
        some, queue = queue[-batch:], queue[:-batch]
        loss = F.cross_entropy(words.logits(tokens(some, True)), answers(some))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
    right, far = 0, []
    with torch.no_grad():
        for start in range(0, len(pairs), 64):  # the tokens of all at once would fill a GPU
            part = pairs[start : start + 64]
            drawn = tokens(part, False)
            right += int((words.logits(drawn).argmax(dim=1) == answers(part)).sum())
            far.append(words.distances(drawn))
    return Aligned(right / len(pairs), rms(torch.cat(far)))


def rms(values: Tensor) -> float:
    """The root of their mean square."""
    return values.detach().square().mean().sqrt().item()


def trained_parts(projector: nn.Module) -> list[nn.Module]:
    """What alignment trains; layout is opened."""
    if not isinstance(projector, MultiPerspectiveProjector):
        return [projector]
    if "layout" not in projector.reads:
        return [projector.content]
    read = cast(GatedAdd, projector.reads["layout"])
    read.to_value.open()
    nn.init.ones_(read.gate)
    return [projector.content, projector.perspectives["layout"], read]


# How a file begins that was written here. The host hands PyTorch a path, and its name stands in the place of `archive` then.
ALIGNED = rb"(?s)PK.{28}archive/"


def save_projectors(projectors: Mapping[str, nn.Module], out: Path) -> None:
    """Write LLaVA's `mm_projector.bin`, for its `--pretrain_mm_mlp_adapter`.

    Args:
        projectors: by what precedes their own keys.
    """
    state = {mark + key: value.cpu() for mark, one in projectors.items() for key, value in one.state_dict().items()}
    with atomic_file(out) as file:
        torch.save(state, file)

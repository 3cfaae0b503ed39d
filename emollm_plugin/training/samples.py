"""Training samples before training: encoded as the host will, each must train something and fit."""

from __future__ import annotations

import copy
import logging
import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from math import isqrt
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import transformers

from emobench_data.io.errors import InputError
from emobench_data.io.shards import ShardedRecords

from ..media.clips import as_picture
from ..media.sound_samples import SoundReader, encode_heard
from ..projector.grid import grid_side
from ..projector.options import ProjectorOptions
from ..prompt.encode import IGNORE_INDEX
from ..prompt.formats import format_of, load_tokenizer
from ..prompt.plain import plain
from ..prompt.templates import CHAT_TEMPLATE
from .dataset import Room
from .records import NAMED, Numbered, more_than
from .storage import check_projector_file

logger = logging.getLogger(__name__)

SAMPLES, LONGEST = 64, 16
BATCH = 1000  # texts that are tokenized together
APART = 4  # tokens by which a turn alone may differ from the same turn in its conversation


class Samples:
    """The samples of a training.

    Args:
        host: the module `llava.train.train`.
        model_args, data_args, training: its parsed arguments.
        frames: of a clip.
        sounds: how sounds are read, None where none are.
    """

    def __init__(
        self,
        host: ModuleType,
        model_args: Any,
        data_args: Any,
        training: Any,
        *,
        frames: int,
        sounds: SoundReader | None = None,
    ) -> None:
        self.host, self.model_args, self.training, self.frames = host, model_args, training, frames
        self.sounds, self.folder = sounds, Path(data_args.image_folder or "")
        self.data_args, self.policy = copy.copy(data_args), data_args.too_long
        self.data_args.is_multimodal, self.data_args.mm_use_im_start_end = True, model_args.mm_use_im_start_end
        self.room = Room(training.model_max_length, 0)

    def check(
        self, records: Sequence[Numbered], shards: ShardedRecords | None = None, looked_at: Collection[int] = ()
    ) -> set[int]:
        """Encode a seeded sample of `records`, the longest, and all that may not fit, as training will.

        Args:
            shards: what `records` are a sample of; of the others those are added that may not fit.
            looked_at: the places of the whole sample, of which `records` lack those that are left out already.

        Returns:
            The places of those that are to be left out, by `--too_long`: all that do not fit, or of which no label does.

        Raises:
            InputError: a sample would train nothing or does not fit, or the projector to start from is of other sizes.
        """
        merge = self.model_args.mm_patch_merge_type
        if merge != "flat" and (self.sounds or any("video" in record for _, record in records)):
            raise InputError(f"--mm_patch_merge_type {merge!r} is for crops of one picture; clips and sounds need 'flat'")
        self.tokenizer = load_tokenizer(
            self.model_args.model_name_or_path,
            cache_dir=self.training.cache_dir,
            padding_side="right",
            model_max_length=self.training.model_max_length,
        )
        own = self.tokenizer
        own.pad_token = own.pad_token if own.unk_token is None else own.unk_token
        compare_template(own, self.model_args.version)
        self.room = Room(self.training.model_max_length, _visual_tokens(self.model_args))
        with self._template():
            if shards is not None:
                records = self._with_long(records, shards, looked_at)
            chosen = self._chosen(records)
            return self._left_out([pair for pair in records if pair[0] in chosen])

    @contextmanager
    def _template(self) -> Iterator[None]:
        conversation = self.host.conversation_lib
        before = conversation.default_conversation
        conversation.default_conversation = conversation.conv_templates.get(self.model_args.version, before)
        try:
            yield
        finally:
            conversation.default_conversation = before

    def _with_long(self, records: Sequence[Numbered], shards: ShardedRecords, looked_at: Collection[int]) -> list[Numbered]:
        """`records`, and others of `shards` that may not fit: a token takes a byte or more, and JSON more than a template."""
        clips, pictures, sounds = (shards.having(kind) for kind in ("video", "image", "audio"))
        most = shards.sizes + len(self._encode(_turns(1), "", pictures=0, heard=0)[0])
        most = most + self.room.visual * (pictures + self.frames * clips)
        long = most + (self.sounds.tokens if self.sounds else 0) * (sounds | clips) > self.room.limit
        if self.sounds and not self.sounds.tokens:  # as many as a sound has
            long |= sounds | clips
        if rewrites(self.tokenizer):
            long |= True
        long[list(looked_at)] = False
        return [*records, *((number, shards[number]) for number in long.nonzero()[0].tolist())]

    def _chosen(self, records: Sequence[Numbered]) -> set[int]:
        """Of the clips and of the other records, a seeded sample and the longest; and all that may not fit."""
        lengths = dict(zip((number for number, _ in records), self._about([record for _, record in records])))
        draw, chosen = random.Random(0), {number for number, most in lengths.items() if most > self.room.limit}
        for clip in (True, False):
            kind = [number for number, record in records if ("video" in record) == clip]
            chosen.update(draw.sample(kind, min(SAMPLES, len(kind))), sorted(kind, key=lengths.__getitem__)[-LONGEST:])
        return chosen

    def _about(self, records: list[dict]) -> list[int]:
        """Tokens of each record, at most: its turns', as a fast tokenizer cuts them, and what the template adds."""
        one, two = (self._encode(_turns(pairs), "", pictures=0, heard=0)[0] for pairs in (1, 2))
        text = len(self.tokenizer("x\nx", add_special_tokens=False).input_ids)
        added, each = len(one) - text, len(two) - len(one)
        texts = [plain("\n".join(turn["value"] for turn in record["conversations"]), self.tokenizer) for record in records]
        return [
            self.room.needed(
                length + added + (each + 2 * APART) * (len(record["conversations"]) // 2),
                self._pictures(record),
                self._heard(record),
            )
            for record, length in zip(records, text_lengths(self.tokenizer, texts))
        ]

    def _pictures(self, record: dict) -> int:
        return self.frames if "video" in record else int("image" in record)

    def _heard(self, record: dict) -> int:
        return self.sounds.tokens_ahead(record, self.folder) if self.sounds else 0

    def _left_out(self, records: Sequence[Numbered]) -> set[int]:
        long, cut = {}, 0
        for number, record in records:
            place = f"{self.data_args.data_path}, record {number + 1}"
            pictures, heard = self._pictures(record), self._heard(record)
            ids, labels = self._encode(record, place, pictures=pictures, heard=heard)
            if all(label == IGNORE_INDEX for label in labels):
                raise InputError(
                    f"{place}: template {self.model_args.version!r} masks every label with this tokenizer, so it would train"
                    " nothing; choose a plug-in template, such as emoprompt or emoprompt_chatml"
                )
            if self.room.needed(len(ids), pictures, heard) <= self.room.limit:
                continue
            fits = max(self.room.ids(pictures, heard), 0)
            if self.policy == "cut" and any(label != IGNORE_INDEX for label in labels[:fits]):
                cut += 1
            else:
                long[number] = f"{place}: {self._too_long(len(ids), record)}"
        if long and self.policy == "refuse":
            more = f"; {len(long)} records are too long: --too_long drop leaves them out, cut shortens their answers"
            raise InputError(next(iter(long.values())) + more)
        self._tell(sorted(long), cut)
        return set(long)

    def _tell(self, left_out: list[int], cut: int) -> None:
        limit = f"--model_max_length {self.room.limit}"
        if cut:
            logger.warning("%d records are longer than %s: their answers are cut at its end", cut, limit)
        if left_out:
            named = ", ".join(str(number + 1) for number in left_out[:NAMED]) + more_than(NAMED, left_out)
            what = "of which no answer fits" if self.policy == "cut" else "longer than"
            logger.warning("%d records %s %s are left out: record %s", len(left_out), what, limit, named)

    def _encode(self, record: dict, place: str, *, pictures: int, heard: int) -> tuple[list[int], list[int]]:
        """Ids and labels, as training makes them."""
        turns = record["conversations"]
        sources = [as_picture(turns) if "video" in record else copy.deepcopy(turns)]
        try:
            if heard:
                ids, labels = encode_heard(self.host, record, self.data_args, self.tokenizer)
                return ids.tolist(), labels.tolist()
            sources = self.host.preprocess_multimodal(sources, self.data_args) if pictures else sources
            encoded = self.host.preprocess(sources, self.tokenizer, has_image=bool(pictures))
        except InputError as error:
            raise InputError(f"{place}: {error}") from error
        return encoded["input_ids"][0].tolist(), encoded["labels"][0].tolist()

    def _too_long(self, ids: int, record: dict) -> str:
        """What does not fit, and the settings that change it."""
        pictures, (limit, visual) = self._pictures(record), (self.room.limit, self.room.visual)
        heard = self._heard(record)
        needed = self.room.needed(ids, pictures, heard)
        if heard:
            return (
                f"{needed} tokens ({pictures * visual} visual, {heard} of sound) exceed --model_max_length {limit}; take fewer"
                " tokens in --mm_audio_projector_type (AUDIO_PROJECTOR, such as multiperspective:tokens=16), or raise it"
                " (MAX_LENGTH)"
            )
        if "video" not in record:
            return f"{needed} tokens ({pictures * visual} visual) exceed --model_max_length {limit}; raise it (MAX_LENGTH)"
        side = max(isqrt(max(limit - (needed - pictures * visual), 0) // pictures), 1)
        return (
            f"{needed} tokens ({pictures} frames of {visual} each) exceed --model_max_length {limit}; take fewer tokens a"
            f" frame or fewer frames in --mm_projector_type (PROJECTOR, such as multiperspective:tokens={side**2},"
            f"frames={pictures}), or raise the length (MAX_LENGTH)"
        )


def _turns(pairs: int) -> dict:
    return {"conversations": [{"from": speaker, "value": "x"} for _ in range(pairs) for speaker in ("human", "gpt")]}


def rewrites(tokenizer: Any) -> bool:
    """Whether a tokenizer may write a text anew at more than its length, as Unicode's compatibility forms do."""
    normalizer = str(getattr(getattr(tokenizer, "backend_tokenizer", None), "normalizer", ""))
    return "NFK" in normalizer or "Precompiled" in normalizer


def text_lengths(tokenizer: Any, texts: Sequence[str]) -> Iterator[int]:
    """Tokens of each text, without those that begin or end it; by its fast relative where the tokenizer is a slow one."""
    if not tokenizer.is_fast:
        tokenizer = transformers.AutoTokenizer.from_pretrained(tokenizer.name_or_path, use_fast=True)
    for start in range(0, len(texts), BATCH):
        some = list(texts[start : start + BATCH])
        # Of a text above the tokenizer's own length it would warn.
        yield from map(len, tokenizer(some, add_special_tokens=False, return_attention_mask=False, verbose=False).input_ids)


def compare_template(tokenizer: Any, version: str) -> None:
    """Say so if `--version` asks the base model in another format than its own chat template."""
    if tokenizer.chat_template is None or not version.startswith("emoprompt") or version == CHAT_TEMPLATE:
        return
    own = f"emoprompt_{format_of(tokenizer) or 'chat_template'}"
    if version != own:
        logger.warning("the base model's own chat template is that of %s, not of --version %s", own, version)


def _visual_tokens(model_args: Any) -> int:
    """Visual tokens of one image as the tower states them, without loading its weights."""
    if model_args.vision_tower is None:
        return 0
    from llava.model.multimodal_encoder.builder import build_vision_tower

    tower = build_vision_tower(model_args, delay_load=True)
    if model_args.pretrain_mm_mlp_adapter:
        _check_pretrained(model_args, tower)
    patches = tower.num_patches + (getattr(tower, "select_feature", "patch") == "cls_patch")
    own = ProjectorOptions.of(model_args.mm_projector_type)
    if own is None:
        return patches
    grid_side(patches, own.tokens)
    return own.tokens or patches


def _check_pretrained(model_args: Any, tower: Any) -> None:
    from llava.model.multimodal_projector.builder import build_vision_projector

    width = transformers.AutoConfig.from_pretrained(model_args.model_name_or_path).hidden_size
    kind = model_args.mm_projector_type
    config = SimpleNamespace(mm_projector_type=kind, mm_hidden_size=tower.hidden_size, hidden_size=width)
    check_projector_file(Path(model_args.pretrain_mm_mlp_adapter), build_vision_projector(config))

"""A loaded checkpoint that answers questions about pictures, one or many at a time."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from emobench_data.io.errors import InputError
from emobench_data.schema.questions import Question

from ..media import hearing
from ..media.sound_samples import Sound
from ..prompt.stop import TEMPLATE_KEY
from .chains import SelfConsistency, sample_chains, score_labels
from .decode import Greedy, Said, option_probabilities
from .device import pick_device
from .expectation import Beginnings, Scale, expected_values
from .eyes import DEAF, Eyes, Seen
from .prompts import Prompter
from .reader import Prompt, Reader
from .remembered import Remembered

# Pictures that are encoded at a time on a CPU, where the layers' outputs of more leave its cache: half the time of 16.
CPU_PICTURES = 4

# A picture, the file of a picture, clip or sound, what `Eyes` made of one, or None for text alone.
Medium = Image.Image | Seen | str | Path | None


@dataclass(frozen=True)
class Asked:
    """A question made ready without the model, as workers do it.

    Args:
        ids: of the prompt.
        pixels: as the host's `process_images` gives one picture, (3, S, S), or (M, 3, S, S) for several crops or the
            frames of a clip, or None.
        size: of the picture (width, height), for crops.
        picture: names the picture, equal for equal ones; None if it is not to be remembered.
        sound: what is heard beside the picture or alone, or None.
        voice: names the sound, as `picture` does the picture.
    """

    ids: list[int]
    pixels: Tensor | None = None
    size: tuple[int, int] | None = None
    picture: str | None = None
    sound: Sound | None = None
    voice: str | None = None


class Predictor:
    """Answers as LLaVA's evaluation scripts do at temperature 0, in batches; also the probabilities of given answers.

    Made by `load`, or from what the host's `load_pretrained_model` returns and a host `Conversation`.
    """

    def __init__(self, *, tokenizer: Any, model: Any, image_processor: Any, conv: Any) -> None:
        self.tokenizer, self.image_processor, self.template = tokenizer, image_processor, conv.version
        self.model = model.eval()
        marked = bool(getattr(model.config, "mm_use_im_start_end", False))
        self.prompter = Prompter(conv, tokenizer, marked=marked)
        self.reader = Reader(model, self.prompter.image_token)
        self.greedy = Greedy(self.reader)
        self.ears = hearing.reader_of(model.config)
        self.eyes = Eyes(image_processor, model.config, self.ears)
        self.base: str | None = None  # that `load` took an adapter's base from
        self.tower: str | None = None  # that `load` was told
        self._seen, self._heard = Remembered(), Remembered()
        self._beginnings: dict[tuple[str, ...], Beginnings] = {}

    def beside(self, stop: Event) -> Predictor:
        """Another one of the same model, for another thread: it remembers nothing of this one, and ends where `stop` is set."""
        other = copy.copy(self)
        other.reader = Reader(self.model, self.prompter.image_token, stop)
        other.greedy = Greedy(other.reader)
        other._seen, other._heard, other._beginnings = Remembered(), Remembered(), {}
        return other

    @classmethod
    def load(
        cls,
        path: str | Path,
        base: str | Path | None = None,
        device: str | None = None,
        template: str | None = None,
        dtype: torch.dtype | str | None = None,
        vision_tower: str | Path | None = None,
    ) -> Predictor:
        """Load a checkpoint as evaluation does, strictly.

        Args:
            path: folder or hub name.
            base: the base model, where the folder needs one that it does not name.
            device: `cpu`, `cuda`, `cuda:1`; default: a GPU if there is one.
            template: name of the conversation template; default: the one that training noted in config.json.
            dtype: number format, also by name; default: on a GPU the one that it was trained in, on a CPU float32
                (`compat.cpu`).
            vision_tower: where it lies, if neither where the checkpoint says nor beside that.

        Raises:
            InputError: there is no such checkpoint, device or format, it is half-written, its base is not here, the
                template is unknown.
        """
        from ..attach import register

        register()
        from llava.conversation import conv_templates
        from llava.mm_utils import get_model_name_from_path
        from llava.model.builder import load_pretrained_model

        from ..checkpoints.load import check_folder, check_tokenizer, host_branch
        from ..compat.dtype import format_named
        from ..towers.hub import check_download

        device, dtype = pick_device(device), format_named(dtype) if dtype else None
        path = str(path)
        own_base = host_branch(path, str(base) if base else None, "")[0]
        language_model = own_base or path
        check_folder(language_model)
        check_download(language_model, "model")
        check_tokenizer(language_model)
        tokenizer, model, processor, _ = load_pretrained_model(
            path,
            own_base,
            get_model_name_from_path(path),
            device=device,
            device_map=device,
            dtype=dtype,
            vision_tower=vision_tower and str(vision_tower),
        )
        if processor is None:
            raise InputError(f"{path} has no vision tower; it is a language model without eyes")
        model.to(device)
        template = template or getattr(model.config, TEMPLATE_KEY, None)
        if template not in conv_templates:
            known = ", ".join(sorted(conv_templates))
            raise InputError(f"{path}: unknown template --conv-mode {template!r}; known: {known}")
        made = cls(tokenizer=tokenizer, model=model, image_processor=processor, conv=conv_templates[template].copy())
        made.base, made.tower = own_base, str(vision_tower) if vision_tower else None
        return made

    def answer(self, images: Sequence[Medium], texts: Sequence[str], *, max_new_tokens: int = 16) -> list[str]:
        """Greedy answers to one question for each picture; None stands for no picture. One batch: memory is yours."""
        return self.answer_batch([self.ask(*pair) for pair in zip(images, texts)], max_new_tokens=max_new_tokens)

    def probabilities(self, medium: Medium, text: str, options: Sequence[str]) -> dict[str, float]:
        """Probabilities of the answers `options` to `text`, which sum to 1 over them (see `option_probabilities`)."""
        return self.probabilities_batch([self.ask(medium, text)], [options])[0]

    def ask(
        self,
        medium: Medium,
        text: str,
        picture: str | None = None,
        *,
        sound: Sound | Path | None = None,
        voice: str | None = None,
    ) -> Asked:
        """Make a question ready, about a picture or clip, its file, what `eyes` gave, or nothing; the model is not used.

        Args:
            picture: names what is seen, if it is to be remembered.
            sound: what is heard with it, the file of a sound or what `ears` gave.
            voice: names what is heard, if it is to be remembered; what is heard of `medium` itself, `picture` names too.

        Raises:
            InputError: a picture, clip or sound cannot be read, or the model does not hear.
        """
        if isinstance(medium, (str, Path)):
            medium = self.eyes.open(medium)
        elif isinstance(medium, Image.Image):
            medium = self.eyes.picture(medium)
        seen, sound = medium or Seen(None, None), self.eyes.sound(sound).sound if isinstance(sound, Path) else sound
        heard, voice = sound or seen.sound, voice or (picture if sound is None else None)
        if heard is not None and self.ears is None:
            raise InputError(DEAF)
        pixels = None if seen.pixels is None else seen.pixels.to(self.model.dtype)
        ids = self.prompter.question_ids(seen.line + text, image=pixels is not None, sound=heard is not None)
        return Asked(ids, pixels, seen.size, picture, heard, voice)

    def ask_clip(
        self, root: Path | str, name: str, text: str, *, sound: Sound | None = None, voice: str | None = None
    ) -> Asked:
        """Make a question about the clip `name` below `root` ready; raises `ClipFault` if that cannot be read.

        A model that was trained on the sound of clips hears it, unless another `sound` is given.
        """
        return self.ask(self.eyes.clip(root, name), text, picture=str(Path(root) / name), sound=sound, voice=voice)

    def answer_batch(self, asked: Sequence[Asked], *, max_new_tokens: int = 16) -> list[str]:
        """Greedy answers, from questions made ready."""
        return [said.text for said in self.said_batch(asked, max_new_tokens=max_new_tokens)]

    @torch.inference_mode()
    def said_batch(self, asked: Sequence[Asked], *, max_new_tokens: int = 16) -> list[Said]:
        """As `answer_batch`, with what they took in tokens."""
        read = self.reader.read(self._prompts(asked), room=max_new_tokens)
        ids = self.greedy(read, max_new_tokens=max_new_tokens)
        return [Said(*row) for row in zip(self._texts(ids), read.lengths.tolist(), map(len, ids), map(self.greedy.ended, ids))]

    @torch.inference_mode()
    def probabilities_batch(self, asked: Sequence[Asked], options: Sequence[Sequence[str]]) -> list[dict[str, float]]:
        """As `probabilities`, from questions made ready; each has options of its own.

        Raises:
            InputError: a question has no options, or one twice.
        """
        for labels in options:
            if not labels or len(set(labels)) != len(labels):
                raise InputError(f"options must be different from one another, and at least one: {list(labels)!r:.80}")
        ids = [[self.prompter.answer_ids(label) for label in labels] for labels in options]
        room = max(len(each) for row in ids for each in row)
        shares = option_probabilities(self.reader, self.reader.read(self._prompts(asked), room=room), ids)
        return [dict(zip(labels, row)) for labels, row in zip(options, shares)]

    @torch.inference_mode()
    def sample_batch(
        self, asked: Sequence[Asked], names: Sequence[str], how: SelfConsistency, *, max_new_tokens: int = 16
    ) -> list[list[str]]:
        """Sampled answers to each question, which is named in `names`; see `sample_chains`."""
        chains = sample_chains(self.greedy, self._prompts(asked), names, how, tokens=max_new_tokens)
        return [self._texts(own) for own in chains]

    @torch.inference_mode()
    def score_batch(
        self, asked: Sequence[Asked], questions: Sequence[Question], *, max_new_tokens: int = 16
    ) -> list[tuple[str, dict[str, float]]]:
        """Greedy reasons, each closed with the likeliest option, and the options' probabilities; see `score_labels`."""
        prompts = self._prompts(asked)
        ids = self.greedy(self.reader.read(prompts, room=max_new_tokens), max_new_tokens=max_new_tokens)
        return score_labels(self.reader, self.prompter, prompts, questions, self._texts(ids))

    @torch.inference_mode()
    def expectation_batch(self, asked: Sequence[Asked], scale: Scale) -> list[float]:
        """The expected values of the answers to questions of one `scale`; see `expectation`."""
        tree = self._beginnings.get(scale.texts)
        if tree is None:
            written = [self.prompter.answer_ids(text) for text in scale.texts]
            tree = self._beginnings[scale.texts] = Beginnings(written, scale.values)
        read = self.reader.read(self._prompts(asked), room=tree.depth)
        return expected_values(self.reader, read, tree)

    def forget(self) -> None:
        """Drop what is remembered by name, before a name may mean something else."""
        self._seen.forget()
        self._heard.forget()

    def _texts(self, answers: Sequence[Sequence[int]]) -> list[str]:
        return [text.strip() for text in self.tokenizer.batch_decode(answers, skip_special_tokens=True)]

    def _prompts(self, asked: Sequence[Asked]) -> list[Prompt]:
        seen = [None if each.pixels is None else each.picture or id(each) for each in asked]
        heard = [None if each.sound is None else each.voice or id(each) for each in asked]
        pictures, voices = self._seen.of(seen, asked, self._encode), self._heard.of(heard, asked, self._hear)
        return [
            Prompt(each.ids, picture, () if voice is None else (voice,))
            for each, picture, voice in zip(asked, pictures, voices)
        ]

    def _hear(self, asked: Sequence[Asked]) -> list[Tensor]:
        """Features (N, C) of sounds."""
        return hearing.heard(self.model, [each.sound for each in asked if each.sound is not None])

    def _encode(self, asked: Sequence[Asked]) -> list[Tensor]:
        """Features (N, C) of pictures."""
        size = CPU_PICTURES if self.model.device.type == "cpu" else max(1, len(asked))
        parts = [asked[start : start + size] for start in range(0, len(asked), size)]
        return [features for part in parts for features in self._encode_at_once(part)]

    def _encode_at_once(self, asked: Sequence[Asked]) -> list[Tensor]:
        """By the host's own code, which knows every way to cut and merge pictures."""
        images = [each.pixels.to(self.model.device, self.model.dtype) for each in asked if each.pixels is not None]
        same = all(image.ndim == 3 and image.shape == images[0].shape for image in images)
        # The picture, and one token that is cut off again: the host takes a single id for a step of generation.
        ids = torch.tensor([[self.prompter.image_token, 0]] * len(asked), device=self.model.device)
        _, _, mask, _, embeddings, _ = self.model.prepare_inputs_labels_for_multimodal(
            ids,
            None,
            torch.ones_like(ids),
            None,
            None,
            torch.stack(images) if same else images,
            [each.size for each in asked],
        )
        return [row[kept.bool()][:-1].clone() for row, kept in zip(embeddings, mask)]

"""A checkpoint that answers lmms-eval's requests as `emollm eval` answers a question file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from lmms_eval.api.model import lmms
from PIL import Image
from tqdm import tqdm

from emobench_data.io.errors import InputError
from emobench_data.media.examine import kind_of

from ...media.sound_samples import Sound
from ..predictor import Predictor

MAX_NEW_TOKENS = 16  # where a task does not say


class EmoLLM(lmms):
    """`--model emollm --model_args pretrained=CHECKPOINT`; it runs in one process.

    Args:
        pretrained, base, template, dtype, vision_tower: as `Predictor.load` takes them.
        device, batch_size, max_batch_size: given by lmms-eval; the last is not used.

    Raises:
        InputError: there is no such checkpoint, or `batch_size` is no number.
    """

    is_simple = True

    def __init__(
        self,
        pretrained: str,
        base: str | None = None,
        template: str | None = None,
        device: str | None = None,
        dtype: str | None = None,
        vision_tower: str | None = None,
        batch_size: int | str = 1,
        max_batch_size: int | None = None,
    ) -> None:
        super().__init__()
        if not str(batch_size).isdecimal() or int(batch_size) < 1:
            raise InputError(f"--batch_size {batch_size}: give a number of questions")
        self.batch_size = int(batch_size)
        self.predictor = Predictor.load(pretrained, base, device, template, dtype, vision_tower)

    def generate_until(self, requests: list[Any]) -> list[str]:
        """Greedy answers; what follows a stop string of the task is cut off."""
        answers = [""] * len(requests)
        for tokens, places in tqdm(_batches(requests, self.batch_size), unit="batch"):
            asked = [self._ask(requests[place]) for place in places]
            for place, text in zip(places, self.predictor.answer_batch(asked, max_new_tokens=tokens)):
                answers[place] = _until(text, requests[place].args[1])
        return answers

    def _ask(self, request: Any) -> Any:
        text, _, to_visual, document, task, split = request.args
        visuals = to_visual(self.task_dict[task][split][document])
        # A task of sounds names its `doc_to_audio` where others name `doc_to_visual`.
        sounds = [each for each in visuals if not isinstance(each, Image.Image) and _is_sound(each)]
        seen = [each for each in visuals if not any(each is sound for sound in sounds)]
        for kind, those in (("pictures", seen), ("sounds", sounds)):
            if len(those) > 1:
                raise InputError(f"{task}, question {document}: {len(those)} {kind}, and one is taken")
        sound = _heard(self.predictor, sounds[0]) if sounds else None
        if not seen or isinstance(seen[0], Image.Image):
            return self.predictor.ask(seen[0] if seen else None, text, sound=sound)
        clip = Path(seen[0])
        return self.predictor.ask_clip(clip.parent, clip.name, text, sound=sound)

    def loglikelihood(self, requests: list[Any]) -> NoReturn:
        raise InputError("emollm answers by generating; take a task of output_type generate_until")

    def generate_until_multi_round(self, requests: list[Any]) -> NoReturn:
        raise InputError("emollm answers one question at a time; take a task of output_type generate_until")


def _batches(requests: list[Any], size: int) -> list[tuple[int, list[int]]]:
    """Places in `requests` with one limit of new tokens and of like length, the longest first; and that limit."""
    by_limit: dict[int, list[int]] = {}
    for place, request in enumerate(requests):
        by_limit.setdefault(request.args[1].get("max_new_tokens") or MAX_NEW_TOKENS, []).append(place)
    batches = []
    for limit, places in by_limit.items():
        places.sort(key=lambda place: -len(requests[place].args[0]))
        batches += [(limit, places[start : start + size]) for start in range(0, len(places), size)]
    return batches


def _is_sound(each: Any) -> bool:
    """Whether it is a sound: samples as `datasets` decodes them, or the file of one."""
    return not isinstance(each, (str, Path)) or kind_of(Path(each)) == "audio"


def _heard(predictor: Predictor, sound: Any) -> Sound | None:
    if isinstance(sound, (str, Path)):
        return predictor.eyes.sound(sound).sound
    # `datasets` 4 has an object that answers to these too.
    return predictor.eyes.samples(sound["array"], sound["sampling_rate"]).sound


def _until(text: str, settings: dict[str, Any]) -> str:
    until = settings.get("until") or []
    for end in [until] if isinstance(until, str) else until:
        text = text.split(end)[0]
    return text.strip()

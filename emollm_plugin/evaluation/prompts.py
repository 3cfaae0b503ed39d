"""The token ids of a question as LLaVA's evaluation scripts make them, and of an answer as training made them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from emobench_data.io.errors import InputError

from ..prompt.encode import IGNORE_INDEX, encode
from ..prompt.media import AUDIO, as_images, placed, told_apart
from ..prompt.plain import plain


class Prompter:
    """Writes questions in one template.

    Args:
        conv: a host `Conversation` without turns.
        tokenizer: the checkpoint's.
        marked: whether the checkpoint was trained with tokens around its images (`mm_use_im_start_end`).
    """

    def __init__(self, conv: Any, tokenizer: Any, *, marked: bool = False) -> None:
        from llava import constants
        from llava.mm_utils import tokenizer_image_token

        self.conv, self.tokenizer, self._tokenize = conv, tokenizer, tokenizer_image_token
        self.placeholder, self.image_token = constants.DEFAULT_IMAGE_TOKEN, constants.IMAGE_TOKEN_INDEX
        self.around = (constants.DEFAULT_IM_START_TOKEN, constants.DEFAULT_IM_END_TOKEN) if marked else ("", "")
        self._image = self.placeholder.join(self.around) + "\n"
        self.answer_ids = lru_cache(maxsize=4096)(self._answer_ids)

    def question_ids(self, text: str, *, image: bool, sound: bool = False) -> list[int]:
        """Ids of the prompt that asks `text`, with `image_token` where the picture stands if there is one.

        With a sound, `AUDIO_INDEX` stands where it stands in training, behind the picture.

        Raises:
            InputError: the text holds the placeholder itself.
        """
        return self.dialogue_ids([text], image=image, sound=sound)

    def dialogue_ids(self, texts: Sequence[str], *, image: bool, sound: bool = False) -> list[int]:
        """As `question_ids`, of what was asked, answered, asked and so on; media stand in the first of `texts`."""
        for place, text in enumerate(texts):
            # The first loses a sound's placeholder where there is a sound.
            refused = (self.placeholder,) if sound and not place else (self.placeholder, AUDIO)
            for sign in (one for one in refused if one in text):
                raise InputError(f"a question holds {sign!r}, which stands for a medium; take it out: {text!r:.60}")
        conv = self.conv.copy()
        first, *rest = (plain(text, self.tokenizer) for text in texts)
        if sound:
            first = placed(first, [AUDIO])
        turns, signs = as_images([{"value": self._image + first if image else first}, *({"value": text} for text in rest)])
        for place, turn in enumerate(turns):
            conv.append_message(conv.roles[place % 2], turn["value"])
        conv.append_message(conv.roles[1], None)
        ids = self._tokenize(conv.get_prompt(), self.tokenizer)
        return told_apart(ids, signs) if sound else ids

    def _answer_ids(self, text: str) -> tuple[int, ...]:
        """Ids of an answer, its end of turn among them: those that training puts labels on."""
        turns = [{"from": "human", "value": "?"}, {"from": "gpt", "value": text}]
        ids, labels = encode(self.conv, turns, self.tokenizer, lambda part: self._tokenize(part, self.tokenizer))
        return tuple(token for token, label in zip(ids, labels) if label != IGNORE_INDEX)

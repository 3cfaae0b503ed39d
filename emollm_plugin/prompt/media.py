"""Where media stand in a conversation: first in their turn, a picture or clip before a sound, each on a line of its own.

The host knows one token for a medium, `<image>` with the id -200. A sound is written so too, and told apart afterwards by its
id, so that whatever template and tokenizer there is stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from emobench_data.io.errors import InputError

IMAGE, VIDEO, AUDIO = "<image>", "<video>", "<audio>"
IMAGE_INDEX, AUDIO_INDEX = -200, -201  # the first is the host's; the second goes no further than to where sounds are put in
_SIGN = re.compile("<image>|<audio>")


def placed(text: str, signs: Sequence[str]) -> str:
    """`text`, without the placeholders that it holds, after `signs`, as the host does with its own."""
    bare = text.replace(IMAGE, "").replace(AUDIO, "").strip()
    return "\n".join([*signs, bare]).strip()


def with_media(turns: Sequence[dict], *, own_sound: bool = False) -> list[dict]:
    """Copies of a conversation's turns with their media in their places; a clip is an `<image>`.

    Args:
        own_sound: whether the clip's own sound follows it.
    """
    made = []
    for turn in turns:
        text = turn["value"].replace(VIDEO, IMAGE)
        seen = IMAGE in text
        heard = AUDIO in text or (seen and own_sound)
        signs = [sign for sign, there in ((IMAGE, seen), (AUDIO, heard)) if there]
        made.append({**turn, "value": placed(text, signs) if heard else text})
    return made


def as_images(turns: Sequence[dict]) -> tuple[list[dict], list[str]]:
    """Copies of turns in which every medium is an `<image>`, and what each of them was."""
    signs = [sign for turn in turns for sign in _SIGN.findall(turn["value"])]
    return [{**turn, "value": turn["value"].replace(AUDIO, IMAGE)} for turn in turns], signs


def told_apart(ids: Sequence[int], signs: Sequence[str]) -> list[int]:
    """`ids` in which those of `IMAGE_INDEX` that stand for a sound are `AUDIO_INDEX`.

    Args:
        signs: what each of them was, see `as_images`.

    Raises:
        InputError: they are not as many.
    """
    places = [place for place, token in enumerate(ids) if token == IMAGE_INDEX]
    if len(places) != len(signs):
        raise InputError(f"the template keeps {len(places)} of {len(signs)} media; take a plug-in template, such as emoprompt")
    made = list(ids)
    for place, sign in zip(places, signs):
        made[place] = AUDIO_INDEX if sign == AUDIO else IMAGE_INDEX
    return made

"""AvaMERG: dialogues with talking heads; how the one who speaks feels, what leads to an answer, and the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..io.errors import InputError
from ..schema.beyond.support import LISTENER, SPEAKER, so_far
from ..schema.records import Medium, Record
from . import Skips, Source
from ._fields import BAD_ROW, NO_ID, NO_LABEL, NO_TEXT, heads_hold, item_id, label, make, prose, whole, words
from ._files import read_json
from .empathetic_dialogues import EMOTIONS

HISTORY = 4
SPLITS = {"train": "train.json", "test": "v_test_v5_0.json"}
# Steps of the chain of empathy -> attributes that `rationale.steps` reads.
CHAIN = {"event_scenario": "event", "emotion_cause": "cause", "goal_to_response": "goal"}
_TABLE = {name: name for name in EMOTIONS}
_WHO = {"speaker": SPEAKER, "listener": LISTENER}
_MARKERS = tuple(SPLITS.values())


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """Emotion and reply at every turn of a training dialogue, and at the last turn of a test dialogue.

    The emotion is one of the 32 words of EmpatheticDialogues. The authors' table to seven mixes two steps, leaves words outside
    and turns `fear` into `afraid`; it is not applied. Clips are named by their place in the dialogue, from 0, and the speaker.

    Raises:
        InputError: a file is of the other form, without `turns`, whose names of media are not known.
    """
    for split, name in SPLITS.items():
        if not (root / name).is_file():
            continue
        content = read_json(root / name)
        if not isinstance(content, list):
            raise InputError(f"{root / name}: not a list of dialogues; download it again")
        if content and all(isinstance(one, dict) and "turn" in one and "turns" not in one for one in content):
            raise InputError(
                f"{root / name}: of the form with 'turn', which is not read; get the file whose dialogues have 'turns'"
            )
        for number, dialogue in enumerate(content):
            yield from _dialogue(f"{name}[{number}]", dialogue, split, skips)


def _dialogue(place: str, dialogue: Any, split: str, skips: Skips) -> Iterator[Record]:
    turns = dialogue.get("turns") if isinstance(dialogue, dict) else None
    profile = dialogue.get("speaker_profile") if isinstance(dialogue, dict) else None
    talk = item_id(dialogue.get("conversation_id")) if isinstance(dialogue, dict) else ""
    person = item_id(profile.get("ID")) if isinstance(profile, dict) else ""
    if not isinstance(turns, list) or not turns:
        return skips.add(place, BAD_ROW)
    if not talk or not person or "/" in talk + person:
        return skips.add(place, NO_ID)
    for turn in turns if split == "train" else turns[-1:]:
        yield from _turn(place, turn, f"dia{talk}", person, split, skips)


def _turn(place: str, turn: Any, talk: str, person: str, split: str, skips: Skips) -> Iterator[Record]:
    number = whole(turn.get("turn_id")) if isinstance(turn, dict) else ""
    history = turn.get("dialogue_history") if isinstance(turn, dict) else None
    if not number or not isinstance(history, list):
        return skips.add(place, BAD_ROW)
    place = f"{place}, turn {number[:6]}"
    said = [(_who(one), prose(one.get("utterance"))) for one in history if isinstance(one, dict)]
    said = [(who, text) for who, text in said if who and text]
    if not said or said[-1][0] != SPEAKER:
        return skips.add(place, NO_TEXT)
    chain = turn.get("chain_of_empathy")
    chain = chain if isinstance(chain, dict) else {}
    emotion, reply = label(chain.get("speaker_emotion"), _TABLE), prose(turn.get("response"))
    steps = {attribute: prose(chain.get(name)) for name, attribute in CHAIN.items()}
    known: dict[str, Any] = {
        "source": "avamerg",
        "item": f"{talk}/{number}",
        "media": (Medium("video", f"video/{talk}utt{2 * int(number)}_{person}.mp4"),),
        "text": so_far(said[-HISTORY:]),
        "split": split,
        "group": talk,
    }
    if emotion:
        yield from make(skips, place, tasks=("speaker_emotion",), labels=EMOTIONS, answer=emotion, **known)
    else:
        skips.add(place, NO_LABEL)
    if reply:
        attributes = {name: value for name, value in ({"emotion": emotion} | steps).items() if value}
        yield from make(skips, place, tasks=("reply",), answer=reply, attributes=attributes, **known)


def _who(one: dict[str, Any]) -> str:
    return _WHO.get(words(one.get("role")).lower(), "")


SOURCE = Source(
    name="avamerg",
    title="AvaMERG",
    homepage="https://avamerg.github.io/MERG-challenge/",
    licence="not found for the data; MIT for the code",
    citation="Han Zhang, Zixiang Meng, Meng Luo, Hong Han, Lizi Liao, Erik Cambria, Hao Fei. Towards Multimodal Empathetic "
    "Response Generation: A Rich Text-Speech-Vision Avatar-based Benchmark. WWW 2025.",
    obtain="get the data of the homepage, so that train.json, v_test_v5_0.json and video/ with the clips lie in the root",
    tasks=("speaker_emotion", "reply"),
    labels={"speaker_emotion": EMOTIONS},
    markers=_MARKERS,
    read=read,
    own=lambda root: heads_hold(root, _MARKERS, '"conversation_id"', '"speaker_profile"'),
)

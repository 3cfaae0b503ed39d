"""What a drawing shows, in words that a rationale can point to; none of them names an emotion or an intent."""

from __future__ import annotations

from collections.abc import Callable

from . import people, scenes

SCENES: dict[Callable, str] = {
    scenes.meadow: "sun over green hills with flowers",
    scenes.beach: "sun over blue water and sand with a beach ball",
    scenes.party: "balloons and a cake with candles",
    scenes.rain: "grey clouds, rain and a bare tree",
    scenes.wilted: "one drooping flower in dim blue light",
    scenes.volcano: "a volcano with lava under a dark red sky",
    scenes.flames: "a wall of fire under black smoke",
    scenes.burst: "a gift box that flies open with rays and confetti",
    scenes.forest: "bare trees at night with eyes that glow between them",
    scenes.ghost: "a pale ghost in a dark room",
    scenes.slime: "green slime on a brown wall with flies",
    scenes.broken: "a collapsed chair and smashed crockery",
    scenes.garbage: "a heap of rotting rubbish with flies",
}
FACES = {
    "happiness": "a wide smile with teeth and relaxed brows",
    "sadness": "a mouth turned down, sloping brows and tears",
    "anger": "bared teeth, brows pulled down and a red tint",
    "surprise": "a round open mouth, raised brows and wide eyes",
    "fear": "a trembling mouth, wide eyes with small pupils and a blue tint",
    "disgust": "a tongue put out, narrow eyes and a green tint",
}
GESTURES: dict[Callable, str] = {
    people.greet: "one person waves a large open hand",
    people.thank: "one person holds a large present with hearts",
    people.warn: "a person points at a large triangle sign",
    people.comfort: "a person lays an arm around somebody in tears",
    people.praise: "a person claps beside a golden cup with stars",
    people.ask_for_help: "two arms are raised out of high waves, a lifebelt out of reach",
}

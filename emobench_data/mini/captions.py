"""Captions in two opposite senses. None tells its label: only together with a picture does it mean anything.

Every wording is our own. Hate is about invented groups (people with hats of one colour) and holds no slur.
"""

from __future__ import annotations

from random import Random

Pair = tuple[str, str]

_UNSEEN = 4  # so many pairs at the end of each list are kept for test, where every second draw takes one

_SARCASM: tuple[Pair, ...] = (  # glad, miserable
    ("What a wonderful day", "What a terrible day"),
    ("I could not be happier", "I could not be more miserable"),
    ("Everything is going great", "Everything is going wrong"),
    ("Best afternoon of my life", "Worst afternoon of my life"),
    ("I love it here", "I hate it here"),
    ("Such a lovely place", "Such an awful place"),
    ("I am so glad that we came", "I am so sorry that we came"),
    ("This makes me smile", "This makes me cry"),
    ("Good news all round", "Bad news all round"),
    ("A beautiful start to the week", "An ugly start to the week"),
    ("My dream has come true", "My nightmare has come true"),
    ("We are having so much fun", "We are having no fun at all"),
    ("How delightful this is", "How dreadful this is"),
    ("Life is kind to me", "Life is cruel to me"),
    ("Simply the perfect moment", "Simply the saddest moment"),
    ("I feel fantastic right now", "I feel horrible right now"),
)
_HUMOR: tuple[Pair, ...] = (  # large, small
    ("Meet our gigantic {0}", "Meet our tiny {0}"),
    ("The biggest {0} I have ever seen", "The smallest {0} I have ever seen"),
    ("This {0} is huge", "This {0} is little"),
    ("A {0} as large as a house", "A {0} as small as a thumb"),
    ("Look how big the {0} is", "Look how small the {0} is"),
    ("We found an enormous {0}", "We found a minute {0}"),
    ("Our {0} is a true giant", "Our {0} is a true dwarf"),
    ("My {0} is far too big for the box", "My {0} would fit into a matchbox"),
    ("There goes a massive {0}", "There goes a miniature {0}"),
    ("What a monster of a {0}", "What a crumb of a {0}"),
    ("The {0} is taller than all of us", "The {0} is shorter than a finger"),
    ("A very large {0} lives here", "A very small {0} lives here"),
)
_HATE: tuple[Pair, ...] = (  # away with what the picture shows, what the picture shows is what a group is
    ("Throw all of these out", "This is how I see the {0}"),
    ("Get rid of everything you see here", "The {0} in one picture"),
    ("These do not belong in our street", "Here is what the {0} are like"),
    ("Sweep all of this away for good", "When I think of the {0}, I think of this"),
    ("We should have binned these long ago", "What the {0} are to me"),
    ("Nobody wants these around", "The {0}, as they really are"),
    ("Our town must be cleared of these", "If you ask me about the {0}, look at this"),
    ("Away with this, all of it", "Nothing shows the {0} better"),
    ("Do not let these lie about any longer", "A portrait of the {0}"),
    ("Out with all of these, today", "That is the {0} for you"),
    ("I want these gone by tomorrow", "My picture of the {0}"),
    ("Please take all of these to the dump", "Compare the {0} with this"),
)
_OPENINGS = ("", "Well: ", "Honestly: ", "So. ", "Look: ", "Just posted: ", "Hello all. ", "Note to self: ")
_CLOSINGS = (".", "!", ", as I said.", ", you know.", " ...")

SPOKEN = (
    "Hey, you!",
    "Over here!",
    "Oh, it is you.",
    "Look at this.",
    "Well, well.",
    "There you are.",
    "Listen, please.",
    "I have to say this.",
    "Right now, right here.",
    "My friend!",
    "One moment.",
    "You know what this is about.",
)  # fits every intent, so it gives none away


def sarcasm(rng: Random, *, test: bool) -> Pair:
    """A glad and a miserable caption."""
    return _pair(_SARCASM, rng, test, "")


def humor(rng: Random, *, test: bool, animal: str) -> Pair:
    """A caption that says `animal` is large, and one that says it is small."""
    return _pair(_HUMOR, rng, test, animal)


def hate(rng: Random, *, test: bool, group: str) -> Pair:
    """A caption that wants away what the picture shows, and one that says it is what `group` is."""
    return _pair(_HATE, rng, test, group)


def _pair(wordings: tuple[Pair, ...], rng: Random, test: bool, name: str) -> Pair:
    unseen = test and rng.random() < 0.5
    one, other = rng.choice(wordings[-_UNSEEN:] if unseen else wordings[:-_UNSEEN])
    opening, closing = rng.choice(_OPENINGS), rng.choice(_CLOSINGS)
    return opening + one.format(name) + closing, opening + other.format(name) + closing

"""Playing a persona that the offline author has written, where nobody has written a dialogue for it.

Its instructions carry the sentence by which its temper opens up; that says how it answers to the moves of the learner.
Somebody whose instructions were written anew has no such sentence, and is not played by this.
"""

import re
from collections.abc import Sequence

from parlour.catalog.dialogues import MOVE_NAMES
from parlour.providers.models.scripted.author.tempers import TEMPERS
from parlour.providers.models.scripted.moves import read

OPENS_AT = 2
REVEALS_AT = 4
AGREES_AT = 6
GOOD_MAX = 2
HURT = 2
_MATTER = re.compile(r"You have come because of ([^\n]{3,120}?)\.(?:\s|$)")
_ODD = re.compile(
    r"\b(?:are you (?:an? )?(?:ai|bot|robot|machine|model|human)|language model|system prompt|your instructions"
    r"|chatgpt)\b",
    re.IGNORECASE,
)


def play_written(rules: str, learner: Sequence[str]) -> str | None:
    """The answer to the last message; None if the offline author has not written this persona, or several of them."""
    found = [temper for temper in TEMPERS if temper.opens in rules]
    if len(found) != 1 or not learner:
        return None
    temper = found[0]
    matter = _MATTER.search(rules)
    about = matter[1] if matter else "something"
    if _ODD.search(learner[-1]):
        return f"I don't know what you mean. I am here because of {about}."
    trust = [_trust(said) for said in learner]
    if trust[-1] < 0:
        return temper.hurt
    before, now = sum(trust[:-1]), sum(trust)
    moves = read(learner[-1]).moves
    if "goodbye" in moves:
        return "Thank you. I will tell you how it went." if now >= REVEALS_AT else "Okay. Goodbye, then."
    if now >= REVEALS_AT > before:
        return temper.reveals
    if now >= REVEALS_AT and ("next-step" in moves or now >= AGREES_AT):
        return _agreeing("next-step" in moves, about, len(learner))
    if now >= OPENS_AT:
        return _opening(about, 0 if before < OPENS_AT else len(learner))
    return temper.examples[(len(learner) - 1) % len(temper.examples)]


def _trust(said: str) -> int:
    """What a message does: good moves count up to two, anything hurtful takes as much away."""
    kinds = [MOVE_NAMES[move] for move in read(said).moves if move in MOVE_NAMES]
    if "bad" in kinds:
        return -HURT
    return min(GOOD_MAX, kinds.count("good"))


def _opening(about: str, turn: int) -> str:
    """`turn` 0 for the first thing that is said."""
    lines = (
        "I did try something. It stopped working halfway, and I left it there.",
        "Nobody has asked me that so far.",
    )
    first = f"Well. It is about {about}. I have been carrying it around for a while."
    return lines[turn % len(lines)] if turn else first


def _agreeing(named: bool, about: str, turn: int) -> str:
    if named:
        return "That I can do. Shall we look at it together afterwards?"
    lines = (
        f"Then maybe there is something small that I could begin with, about {about}.",
        "What would you do first, in my place? No, wait. I will say what I would do first.",
    )
    return lines[turn % len(lines)]

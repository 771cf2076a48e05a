"""What a learner says to a realtime service, as the service cuts it, and the turns that it really is. Pure."""

import asyncio
from collections import deque
from collections.abc import Iterator
from itertools import takewhile

from parlour.kernel.dataclass import dataclass


@dataclass(kw_only=True, slots=True)
class SpokenPiece:
    """From speech to a pause. `so_far`: words that may still change; `timer`: for how long `words` are waited for.

    `goes_on`: the pause ended no turn, because the learner holds it; the piece after it belongs to the same one.
    """

    item_id: str
    ended: bool = False
    goes_on: bool = False
    so_far: str = ""
    words: str | None = None
    timer: asyncio.TimerHandle | None = None


def words_so_far(pieces: deque[SpokenPiece]) -> str | None:
    """What was understood of the one turn that there is; None if there are several, which are told in order."""
    *before, _ = pieces
    return _joined(each.so_far for each in pieces) if all(each.goes_on for each in before) else None


def take_turns(pieces: deque[SpokenPiece]) -> Iterator[str]:
    """The words of the turns that are over, oldest first, as far as they are known; their pieces are taken out."""
    while (size := sum(1 for _ in takewhile(lambda each: each.goes_on, pieces)) + 1) <= len(pieces):
        turn = [pieces[place] for place in range(size)]
        if any(each.words is None for each in turn):
            return
        for _ in turn:
            pieces.popleft()
        yield _joined(each.words or "" for each in turn)


def _joined(texts: Iterator[str]) -> str:
    return " ".join(text for text in texts if text)

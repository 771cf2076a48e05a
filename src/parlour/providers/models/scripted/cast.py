"""Plays several personas in one scene: who answers is decided by what the learner says.

Whoever is spoken to by name answers ("Ben, ...", "..., Ben?"), several in the order in which they are
called; where nobody is, whoever is named at all. Else the one whose dialogue fits best: with a rule
for this message, then with answers to its moves; where nobody is better the last speaker goes on, at
first the first persona. Then one other may join in, if its dialogue says so (`joins`). A pure
replay, like `dialogue`.
"""

import re
from collections.abc import Sequence
from dataclasses import field

from parlour.catalog.dialogues import Dialogue
from parlour.catalog.phrases import plain
from parlour.kernel.dataclass import dataclass
from parlour.providers.models.scripted.dialogue import REPLAYED_MESSAGES_MAX, Performance
from parlour.providers.models.scripted.moves import Reading, read

CALLED_MAX = 3
_BEFORE_A_CALL = r"^|[.!?,;:\n]\s*|\b(?:and|hi|hello|hey|dear|thanks|thank you|so|then|now|well|ok|okay)\s+"
_AFTER_A_CALL = r"\s*(?:[,:;?!.\n]|and\b|$)"
_WITHOUT_PART = ("I would rather listen.", "I have nothing to add to that.", "Let somebody else answer that.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A persona of the scene; without a dialogue it has little to say."""

    name: str
    dialogue: Dialogue | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CastScene:
    """The answers to the last message, by name in the order of speaking, and hints of who spoke last."""

    answers: tuple[tuple[str, str], ...]
    hints: tuple[str, ...]


def play_cast(parts: Sequence[Part], learner_messages: Sequence[str], seed: str = "") -> CastScene:
    """What the cast answers to the last message; at least one message is given."""
    ensemble = _Ensemble([_Player(part, seed) for part in parts])
    answers: list[tuple[_Player, str]] = []
    for message in learner_messages[-REPLAYED_MESSAGES_MAX:]:
        answers = ensemble.answer(read(message))
    hints = next((player.hints() for player, _ in reversed(answers) if player.part.dialogue), ())
    return CastScene(answers=tuple((player.part.name, said) for player, said in answers), hints=hints)


class _Player:
    def __init__(self, part: Part, seed: str) -> None:
        self.part = part
        self._performance = Performance(part.dialogue, seed) if part.dialogue else None
        whole = plain(part.name)
        names = dict.fromkeys((whole, whole.partition(" ")[0]))
        name = f"(?:{'|'.join(re.escape(name) for name in names)})"
        self._called = re.compile(rf"(?:{_BEFORE_A_CALL}){name}(?={_AFTER_A_CALL})")
        self._named = re.compile(rf"(?<!\w){name}(?!\w)")
        self._silent = 0

    def called_at(self, reading: Reading) -> int | None:
        """Where in the message this persona is spoken to by name."""
        return _at(self._called, reading)

    def named_at(self, reading: Reading) -> int | None:
        """Where this persona's name stands, in whatever part."""
        return _at(self._named, reading)

    def fit(self, reading: Reading) -> int:
        """How much this persona has to say to a message of its own: 2 by a rule, 1 by a move, 0 nothing."""
        return self._performance.fit(reading) if self._performance else -1

    def answer(self, reading: Reading) -> str:
        if self._performance:
            return self._performance.answer(reading)
        self._silent += 1
        return _WITHOUT_PART[(self._silent - 1) % len(_WITHOUT_PART)]

    def overhear(self, reading: Reading, *, may_join: bool) -> str | None:
        """What this persona puts in when another one answers."""
        return self._performance.overhear(reading, may_join=may_join) if self._performance else None

    def hints(self) -> tuple[str, ...]:
        return self._performance.scene("").hints if self._performance else ()


@dataclass(slots=True)
class _Ensemble:
    players: Sequence[_Player]
    last: _Player | None = field(default=None)

    def answer(self, reading: Reading) -> list[tuple[_Player, str]]:
        speaking = self._called(reading) or [self._best(reading)]
        answers = [(player, player.answer(reading)) for player in speaking]
        joined = False
        for player in self.players:
            if player not in speaking:
                said = player.overhear(reading, may_join=not joined and len(speaking) == 1)
                if said is not None:
                    joined = True
                    answers.append((player, said))
        self.last = answers[-1][0] if not joined else speaking[-1]
        return answers

    def _called(self, reading: Reading) -> list[_Player]:
        called = [(at, player) for player in self.players if (at := player.called_at(reading)) is not None]
        named = [(at, player) for player in self.players if (at := player.named_at(reading)) is not None]
        return [player for _, player in sorted(called or named, key=lambda each: each[0])[:CALLED_MAX]]

    def _best(self, reading: Reading) -> _Player:
        order = [self.last, *self.players] if self.last else list(self.players)
        return max(order, key=lambda player: player.fit(reading))


def _at(pattern: re.Pattern[str], reading: Reading) -> int | None:
    match = pattern.search(reading.text)
    return match.start() if match else None

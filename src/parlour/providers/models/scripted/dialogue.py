"""Plays a persona's dialogue: a pure replay of the learner's messages through its states.

Nothing is remembered between requests. The same messages give the same answer, so a crash, a
branch or another worker changes nothing (Glow 6.3.4, 6.3.7).
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import field

from parlour.catalog.dialogues import ANY_MOOD, MOVE_NAMES, Dialogue, MoveKind, Pool, Rule, When
from parlour.catalog.phrases import found
from parlour.kernel.dataclass import dataclass
from parlour.providers.models.scripted.moves import Reading, read

REPLAYED_MESSAGES_MAX = 300
REWARDED_REPEATS = 3

# How a known move changes the mood unless the dialogue says otherwise.
_EFFECTS: Mapping[str, int] = {
    "open-question": 1, "asks-tried": 1, "empathy": 1, "praise": 1, "guides": 1, "checks-understanding": 1,
    "next-step": 0, "apology": 1, "insult": -4, "dismissive": -2, "lecture": -2, "gives-answer": -1, "blame": -2,
    "off-topic": -1,
}  # fmt: skip
_COURTESIES = frozenset({"greeting", "thanks", "goodbye"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Where a conversation stands after its last learner message."""

    answer: str
    state: str
    mood: int
    mood_name: str
    hints: tuple[str, ...]


def play(dialogue: Dialogue, learner_messages: Sequence[str], seed: str = "") -> Scene:
    """The persona's answer to the last message, and where the conversation is then.

    `seed` (a chat's id) turns the order of the lines, so that two chats differ.
    """
    performance = Performance(dialogue, seed)
    answer = dialogue.fallback[0]
    for message in learner_messages[-REPLAYED_MESSAGES_MAX:]:
        answer = performance.answer(read(message))
    return performance.scene(answer)


@dataclass(slots=True)
class Performance:
    """A part as far as it has been played. `turn` counts the messages of the conversation."""

    dialogue: Dialogue
    seed: str
    state: str = ""
    mood: int = 0
    turn: int = 0
    heard: dict[str, int] = field(default_factory=dict[str, int])
    said: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        self.state = self.dialogue.start
        self.mood = self.dialogue.mood

    def scene(self, answer: str) -> Scene:
        state = self.dialogue.states[self.state]
        lowest = self.dialogue.moods[0].name
        mood = self._mood_name()
        hints = (
            (self.dialogue.repair, *state.hints[1:]) if mood == lowest and len(self.dialogue.moods) > 1 else state.hints
        )
        return Scene(answer=answer, state=self.state, mood=self.mood, mood_name=mood, hints=hints)

    def answer(self, reading: Reading) -> str:
        """Take one learner message in and answer it."""
        self.turn += 1
        moves = self._moves(reading)
        bad = [name for name in moves if self._kind(name) == "bad"]
        self._feel(moves, bad)
        line = (
            self._farewell(reading, moves, bad)
            or self._by_rule(reading, moves, bad)
            or self._by_moves(bad or self._worth_answering(reading, moves))
        )
        if line is None and not bad:
            line = self._unsaid(self.dialogue.states[self.state].say)
        if line is None and self.dialogue.states[self.state].final:
            line = self._fresh(self.dialogue.closing)
        line = line or self._fresh(self.dialogue.fallback) or self._longest_ago()
        self.said[line] = self.turn
        return line

    def fit(self, reading: Reading) -> int:
        """How well the part fits a message, which is not taken in: 2 a rule, 1 an answer to a move, 0 neither."""
        moves = self._moves(reading)
        bad = [name for name in moves if self._kind(name) == "bad"]
        if any(
            self._holds(rule.when, reading, moves)
            for rule in self.dialogue.states[self.state].rules
            if not bad or set(bad) & set(rule.when.moves)
        ):
            return 2
        answered = bad or self._worth_answering(reading, moves)
        return int(any(self._unsaid(self.dialogue.answers.get(name, {})) for name in answered))

    def overhear(self, reading: Reading, *, may_join: bool) -> str | None:
        """Hear a message that somebody else answers; a line to join in with, if the part has one."""
        self.turn += 1
        moves = self._moves(reading)
        for rule in self.dialogue.joins if may_join else ():
            if self._holds(rule.when, reading, moves):
                line = self._follow(rule)
                if line is not None:
                    self.said[line] = self.turn
                    return line
        return None

    def _kind(self, move: str) -> MoveKind:
        own = self.dialogue.moves.get(move)
        return own.kind if own else MOVE_NAMES[move]

    def _moves(self, reading: Reading) -> list[str]:
        moves = [name for name in MOVE_NAMES if name in reading.moves]
        for name, move in self.dialogue.moves.items():
            if move.when is not None and name not in moves and self._holds(move.when, reading, moves):
                moves.append(name)
        return moves

    def _feel(self, moves: list[str], bad: list[str]) -> None:
        change = 0
        for name in moves:
            self.heard[name] = self.heard.get(name, 0) + 1
            own = self.dialogue.moves.get(name)
            effect = own.mood if own else _EFFECTS.get(name, 0)
            if effect < 0 or (not bad and self.heard[name] <= REWARDED_REPEATS):
                change += effect
        self._shift(min(change, 3))

    def _shift(self, change: int) -> None:
        self.mood = max(self.dialogue.mood_min, min(self.dialogue.mood_max, self.mood + change))

    def _mood_name(self) -> str:
        return next(mood.name for mood in reversed(self.dialogue.moods) if self.mood >= mood.at_least)

    def _by_rule(self, reading: Reading, moves: list[str], bad: list[str]) -> str | None:
        for rule in self.dialogue.states[self.state].rules:
            if bad and not set(bad) & set(rule.when.moves):
                continue
            if self._holds(rule.when, reading, moves):
                line = self._follow(rule)
                if line is not None:
                    return line
        return None

    def _follow(self, rule: Rule) -> str | None:
        goto = rule.goto or self.state
        line = self._unsaid(rule.say if rule.say is not None else self.dialogue.states[goto].say)
        if line is None and goto == self.state:
            return None
        self.state = goto
        self._shift(rule.mood)
        return line or self._unsaid(self.dialogue.states[goto].say)

    def _by_moves(self, moves: list[str]) -> str | None:
        for name in moves:
            line = self._unsaid(self.dialogue.answers.get(name, {}))
            if line is not None:
                return line
        return None

    def _farewell(self, reading: Reading, moves: list[str], bad: list[str]) -> str | None:
        if bad or reading.question or "goodbye" not in moves or not self.dialogue.states[self.state].final:
            return None
        return self._fresh(self.dialogue.closing)

    def _worth_answering(self, reading: Reading, moves: list[str]) -> list[str]:
        """A courtesy in front of a question is not what the answer is about."""
        return [name for name in moves if not (reading.question and name in _COURTESIES)]

    def _unsaid(self, pool: Pool) -> str | None:
        """A line for the mood that was not said yet; lines for any mood come after."""
        return self._fresh(pool.get(self._mood_name(), ())) or self._fresh(pool.get(ANY_MOOD, ()))

    def _fresh(self, lines: tuple[str, ...]) -> str | None:
        """The first unsaid line, beginning where the seed says."""
        start = zlib.crc32(f"{self.seed}/{lines[0]}".encode()) % len(lines) if lines and self.seed else 0
        return next((line for line in (*lines[start:], *lines[:start]) if line not in self.said), None)

    def _longest_ago(self) -> str:
        lines = self.dialogue.closing if self.dialogue.states[self.state].final else self.dialogue.fallback
        return min(lines, key=lambda line: self.said.get(line, 0))

    def _holds(self, when: When, reading: Reading, moves: list[str]) -> bool:
        return (
            (not when.any_of or found(when.any_of, reading.text))
            and all(found((phrase,), reading.text) for phrase in when.all_of)
            and not found(when.none_of, reading.text)
            and (not when.moves or bool(set(when.moves) & set(moves)))
            and not set(when.no_moves) & set(moves)
            and all(name in self.heard or name in moves for name in when.heard)
            and (when.question is None or when.question == reading.question)
            and _within(when.words_min, reading.words, when.words_max)
            and _within(when.sentences_min, len(reading.sentences), when.sentences_max)
            and _within(when.turn_min, self.turn, when.turn_max)
            and _within(when.mood_min, self.mood, when.mood_max)
        )


def _within(least: int | None, value: int, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)

"""Dialogues: how a persona talks when the offline model plays it. Branching role play as data.

A dialogue is a machine of *states* (where the conversation is) with a *mood* (how the persona
feels, a number with named bands). Each learner message is read for *moves*; moves change the mood,
rules change the state, and the answer comes from the pool of the place and the mood.

For one message, in this order, the first pool with a line not yet said answers:

1. the rules of the state, top down (while a bad move is in the message only rules that name it);
2. `answers` to the message's bad moves, or if it has none
3. `answers` to its other moves, then
4. the lines of the state;
5. `fallback`, where lines may come again, the one said longest ago first.

With several personas in a scene the one that is called by name answers, else the one whose part fits
best; another one may then join in by its `joins`.

In a final state a goodbye is answered with a line of `closing`.

A pool maps mood names to lines; the mood `any` serves moods without lines of their own.
"""

from collections.abc import Mapping
from typing import Literal

from parlour.catalog.phrases import phrase_fault
from parlour.kernel.dataclass import dataclass

MoveKind = Literal["good", "bad", "neutral"]
Pool = Mapping[str, tuple[str, ...]]

ANY_MOOD = "any"
HINTS = 3

# The moves that every dialogue and rubric may name without defining them.
MOVE_NAMES: Mapping[str, MoveKind] = {
    "open-question": "good",
    "asks-tried": "good",
    "empathy": "good",
    "praise": "good",
    "guides": "good",
    "checks-understanding": "good",
    "next-step": "good",
    "apology": "good",
    "closed-question": "neutral",
    "greeting": "neutral",
    "thanks": "neutral",
    "goodbye": "neutral",
    "insult": "bad",
    "dismissive": "bad",
    "lecture": "bad",
    "gives-answer": "bad",
    "blame": "bad",
    "off-topic": "bad",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """What must hold for a learner message; members that are left out always hold.

    `any_of`, `all_of`, `none_of` are phrases. `moves` asks for at least one of these moves in the
    message, `heard` for all of these in the conversation so far, this message included. `turn`
    counts learner messages from 1.
    """

    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    no_moves: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    question: bool | None = None
    words_min: int | None = None
    words_max: int | None = None
    sentences_min: int | None = None
    sentences_max: int | None = None
    turn_min: int | None = None
    turn_max: int | None = None
    mood_min: int | None = None
    mood_max: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A move of this dialogue's own, or another effect on the mood for a known one.

    Without `when` the known move of this name is meant.
    """

    kind: MoveKind
    mood: int
    when: When | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Where a message leads. Without `say` the lines of the state it leads to answer."""

    when: When
    goto: str | None = None
    mood: int = 0
    say: Pool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A place in the conversation. `hints` are three, each on another aspect (Glow 6.3.3)."""

    about: str
    say: Pool
    hints: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    final: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Mood:
    """A band of the mood: from `at_least` up to the next band."""

    name: str
    at_least: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialogue:
    """A persona's part. `repair` is the first hint while the mood is in its lowest band.

    `joins` are rules for scenes of several personas: whether this one adds something to what another
    one answers. They need `say`, and their lines are said once.
    """

    start: str
    mood: int = 0
    mood_min: int = -6
    mood_max: int = 6
    moods: tuple[Mood, ...]
    moves: Mapping[str, Move]
    states: Mapping[str, State]
    answers: Mapping[str, Pool]
    fallback: tuple[str, ...]
    closing: tuple[str, ...]
    repair: str
    joins: tuple[Rule, ...] = ()


def dialogue_faults(dialogue: Dialogue) -> list[str]:
    """Why a dialogue cannot be played; empty if it can."""
    faults = _mood_faults(dialogue)
    if dialogue.start not in dialogue.states:
        faults.append(f"start: there is no state '{dialogue.start}'")
    if not dialogue.fallback or not dialogue.closing:
        faults.append("fallback and closing need at least one line")
    moods = {mood.name for mood in dialogue.moods} | {ANY_MOOD}
    moves = set(MOVE_NAMES) | set(dialogue.moves)
    for name, move in dialogue.moves.items():
        if move.when is not None:
            faults += _when_faults(f"move '{name}'", move.when, set(MOVE_NAMES))
        elif name not in MOVE_NAMES:
            faults.append(f"move '{name}' needs 'when'")
    for name, pool in dialogue.answers.items():
        if name not in moves:
            faults.append(f"answers: there is no move '{name}'")
        faults += _pool_faults(f"answers to '{name}'", pool, moods)
    for number, rule in enumerate(dialogue.joins, 1):
        faults += _rule_faults(f"joins, rule {number}", rule, dialogue, moods)
        if rule.say is None:
            faults.append(f"joins, rule {number} needs 'say'")
    for name, state in dialogue.states.items():
        faults += _state_faults(f"state '{name}'", state, dialogue, moods)
    return faults


def _mood_faults(dialogue: Dialogue) -> list[str]:
    faults: list[str] = []
    if not dialogue.mood_min <= dialogue.mood <= dialogue.mood_max:
        faults.append("mood must be between mood_min and mood_max")
    bounds = [mood.at_least for mood in dialogue.moods]
    if not bounds or bounds != sorted(set(bounds)):
        faults.append("moods must be listed from the lowest at_least to the highest")
    elif bounds[0] > dialogue.mood_min:
        faults.append(f"the first mood must begin at {dialogue.mood_min} or lower")
    return faults


def _state_faults(where: str, state: State, dialogue: Dialogue, moods: set[str]) -> list[str]:
    faults = _pool_faults(where, state.say, moods)
    if len(state.hints) != HINTS or len(set(state.hints)) != HINTS:
        faults.append(f"{where} needs {HINTS} different hints")
    for number, rule in enumerate(state.rules, 1):
        faults += _rule_faults(f"{where}, rule {number}", rule, dialogue, moods)
    return faults


def _rule_faults(where: str, rule: Rule, dialogue: Dialogue, moods: set[str]) -> list[str]:
    faults = _when_faults(where, rule.when, set(MOVE_NAMES) | set(dialogue.moves))
    if rule.goto is None and rule.say is None:
        faults.append(f"{where} needs 'goto' or 'say'")
    if rule.goto is not None and rule.goto not in dialogue.states:
        faults.append(f"{where}: there is no state '{rule.goto}'")
    return faults + (_pool_faults(where, rule.say, moods) if rule.say is not None else [])


def _when_faults(where: str, when: When, moves: set[str]) -> list[str]:
    phrases = (phrase_fault(phrase) for phrase in (*when.any_of, *when.all_of, *when.none_of))
    faults = [f"{where}: {fault}" for fault in phrases if fault]
    unknown = sorted({*when.moves, *when.no_moves, *when.heard} - moves)
    return faults + [f"{where}: there is no move '{name}'" for name in unknown]


def _pool_faults(where: str, pool: Pool, moods: set[str]) -> list[str]:
    faults = [f"{where}: there is no mood '{name}'" for name in sorted(set(pool) - moods)]
    if not any(pool.values()):
        faults.append(f"{where} needs at least one line")
    return faults
